"""The permissions boundary: the calls that the roles of the portfolio are granted, and no others.

A boundary grants nothing. It is a ceiling: whatever policies a role is given later, by whatever template, it
can do no more than what the boundary names. The resources are left to each role's own policies.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.mistakes import DeliveryError
from pipeline.permissions.grantees import Grantee
from pipeline.permissions.policies import Statement
from pipeline.permissions.scopes import filled

CEILING = "Ceiling"
CEILING_REASON = (
    "a boundary grants nothing; the policies of each role name the resources, and the boundary only which "
    "calls they can be about"
)
_MANAGED: Mapping[str, tuple[str, ...]] = {
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs": (
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
    ),
    "service-role/AWSLambdaBasicExecutionRole": (
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ),
    "service-role/AmazonRDSEnhancedMonitoringRole": (
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
        "logs:PutRetentionPolicy",
    ),
}
"""What AWS's managed policies allow that roles of the portfolio have."""


class TooMuchError(DeliveryError):
    """A role of the portfolio asks for something that no boundary may allow."""


def statements(grantee: Grantee, templates: Sequence[Mapping[str, Any]]) -> Iterator[Statement]:
    actions = {action for template in templates for action in _granted(template)}
    for action in sorted(actions):
        if action == "*" or action.endswith(":*") or action.startswith("iam:"):
            raise TooMuchError(
                f"a role of {grantee.name} is granted {action}: name the calls that it needs; "
                "nothing that a stack makes may change IAM"
            )
    assume = {action for action in actions if action.startswith("sts:")}
    if actions - assume:
        yield Statement(sid=CEILING, actions=frozenset(actions - assume), resources=frozenset({"*"}))
    if assume:
        patterns = ("arn:*:iam::*:role/{stack}*", "arn:*:iam::*:role/{name}*")
        own = frozenset(role for pattern in patterns for role in filled(pattern, grantee))
        yield Statement(
            sid="BecomeOnlyRolesOfTheDelivery",
            actions=frozenset(assume),
            resources=own | {"arn:*:iam::*:role/cdk-hnb659fds-*"},
        )


def _granted(template: Mapping[str, Any]) -> Iterator[str]:
    for resource in template.get("Resources", {}).values():
        properties = resource.get("Properties", {})
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            yield from _allowed(properties["PolicyDocument"])
        elif resource["Type"] == "AWS::IAM::Role":
            for inline in properties.get("Policies", ()):
                yield from _allowed(inline["PolicyDocument"])
            for managed in properties.get("ManagedPolicyArns", ()):
                yield from _of_managed(managed)


def _allowed(document: Mapping[str, Any]) -> Iterator[str]:
    for statement in _many(document["Statement"]):
        if statement["Effect"] == "Allow":
            if "NotAction" in statement:
                raise TooMuchError("a policy of the portfolio allows everything but some calls (NotAction)")
            yield from (str(action) for action in _many(statement["Action"]))


def _of_managed(arn: Any) -> Iterator[str]:
    text = str(arn if isinstance(arn, str) else arn.get("Fn::Join", arn))
    for name, actions in _MANAGED.items():
        if f":policy/{name}" in text:
            return iter(actions)
    if "iam::aws:policy" not in text:
        return iter(())  # one of the templates' own, which is read as a resource
    raise TooMuchError(
        f"it is not known what the managed policy {text} allows; grant the calls one by one, "
        "or add the policy to pipeline/permissions/boundary.py"
    )


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
