"""What the identities and resources of a template are allowed, and what of it is new.

Permissions are gathered by whom they are given to, not by the resource that writes them down: a
role's inline policies, the policies attached to it and the managed policies it names are one set.
Resource policies are found wherever a property holds a policy document, so no list of resource
types can be incomplete.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.change_report import noise
from pipeline.change_report.noise import Resource
from pipeline.change_report.report import Broadening, Kind
from pipeline.change_report.statements import Grant, grants, sentences, uncovered
from pipeline.change_report.values import Json, reference, text

_IDENTITIES = frozenset({"AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"})
_POLICIES = frozenset(
    {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::UserPolicy", "AWS::IAM::RolePolicy"}
)
_ATTACHED_TO = ("Roles", "Users", "Groups", "RoleName", "UserName")
_TARGETS = (
    "Bucket",
    "Queues",
    "Topics",
    "SecretId",
    "ResourceArn",
    "EventBusName",
    "PolicyName",
)
# Everyone who is inside the network already, that is: opening an endpoint opens nothing to the outside.
_OPEN_WITHOUT_POLICY = {"AWS::EC2::VPCEndpoint": ("PolicyDocument",)}
_EVERYTHING: Json = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True, order=True)
class Subject:
    kind: Kind
    key: str


Holdings = dict[Subject, set[Grant]]


def broadened(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> tuple[Broadening, ...]:
    had, has = holdings(old), holdings(new)
    known = {**old, **new}
    found: list[Broadening] = []
    for subject in sorted(has.keys() | {subject for subject in had if subject.key in new}):
        found += _broadened_subject(subject, had.get(subject, set()), has.get(subject, set()), known)
    return (*found, *_boundaries_lifted(old, new))


def holdings(resources: Mapping[str, Resource]) -> Holdings:
    found: Holdings = defaultdict(set)
    for logical_id, resource in resources.items():
        for subject, grant in _grants_of(logical_id, resource):
            found[subject].add(grant)
    return found


def _broadened_subject(
    subject: Subject, had: set[Grant], has: set[Grant], resources: Mapping[str, Resource]
) -> Iterator[Broadening]:
    name = noise.name_of(subject.key, resources.get(subject.key))
    gained = uncovered(_only("Allow", has), _only("Allow", had))
    kind = resources.get(subject.key, {}).get("Type")
    for sentence, severe in sentences(gained):
        yield _broadening(subject, name, sentence, severe and kind not in _OPEN_WITHOUT_POLICY)
    lifted = uncovered(_only("Deny", had), _only("Deny", has))
    for sentence, _ in sentences(lifted):
        yield _broadening(subject, name, f"no longer denied: {sentence}", severe=False)


def _broadening(subject: Subject, name: str, sentence: str, severe: bool) -> Broadening:
    return Broadening(
        kind=subject.kind, logical_id=subject.key, subject=name, sentence=sentence, severe=severe
    )


def _only(effect: str, found: set[Grant]) -> set[Grant]:
    return {grant for grant in found if grant.effect == effect}


def _grants_of(logical_id: str, resource: Resource) -> Iterator[tuple[Subject, Grant]]:
    resource_type = str(resource.get("Type", ""))
    properties: Mapping[str, Json] = resource.get("Properties", {})
    if resource_type in _IDENTITIES:
        yield from _identity(logical_id, properties)
    elif resource_type in _POLICIES:
        yield from _policy(logical_id, properties)
    elif resource_type == "AWS::Lambda::Permission":
        yield from _invocation(properties)
    else:
        yield from _resource_policies(logical_id, resource_type, properties)


def _identity(logical_id: str, properties: Mapping[str, Json]) -> Iterator[tuple[Subject, Grant]]:
    yield from _all(Subject(Kind.TRUST, logical_id), properties.get("AssumeRolePolicyDocument"))
    for inline in properties.get("Policies", []):
        if isinstance(inline, Mapping):
            yield from _all(Subject(Kind.PERMISSION, logical_id), inline.get("PolicyDocument"))
    for managed in properties.get("ManagedPolicyArns", []):
        yield Subject(Kind.PERMISSION, logical_id), _managed(text(managed))


def _managed(arn: str) -> Grant:
    name = arn.rsplit("policy/", 1)[-1]
    action = "*" if name == "AdministratorAccess" else f"everything in the managed policy {name}"
    return Grant("Allow", "", action, "")


def _policy(logical_id: str, properties: Mapping[str, Json]) -> Iterator[tuple[Subject, Grant]]:
    holders = [holder for key in _ATTACHED_TO for holder in _listed(properties.get(key))] or [logical_id]
    for holder in holders:
        yield from _all(Subject(Kind.PERMISSION, holder), properties.get("PolicyDocument"))


def _invocation(properties: Mapping[str, Json]) -> Iterator[tuple[Subject, Grant]]:
    tests = {
        "SourceArn": ("ArnLike", "aws:SourceArn"),
        "SourceAccount": ("StringEquals", "aws:SourceAccount"),
        "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
        "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    }
    condition: dict[str, dict[str, Json]] = {}
    for key, (operator, test) in tests.items():
        if key in properties:
            condition.setdefault(operator, {})[test] = properties[key]
    statement = {
        "Effect": "Allow",
        "Principal": properties.get("Principal", "*"),
        "Action": properties.get("Action", "lambda:InvokeFunction"),
        "Condition": condition,
    }
    function = reference(properties.get("FunctionName"))
    yield from _all(Subject(Kind.RESOURCE_POLICY, function), {"Statement": [statement]})


def _resource_policies(
    logical_id: str, resource_type: str, properties: Mapping[str, Json]
) -> Iterator[tuple[Subject, Grant]]:
    target = Subject(Kind.RESOURCE_POLICY, _target(logical_id, resource_type, properties))
    for document in _documents(properties):
        yield from _all(target, document)
    for missing in _OPEN_WITHOUT_POLICY.get(resource_type, ()):
        if missing not in properties:
            yield from _all(target, _EVERYTHING)


def _documents(value: Json) -> Iterator[Json]:
    if noise.is_policy(value) or (isinstance(value, str) and '"Statement"' in value):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _documents(item)
    elif isinstance(value, list):
        for item in value:
            yield from _documents(item)


def _target(logical_id: str, resource_type: str, properties: Mapping[str, Json]) -> str:
    """A policy resource speaks for what it is attached to, under whatever logical id it is written."""
    if not resource_type.endswith("Policy"):
        return logical_id
    named = [_listed(properties[key])[0] for key in _TARGETS if _listed(properties.get(key))]
    return named[0] if named else logical_id


def _all(subject: Subject, document: Json) -> Iterator[tuple[Subject, Grant]]:
    for grant in grants(document):
        yield subject, grant


def _listed(value: Json) -> list[str]:
    if value is None:
        return []
    return [reference(item) for item in value] if isinstance(value, list) else [reference(value)]


def _boundaries_lifted(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> Iterator[Broadening]:
    for logical_id in sorted(old.keys() & new.keys()):
        before = old[logical_id].get("Properties", {}).get("PermissionsBoundary")
        after = new[logical_id].get("Properties", {}).get("PermissionsBoundary")
        if before is not None and before != after:
            became = f"becomes {text(after)}" if after is not None else "is removed"
            yield Broadening(
                kind=Kind.SAFEGUARD,
                logical_id=logical_id,
                subject=noise.name_of(logical_id, new[logical_id]),
                sentence=f"its permissions boundary {text(before)} {became}",
                severe=after is None,
            )
