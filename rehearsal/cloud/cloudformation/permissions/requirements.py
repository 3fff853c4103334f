"""The permissions that one resource operation needs, from its handler's list and its properties.

- The main call, which creates, updates or deletes the resource: its name contains the type's (`CreateQueue`),
  or it is the only changing call, or it is in the table. It is always needed; on update, only if a property
  changed to which no other rule applies.
- Calls for one property, by the tables of `property_permissions`.
- Tags, if the template gives the resource any.
- `iam:PassRole`, if the resource passes a role to a service.

Other listed calls (reads, other services without a rule) are not checked: which of them are made is not
published, and a false denial would stop a deployment that AWS allows.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.cloud.cloudformation.permissions import special
from rehearsal.cloud.cloudformation.permissions.arns import Place, resource_arn
from rehearsal.cloud.cloudformation.permissions.catalogue import Operation, permissions
from rehearsal.cloud.cloudformation.permissions.property_permissions import (
    BY_PROPERTY,
    ELSEWHERE,
    INSTEAD,
    KEYS,
    MAIN,
    ON_THE_VALUE,
)
from rehearsal.cloud.iam.needs import Need
from rehearsal.cloud.iam.passed_roles import newly_passed

_VERBS: Mapping[Operation, tuple[str, ...]] = {
    Operation.CREATE: (
        "Create",
        "Put",
        "Register",
        "Publish",
        "Add",
        "Request",
        "Authorize",
        "Attach",
        "Set",
    ),
    Operation.UPDATE: ("Update", "Modify", "Put", "Set", "Replace"),
    Operation.DELETE: ("Delete", "Deregister", "Remove", "Revoke", "Detach"),
}
_ENDINGS = ("", "s", "Attributes", "Configuration", "Config")
_READS = re.compile(r":(get|list|describe|batchget|head)", re.IGNORECASE)
_TAGS = re.compile(r"(?<!s)tag", re.IGNORECASE)
"""Matches `TagQueue` and `AddTags`, but not `DisableStageTransition`."""
_TAKES_TAGS_AWAY = re.compile(r":(untag|remove|delete)", re.IGNORECASE)
_TAG_PROPERTIES = re.compile(r"tags$", re.IGNORECASE)
_REST = {Operation.CREATE: "POST", Operation.UPDATE: "PATCH", Operation.DELETE: "DELETE"}
_REST_METHOD = "apigateway:"
_BESIDES = frozenset({"iam", "kms", "lambda", "logs"})


@dataclass(frozen=True, kw_only=True)
class ResourceOperation:
    operation: Operation
    type_name: str
    place: Place
    properties: Mapping[str, Any]
    old_properties: Mapping[str, Any] = field(default_factory=dict)
    physical_id: str = ""
    stack_tags: frozenset[str] = frozenset()
    """Keys of the stack's tags: handlers omit those tags if the permission is missing."""

    @property
    def arn(self) -> str | None:
        return resource_arn(self.type_name, self.properties, self.place, physical_id=self.physical_id)

    def given(self) -> Mapping[str, Any]:
        """Properties that this operation sets: all on create, the changed ones on update."""
        if self.operation == Operation.DELETE:
            return {}
        old = self.old_properties
        return {key: value for key, value in self.properties.items() if key not in old or old[key] != value}


def needs(asked: ResourceOperation) -> tuple[Need, ...] | None:
    """The needed permissions; None if the handler's calls are unknown."""
    if special.is_custom(asked.type_name):
        return tuple(special.invocation(asked.properties))
    listed = permissions(asked.type_name, asked.operation)
    if listed is None:
        return None
    found = (
        *_main(asked, listed),
        *_by_property(asked, listed),
        *_tags(asked, listed),
        *special.identities(
            asked.type_name,
            asked.operation.value,
            asked.given(),
            asked.properties,
            asked.old_properties,
            asked.place,
        ),
        *special.code(asked.type_name, asked.operation.value, asked.given(), asked.arn),
        *_passed_roles(asked),
    )
    return tuple(need for position, need in enumerate(found) if need not in found[:position])


def _passed_roles(asked: ResourceOperation) -> Iterator[Need]:
    if asked.operation == Operation.DELETE:
        return iter(())
    return newly_passed(asked.type_name, asked.properties, asked.old_properties, account=asked.place.account)


def _main(asked: ResourceOperation, listed: Sequence[str]) -> Iterator[Need]:
    if asked.operation == Operation.UPDATE and not _has_a_change_of_its_own(asked):
        return
    if asked.operation == Operation.CREATE:
        for name, action in INSTEAD.get(asked.type_name, {}).items():
            if asked.properties.get(name):
                yield Need(action=action)
                return
    main = main_action(asked.type_name, asked.operation, listed)
    if main:
        resource = None if main.startswith(_REST_METHOD) else asked.arn
        yield Need(action=main, resource=resource, context=_context(asked))


def _has_a_change_of_its_own(asked: ResourceOperation) -> bool:
    ruled = {*BY_PROPERTY.get(asked.type_name, {}), *special.RULED.get(asked.type_name, ())}
    changed = set(asked.given()) | (set(asked.old_properties) - set(asked.properties))
    return any(name not in ruled and not _TAG_PROPERTIES.search(name) for name in changed)


