"""Requirements that do not fit the tables: identities, code of functions, custom resources."""

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.cloud.cloudformation.permissions.arns import Place, resource_arn
from rehearsal.cloud.iam.needs import Need

_ROLE = "AWS::IAM::Role"
_USER = "AWS::IAM::User"
_POLICY = "AWS::IAM::Policy"
_MANAGED_POLICY = "AWS::IAM::ManagedPolicy"
_FUNCTION = "AWS::Lambda::Function"
_CUSTOM = "AWS::CloudFormation::CustomResource"

_CONFIGURATION = frozenset(
    {"Environment", "Handler", "Layers", "MemorySize", "Role", "Runtime", "Timeout", "VpcConfig"}
)

RULED: Mapping[str, tuple[str, ...]] = {
    _ROLE: (
        "AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration",
        "PermissionsBoundary", "Policies",
    ),
    _USER: ("ManagedPolicyArns", "Policies", "Groups", "LoginProfile", "PermissionsBoundary"),
}  # fmt: skip
"""Properties whose update does not use the main call."""


def is_custom(type_name: str) -> bool:
    return type_name == _CUSTOM or type_name.startswith("Custom::")


def invocation(properties: Mapping[str, Any]) -> Iterator[Need]:
    """CloudFormation invokes a custom resource's provider with the permissions of the stack's role."""
    token = str(properties.get("ServiceToken", ""))
    if ":lambda:" in token:
        yield Need(action="lambda:InvokeFunction", resource=token)
    elif ":sns:" in token:
        yield Need(action="sns:Publish", resource=token)


def boundary(type_name: str, properties: Mapping[str, Any]) -> Mapping[str, str | None]:
    """`iam:PermissionsBoundary`, a condition with which a policy allows only roles with that boundary."""
    if type_name not in (_ROLE, _USER):
        return {}
    return {"iam:permissionsboundary": properties.get("PermissionsBoundary") or None}


def identities(
    type_name: str,
    operation: str,
    given: Mapping[str, Any],
    properties: Mapping[str, Any],
    old: Mapping[str, Any],
    place: Place,
) -> Iterator[Need]:
    if type_name == _POLICY:
        yield from _of_each("Delete" if operation == "delete" else "Put", properties, place)
    elif type_name == _MANAGED_POLICY:
        yield from _of_each("Detach" if operation == "delete" else "Attach", properties, place)
    elif type_name in (_ROLE, _USER) and operation != "delete":
        yield from _policies_of(type_name, operation, given, properties, place)
        if old.get("PermissionsBoundary") and not properties.get("PermissionsBoundary"):
            kind = type_name.rpartition("::")[2]
            yield Need(
                action=f"iam:Delete{kind}PermissionsBoundary",
                resource=resource_arn(type_name, properties, place),
            )


def _of_each(verb: str, properties: Mapping[str, Any], place: Place) -> Iterator[Need]:
    """Of a policy that names its roles, users and groups; the boundary is the one that the role has now."""
    for kind in ("Role", "User", "Group"):
        for name in map(str, properties.get(f"{kind}s") or ()):
            arn = place.role_arn(name) if kind == "Role" else None
            known = kind == "Role" and name in place.boundaries
            limit = {"iam:permissionsboundary": place.boundaries[name]} if known else {}
            yield Need(action=f"iam:{verb}{kind}Policy", resource=arn, context=limit)


def _policies_of(
    type_name: str, operation: str, given: Mapping[str, Any], properties: Mapping[str, Any], place: Place
) -> Iterator[Need]:
    kind = type_name.rpartition("::")[2]
    arn, limit = resource_arn(type_name, properties, place), boundary(type_name, properties)
    if given.get("Policies"):
        yield Need(action=f"iam:Put{kind}Policy", resource=arn, context=limit)
    for policy in given.get("ManagedPolicyArns") or ():
        yield Need(
            action=f"iam:Attach{kind}Policy", resource=arn, context={**limit, "iam:policyarn": str(policy)}
        )
    if operation == "update" and given.get("PermissionsBoundary"):
        yield Need(action=f"iam:Put{kind}PermissionsBoundary", resource=arn, context=limit)
    if operation == "update" and type_name == _ROLE:
        yield from _changed_role(given, arn)


def _changed_role(given: Mapping[str, Any], arn: str | None) -> Iterator[Need]:
    if "AssumeRolePolicyDocument" in given:
        yield Need(action="iam:UpdateAssumeRolePolicy", resource=arn)
    if {"Description", "MaxSessionDuration"} & set(given):
        yield Need(action="iam:UpdateRole", resource=arn)


def code(type_name: str, operation: str, given: Mapping[str, Any], arn: str | None) -> Iterator[Need]:
    """A function's code is downloaded with the permissions of the principal that creates the function."""
    if type_name != _FUNCTION or operation == "delete":
        return
    if operation == "update":
        yield from _changed_function(given, arn)
    source = given.get("Code")
    if isinstance(source, dict) and source.get("S3Bucket") and source.get("S3Key"):
        action = "s3:GetObjectVersion" if source.get("S3ObjectVersion") else "s3:GetObject"
        yield Need(action=action, resource=f"arn:aws:s3:::{source['S3Bucket']}/{source['S3Key']}")


def _changed_function(given: Mapping[str, Any], arn: str | None) -> Iterator[Need]:
    if "Code" in given:
        yield Need(action="lambda:UpdateFunctionCode", resource=arn)
    if _CONFIGURATION & set(given):
        yield Need(action="lambda:UpdateFunctionConfiguration", resource=arn)
