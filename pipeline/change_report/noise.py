"""What differs between two templates without meaning anything, and how it is taken out.

- Metadata and `DependsOn` steer tools, not resources.
- An asset's hash is masked. Where it *is* the program (a function's code) the change is reported as
  new code, elsewhere it is nothing.
- `AWS::Lambda::Version` and `AWS::ApiGateway::Deployment` carry a hash of what they freeze in their
  logical id. They are followed under the id without it; what they freeze is reported by itself.
- The order of a list counts only where AWS says that it does; IAM documents have no order.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pipeline.change_report.resource_types import unordered
from pipeline.change_report.values import Json, readable, texts

MASK = "<asset>"
_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_FROZEN_SUFFIX = re.compile(r"[0-9a-f]{32}$")
_CDK_SUFFIX = re.compile(r"(?<=\w)[0-9A-F]{8}$")
_FROZEN_TYPES = frozenset({"AWS::Lambda::Version", "AWS::ApiGateway::Deployment"})
_IGNORED_TYPES = frozenset({"AWS::CDK::Metadata"})
_ATTRIBUTES = ("Condition", "CreationPolicy", "DeletionPolicy", "UpdatePolicy", "UpdateReplacePolicy")

Resource = Mapping[str, Any]


def resources(template: Mapping[str, Any], *, stack: str = "") -> dict[str, Resource]:
    """The template's resources by stable logical id, without what no one deploys on purpose."""
    found: Mapping[str, Resource] = template.get("Resources", {})
    renamed = {
        logical_id: stable_id(logical_id, resource.get("Type", "")) for logical_id, resource in found.items()
    }
    aliases = {old: new for old, new in renamed.items() if old != new}
    return {
        renamed[logical_id]: {**_rename(resource, aliases), "Name": _name(logical_id, resource, stack)}
        for logical_id, resource in found.items()
        if resource.get("Type") not in _IGNORED_TYPES
    }


def stable_id(logical_id: str, resource_type: str) -> str:
    return _FROZEN_SUFFIX.sub("", logical_id) if resource_type in _FROZEN_TYPES else logical_id


def name_of(logical_id: str, resource: Resource | None) -> str:
    """What people call a resource: its construct path inside the stack, or its logical id."""
    return str(resource["Name"]) if resource else logical_id


def properties(resource: Resource) -> dict[str, Any]:
    """Properties and life-cycle attributes in canonical form, hashes still in place."""
    resource_type = str(resource.get("Type", ""))
    given = readable(resource.get("Properties", {}))
    canonical = {key: _canonical(value, resource_type, (key,)) for key, value in given.items()}
    attributes = {key: readable(resource[key]) for key in _ATTRIBUTES if key in resource}
    return canonical | attributes


def masked(value: Json) -> Json:
    return json.loads(_HASH.sub(MASK, json.dumps(value)))


def is_policy(value: Json) -> bool:
    return isinstance(value, Mapping) and "Statement" in value


def _name(logical_id: str, resource: Resource, stack: str) -> str:
    path = str(resource.get("Metadata", {}).get("aws:cdk:path", "")).removeprefix(f"{stack}/")
    leaf = path.removesuffix("/Resource").removesuffix("/Default")
    return leaf or _CDK_SUFFIX.sub("", logical_id)


def _rename(resource: Resource, aliases: Mapping[str, str]) -> Resource:
    if not aliases:
        return resource
    pattern = re.compile("|".join(map(re.escape, aliases)))
    written = pattern.sub(lambda found: aliases[found.group()], json.dumps(resource))
    renamed: Resource = json.loads(written)
    return renamed


def _canonical(value: Json, resource_type: str, path: tuple[str, ...]) -> Json:
    if is_policy(value):
        return _policy(value)
    if isinstance(value, Mapping):
        return {key: _canonical(item, resource_type, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        items = [_canonical(item, resource_type, path) for item in value]
        return sorted(items, key=_order) if unordered(resource_type, path) or path[-1] == "Tags" else items
    return str(value).lower() if isinstance(value, bool) else value


def _policy(document: Mapping[str, Json]) -> Json:
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return {"Statement": sorted((_statement(item) for item in listed), key=_order)}


def _statement(statement: Json) -> Json:
    if not isinstance(statement, Mapping):
        return statement
    return {key: _statement_part(value) for key, value in statement.items() if key != "Sid"}


def _statement_part(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {key: _statement_part(item) for key, item in value.items()}
    return sorted(texts(value))


def _order(value: Json) -> str:
    return json.dumps(value, sort_keys=True)