def main_action(type_name: str, operation: Operation, listed: Sequence[str]) -> str | None:
    """The call that performs the operation itself; None if it cannot be determined."""
    service = own_service(type_name, listed)
    by_table = MAIN.get(type_name, {}).get(operation)
    if by_table is not None:
        named = by_table if ":" in by_table else f"{service}:{by_table}"
        return named if by_table else None
    if service == "apigateway":
        method = f"apigateway:{_REST[operation]}"
        return method if method in listed else None
    changing = [
        action
        for action in listed
        if action.lower().startswith(f"{service}:") and not _READS.search(action) and not _TAGS.search(action)
    ]
    return (
        _of_that_name(type_name, operation, changing)
        or _the_only(operation, changing)
        or _as_created(type_name, operation, changing)
    )


def _of_that_name(type_name: str, operation: Operation, changing: Sequence[str]) -> str | None:
    noun = type_name.rpartition("::")[2]
    names = {action.partition(":")[2].lower(): action for action in changing}
    wanted = (f"{verb}{noun}{ending}".lower() for verb in _VERBS[operation] for ending in _ENDINGS)
    return next((names[name] for name in wanted if name in names), None)


def _the_only(operation: Operation, changing: Sequence[str]) -> str | None:
    """The only changing call. Not on update, where it may be for one property only."""
    return changing[0] if len(changing) == 1 and operation != Operation.UPDATE else None


def _as_created(type_name: str, operation: Operation, changing: Sequence[str]) -> str | None:
    """For resources that one call creates and updates, the call that creates them."""
    if operation != Operation.UPDATE:
        return None
    created = main_action(type_name, Operation.CREATE, permissions(type_name, Operation.CREATE) or ())
    return created if created in changing else None


def own_service(type_name: str, listed: Iterable[str]) -> str:
    """The service with a call of the type's name, else the one with most calls, without common helpers."""
    listed = list(listed)
    for operation in Operation:
        named = _of_that_name(type_name, operation, listed)
        if named:
            return named.partition(":")[0].lower()
    besides = _BESIDES - {type_name.split("::")[1].lower()}
    services = Counter(action.partition(":")[0].lower() for action in listed)
    own = Counter({name: count for name, count in services.items() if name not in besides}) or services
    return own.most_common(1)[0][0] if own else ""


def _by_property(asked: ResourceOperation, listed: Sequence[str]) -> Iterator[Need]:
    type_name, given = asked.type_name, asked.given()
    known = {action.lower() for action in listed}
    for name in given:
        action = BY_PROPERTY.get(type_name, {}).get(name)
        if action and action.lower() in known and _is_set(given[name]):
            yield Need(action=action, resource=asked.arn)
        yield from (Need(action=other) for other in ELSEWHERE.get(type_name, {}).get(name, ()))
        on_value = ON_THE_VALUE.get(type_name, {}).get(name)
        if on_value:
            yield from (Need(action=on_value, resource=arn) for arn in _arns(given[name]))
    yield from _key(asked)


def _is_set(value: Any) -> bool:
    """False for `false` and an empty list, which are the defaults."""
    return str(value).lower() != "false" and value not in ([], {}, "")


def _key(asked: ResourceOperation) -> Iterator[Need]:
    name, actions = KEYS.get(asked.type_name, ("", ()))
    for arn in _arns(asked.given().get(name, "")):
        if ":alias/" not in arn and f":{asked.place.account}:" in arn:
            yield from (Need(action=action, resource=arn) for action in actions)


def _arns(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if str(item).startswith("arn:")]


def _tags(asked: ResourceOperation, listed: Sequence[str]) -> Iterator[Need]:
    service = own_service(asked.type_name, listed)
    own = [
        action
        for action in listed
        if action.lower().startswith(f"{service}:")
        and _TAGS.search(action)
        and not _TAKES_TAGS_AWAY.search(action)
        and not _READS.search(action)
    ]
    if len(own) == 1 and _tag_keys(asked, asked.given()):
        yield Need(action=own[0], resource=asked.arn, context=_context(asked))


def _context(asked: ResourceOperation) -> Mapping[str, str | Sequence[str] | None]:
    """For a creation its tags as `aws:RequestTag/…`; for other operations the request is not known."""
    boundary = special.boundary(asked.type_name, asked.properties)
    if asked.operation != Operation.CREATE:
        return boundary
    tags = _all_tags(asked.properties)
    if any(key.startswith("aws:") for key in tags):
        tags = {key: value for key, value in tags.items() if not key.startswith("aws:")}
    of_tags = {f"aws:requesttag/{key}".lower(): value for key, value in tags.items()}
    return {**boundary, **of_tags, "aws:tagkeys": sorted(tags) or None}


def _tag_keys(asked: ResourceOperation, properties: Mapping[str, Any]) -> set[str]:
    keys = {key for key in _all_tags(properties) if not key.startswith("aws:")}
    return keys - asked.stack_tags


def _all_tags(properties: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in properties.items():
        if _TAG_PROPERTIES.search(name):
            found.update(_as_map(value))
    return found


def _as_map(tags: Any) -> dict[str, str]:
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    return {
        str(tag["Key"]): str(tag.get("Value", ""))
        for tag in (tags if isinstance(tags, list) else ())
        if isinstance(tag, dict) and "Key" in tag
    }
