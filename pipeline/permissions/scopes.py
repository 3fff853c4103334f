"""On which resources each call is allowed; the first row that matches an action counts.

`{stack}` is what the names of a grantee's stacks start with (`Dev-`), `{name}` what its physical names start
with (`slipway-dev-`), each also in lower case or with underscores where a service wants it so, `{tag}` the
value of the tag `delivery` on everything that it owns. A row with `*` says why nothing narrower works; the
table of docs/security.md is drawn from these rows.

Services authorise the tags of a new resource as a call of its own, on a resource that has no tags yet. So
`TagResource` is allowed with the tag of this delivery in the request too, and IAM cannot tell that from
tagging a resource that is already there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from pipeline.permissions.grantees import Grantee
from pipeline.permissions.policies import Statement

_OWNED = {"StringEquals": {"aws:ResourceTag/delivery": "{tag}"}}
_TAGGED = {"StringEquals": {"aws:RequestTag/delivery": "{tag}"}}


@dataclass(frozen=True, kw_only=True, eq=False)
class Scope:
    sid: str
    actions: str
    """A regular expression of whole actions."""
    resources: tuple[str, ...]
    condition: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reason: str = ""
    """Why the resource is `*`."""
    also: str = r"(?!)"
    """Actions of later rows that are allowed here too."""


SCOPES: tuple[Scope, ...] = (
    Scope(
        sid="ReadWithoutResource",
        actions=r"(ec2|rds|logs|cloudwatch|elasticache|application-autoscaling|ecs):(Describe|Get)\w*"
        r"|iam:ListRoles|secretsmanager:GetRandomPassword|cognito-idp:DescribeUserPoolDomain"
        r"|elasticloadbalancing:Describe\w*",
        resources=("*",),
        reason="these reads answer for the whole account or take no resource; none returns data of an "
        "application",
    ),
    Scope(
        sid="ReadStacks",
        actions=r"cloudformation:DescribeStacks",
        resources=("arn:*:cloudformation:*:*:stack/{stack}*",),
    ),
    Scope(
        sid="BootstrapVersion",
        actions=r"ssm:GetParameters",
        resources=("arn:*:ssm:*:*:parameter/cdk-bootstrap/*",),
    ),
    Scope(
        sid="Assets",
        actions=r"s3:(GetObject|GetObjectVersion)",
        resources=("arn:*:s3:::cdk-hnb659fds-assets-*/*",),
    ),
    Scope(
        sid="Buckets", actions=r"s3:.*", resources=("arn:*:s3:::{stack_lower}*", "arn:*:s3:::{name_lower}*")
    ),
    Scope(
        sid="NewKeys",
        actions=r"kms:CreateKey",
        resources=("*",),
        also="kms:TagResource",
        condition=_TAGGED,
        reason="a key has no name before it is made; it must carry the tag of this delivery",
    ),
    Scope(sid="Keys", actions=r"kms:.*", resources=("arn:*:kms:*:*:key/*",), condition=_OWNED),
    Scope(
        sid="NewSecrets",
        actions=r"secretsmanager:CreateSecret",
        resources=("arn:*:secretsmanager:*:*:secret:*",),
        also="secretsmanager:TagResource",
        condition=_TAGGED,
    ),
    Scope(
        sid="Secrets",
        actions=r"secretsmanager:.*",
        resources=("arn:*:secretsmanager:*:*:secret:*",),
        condition=_OWNED,
    ),
    Scope(
        sid="Functions",
        actions=r"lambda:(?!GetLayerVersion).*",
        resources=("arn:*:lambda:*:*:function:{stack}*",),
    ),
    Scope(sid="Layers", actions=r"lambda:GetLayerVersion", resources=("arn:*:lambda:*:*:layer:*",)),
    Scope(
        sid="LogDelivery",
        actions=r"logs:(\w*LogDelivery|\w*ResourcePolic(y|ies))",
        resources=("*",),
        reason="log deliveries and resource policies of CloudWatch Logs belong to the account",
    ),
    Scope(
        sid="LogGroups",
        actions=r"logs:.*",
        resources=(
            "arn:*:logs:*:*:log-group:{stack}*",
            "arn:*:logs:*:*:log-group:{name}*",
            "arn:*:logs:*:*:log-group:/aws/*/{name}*",
            "arn:*:logs:*:*:log-group:/aws/*/{stack}*",
        ),
    ),
    Scope(
        sid="Alarms",
        actions=r"cloudwatch:.*",
        resources=("arn:*:cloudwatch:*:*:alarm:{name}*", "arn:*:cloudwatch::*:dashboard/{name}*"),
    ),
    Scope(
        sid="Unsubscribe",
        actions=r"sns:Unsubscribe",
        resources=("*",),
        reason="IAM knows no resource for it; who knows a subscription's ARN may end it",
    ),
    Scope(sid="Topics", actions=r"sns:.*", resources=("arn:*:sns:*:*:{stack}*",)),
    Scope(sid="Queues", actions=r"sqs:.*", resources=("arn:*:sqs:*:*:{stack}*",)),
    Scope(sid="Rules", actions=r"events:.*", resources=("arn:*:events:*:*:rule/{stack}*",)),
    Scope(
        sid="Databases",
        actions=r"rds:.*",
        resources=(
            "arn:*:rds:*:*:*:{stack_lower}*",
            "arn:*:rds:*:*:*:{name_lower}*",
            "arn:*:rds:*:*:og:default*",
            "arn:*:rds:*:*:pg:default*",
        ),
    ),
    Scope(
        sid="NewUserPools",
        actions=r"cognito-idp:CreateUserPool",
        resources=("*",),
        also="cognito-idp:TagResource",
        condition=_TAGGED,
        reason="a user pool has no name in its ARN and no ARN before it is made; it must carry the tag of "
        "this delivery",
    ),
    Scope(
        sid="UserPools",
        actions=r"cognito-idp:.*",
        resources=("arn:*:cognito-idp:*:*:userpool/*",),
        condition=_OWNED,
    ),
    Scope(
        sid="NetworkDeletions",
        actions=r"ec2:(Delete(FlowLogs|InternetGateway|NatGateway|RouteTable|SecurityGroup|Subnet|Vpc"
        r"|VpcEndpoints)|ReleaseAddress)",
        resources=("arn:*:ec2:*:*:*",),
        condition=_OWNED,
    ),
    Scope(
        sid="Network",
        actions=r"ec2:.*",
        resources=("*",),
        reason="EC2 checks one call on every resource that it touches, and what a network is made of has "
        "ids instead of names; what deletes a whole part of it needs the tag of this delivery",
    ),
    Scope(
        sid="Apis",
        actions=r"apigateway:.*",
        resources=(
            "arn:*:apigateway:*::/restapis",
            "arn:*:apigateway:*::/restapis/*",
            "arn:*:apigateway:*::/account",
            "arn:*:apigateway:*::/tags/*",
        ),
    ),
    Scope(sid="Repositories", actions=r"ecr:.*", resources=("arn:*:ecr:*:*:repository/{stack_lower}*",)),
    Scope(sid="PlaceIndexes", actions=r"geo:.*", resources=("arn:*:geo:*:*:place-index/{name}*",)),
    Scope(
        sid="NewAgents",
        actions=r"bedrock-agentcore:Create\w*",
        resources=("*",),
        reason="AgentCore gives a runtime and a memory their ids as it makes them",
    ),
    Scope(
        sid="Agents",
        actions=r"bedrock-agentcore:.*",
        resources=(
            "arn:*:bedrock-agentcore:*:*:runtime/{name_snake}*",
            "arn:*:bedrock-agentcore:*:*:memory/{name_snake}*",
            "arn:*:bedrock-agentcore:*:*:workload-identity-directory/*",
        ),
    ),
    Scope(
        sid="Tables",
        actions=r"dynamodb:.*",
        resources=("arn:*:dynamodb:*:*:table/{stack}*", "arn:*:dynamodb::*:global-table/{stack}*"),
    ),
    Scope(
        sid="Builds",
        actions=r"codebuild:.*",
        # CloudFormation names a project after its logical id, which starts with the construct's path.
        resources=(
            "arn:*:codebuild:*:*:project/Checks*",
            "arn:*:codebuild:*:*:project/Delivery*",
            "arn:*:codebuild:*:*:project/Pipeline*",
        ),
    ),
    Scope(sid="Pipelines", actions=r"codepipeline:.*", resources=("arn:*:codepipeline:*:*:{name}*",)),
    Scope(
        sid="NewConnections",
        actions=r"codeconnections:CreateConnection",
        resources=("*",),
        reason="a connection has no ARN before it is made, and does nothing until a person authorises it",
    ),
    Scope(
        sid="Connections",
        actions=r"(codeconnections|codestar-connections):.*",
        resources=("arn:*:codeconnections:*:*:connection/*", "arn:*:codestar-connections:*:*:connection/*"),
    ),
)


def statements(grantee: Grantee, actions: frozenset[str]) -> Iterator[Statement]:
    """One for each row that any of the actions belongs to; IAM's own actions have `roles`."""
    by_scope: dict[Scope, set[str]] = {}
    for action in actions:
        if not action.startswith("iam:") or action == "iam:ListRoles":
            by_scope.setdefault(scope_of(action), set()).add(action)
    for scope in sorted(by_scope, key=lambda each: each.sid):
        also = {action for action in actions if re.fullmatch(scope.also, action)}
        yield Statement(
            sid=scope.sid,
            actions=frozenset(by_scope[scope] | also),
            resources=frozenset(each for one in scope.resources for each in filled(one, grantee)),
            condition=_condition(scope, grantee),
        )


