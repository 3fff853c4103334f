"""What IAM decides beyond the emulator's own evaluation of a request.

CloudFormation makes each resource by a handler, and the handler calls the resource's service with the
permissions of the stack's role, or of whoever asked where the stack has none. Which calls a handler may
make is published (`catalogue`); which of them it does make depends on the properties (`requirements`,
with tables in `property_permissions` and `passed_roles`), and on which resource follows from the names
(`arns`). `evaluation` decides each of them against the policies that `principals` gathers, and `wording`
says what was denied, by which policy, and what would allow it.

Nothing here is sure to be denied on AWS but for a permission that no property can make unnecessary. Where
that is unknown, it is not denied here and the report says so.
"""
