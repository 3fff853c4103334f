"""Computes the permissions that CloudFormation needs for an operation on a resource.

CloudFormation runs a handler for each resource, which calls the resource's service with the permissions of
the stack's role, or of the caller if the stack has none. The calls that a handler may make are published
(`catalogue`). Which of them it makes depends on the properties (`requirements`, with tables in
`property_permissions`), and on which resource follows from the names (`arns`).

Only a permission that every set of properties needs is certain to be checked on AWS. Where this is unknown,
the call is not denied here and the report says so (`unknowns`).
"""