def scope_of(action: str) -> Scope:
    """A service without a row is allowed on `*`, which the table of docs/security.md then has to justify."""
    for scope in SCOPES:
        if re.fullmatch(scope.actions, action):
            return scope
    return _everything_of(action.partition(":")[0])


@cache
def _everything_of(service: str) -> Scope:
    sid = "".join(part.capitalize() for part in f"every-{service}".split("-"))
    return Scope(sid=sid, actions=f"{service}:.*", resources=("*",))


def filled(pattern: str, grantee: Grantee) -> Iterator[str]:
    for key, values in _words(grantee).items():
        if f"{{{key}}}" in pattern:
            yield from (pattern.replace(f"{{{key}}}", value) for value in values)
            return
    yield pattern


def _words(grantee: Grantee) -> Mapping[str, tuple[str, ...]]:
    return {
        "stack": grantee.stacks,
        "stack_lower": tuple(stack.lower() for stack in grantee.stacks),
        "name": grantee.names,
        "name_lower": tuple(name.lower() for name in grantee.names),
        "name_snake": tuple(name.replace("-", "_") for name in grantee.names),
        "tag": grantee.tags,
    }


def _condition(scope: Scope, grantee: Grantee) -> dict[str, dict[str, frozenset[str]]]:
    return {
        operator: {key: frozenset(filled(value, grantee)) for key, value in keys.items()}
        for operator, keys in scope.condition.items()
    }
