"""What CloudFormation may do with roles: only those of the grantee, and only inside the boundary.

A role is made, and its policies are changed, only where it has the boundary (`iam:PermissionsBoundary`); IAM
has no such condition for a change of trust, which is limited to the grantee's own roles by name. A role can
be passed only to the services that the roles in the templates trust. The denials say the same once more, in
case somebody attaches another policy to the execution role.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blocks.naming import BOUNDARY
from pipeline.permissions.grantees import Grantee
from pipeline.permissions.policies import Statement
from pipeline.permissions.scopes import filled

EXECUTION = "delivery-execution"
_BOUNDARY_ARN = f"arn:*:iam::*:policy/{BOUNDARY}"
_LIMITED = ("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy")
"""Calls of which IAM knows the role's boundary."""
_FREE = (
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:ListRoleTags",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)
_PEOPLE = ("User", "Group", "LoginProfile", "AccessKey", "SAMLProvider", "OpenIDConnectProvider")


def statements(grantee: Grantee, templates: Sequence[Mapping[str, Any]]) -> Iterator[Statement]:
    roles = _roles(grantee)
    services = frozenset(_trusted_services(templates))
    limited = {"ArnLike": {"iam:PermissionsBoundary": frozenset({_BOUNDARY_ARN})}}
    yield Statement(sid="RolesInTheBoundary", actions=frozenset(_LIMITED), resources=roles, condition=limited)
    yield Statement(sid="Roles", actions=frozenset(_FREE), resources=roles)
    yield Statement(
        sid="PassRolesToTheirServices",
        actions=frozenset({"iam:PassRole"}),
        resources=roles,
        condition={"StringEquals": {"iam:PassedToService": services}},
    )
    if "codepipeline.amazonaws.com" in services:
        yield _deploy_role()
    yield Statement(
        sid="RolesThatServicesMakeForThemselves",
        actions=frozenset({"iam:CreateServiceLinkedRole"}),
        resources=frozenset({"arn:*:iam::*:role/aws-service-role/*"}),
    )
    yield from _denials()


def _roles(grantee: Grantee) -> frozenset[str]:
    patterns = ("arn:*:iam::*:role/{stack}*", "arn:*:iam::*:role/{name}*")
    return frozenset(role for pattern in patterns for role in filled(pattern, grantee))


def _deploy_role() -> Statement:
    """The pipeline's deployments act as the bootstrap's deploy role, which passes on CloudFormation's."""
    return Statement(
        sid="PassTheDeployRoleToThePipeline",
        actions=frozenset({"iam:PassRole"}),
        resources=frozenset({"arn:*:iam::*:role/cdk-hnb659fds-deploy-role-*"}),
        condition={"StringEquals": {"iam:PassedToService": frozenset({"codepipeline.amazonaws.com"})}},
    )


def _denials() -> Iterator[Statement]:
    everything = frozenset({"*"})
    yield Statement(
        sid="NoRoleOutsideTheBoundary",
        effect="Deny",
        actions=frozenset(_LIMITED),
        resources=everything,
        condition={"ArnNotLike": {"iam:PermissionsBoundary": frozenset({_BOUNDARY_ARN})}},
    )
    yield Statement(
        sid="TheBoundaryStays",
        effect="Deny",
        actions=frozenset({"iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"}),
        resources=everything,
    )
    yield Statement(
        sid="NoUsersAndNoKeys",
        effect="Deny",
        actions=frozenset(f"iam:{verb}*{noun}*" for noun in _PEOPLE for verb in ("Create", "Update"))
        | {"iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachUserPolicy"}
        | {"iam:PutGroupPolicy", "iam:PutUserPolicy"},
        resources=everything,
    )
    yield Statement(
        sid="TheBootstrapStays",
        effect="Deny",
        actions=frozenset(
            f"iam:{verb}*" for verb in ("Attach", "Create", "Delete", "Detach", "Put", "Set", "Update")
        ),
        resources=frozenset(
            {
                "arn:*:iam::*:role/cdk-hnb659fds-*",
                f"arn:*:iam::*:policy/{BOUNDARY}",
                f"arn:*:iam::*:policy/{EXECUTION}*",
            }
        ),
    )


def _trusted_services(templates: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for template in templates:
        for resource in template.get("Resources", {}).values():
            if resource["Type"] == "AWS::IAM::Role":
                for statement in _many(resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]):
                    principal = statement.get("Principal", {})
                    if isinstance(principal, dict):
                        yield from (str(name) for name in _many(principal.get("Service", [])))


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
