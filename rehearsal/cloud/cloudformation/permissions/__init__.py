"""The permissions that CloudFormation needs for an operation on a resource, and of whom.

CloudFormation makes each resource by a handler, and the handler calls the resource's service with the
permissions of the stack's role, or of whoever asked where the stack has none. Which calls a handler may
make is published (`catalogue`); which of them it does make depends on the properties (`requirements`,
with tables in `property_permissions`), and on which resource follows from the names (`arns`).

Nothing here is sure to be denied on AWS but for a permission that no property can make unnecessary. Where
that is unknown, it is not denied here and the report says so (`unknowns`).
"""
