"""Compares the resources of two templates: added, changed, replaced and deleted, and why."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.change_report import noise
from pipeline.change_report.noise import Resource
from pipeline.change_report.report import Action, Fate, PropertyChange, ResourceChange
from pipeline.change_report.resource_types import CODE_PROPERTIES, HOLDS_DATA, may_replace, replaces
from pipeline.change_report.values import Json, references, text

Path = tuple[str, ...]


def compare(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> tuple[ResourceChange, ...]:
    found = [_compare_one(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys())]
    changes = {change.logical_id: change for change in found if change}
    _spread_replacements(changes, old, new)
    return tuple(sorted(changes.values(), key=_importance))


def _compare_one(logical_id: str, old: Resource | None, new: Resource | None) -> ResourceChange | None:
    if old is None and new is not None:
        return _whole(logical_id, new, Action.ADDED)
    if new is None and old is not None:
        change = _whole(logical_id, old, Action.DELETED)
        return replace(change, fate=_fate(old, "DeletionPolicy"))
    if old is None or new is None:
        return None
    if old.get("Type") != new.get("Type"):
        reason = f"its type changes from {old.get('Type')} to {new.get('Type')}"
        return _replaced(_whole(logical_id, new, Action.REPLACED), old, (reason,))
    return _changed(logical_id, old, new)


def _whole(logical_id: str, resource: Resource, action: Action) -> ResourceChange:
    return ResourceChange(
        logical_id=logical_id,
        name=noise.name_of(logical_id, resource),
        type=str(resource.get("Type", "")),
        action=action,
    )


def _changed(logical_id: str, old: Resource, new: Resource) -> ResourceChange | None:
    before, after = noise.properties(old), noise.properties(new)
    if before == after:
        return None
    resource_type = str(new.get("Type", ""))
    new_code = _code(resource_type, before) != _code(resource_type, after)
    differences = tuple(_differences(noise.masked(before), noise.masked(after), ()))
    if not differences and not new_code:
        return None
    change = replace(
        _whole(logical_id, new, Action.CHANGED),
        new_code=new_code,
        properties=tuple(_property(resource_type, *difference) for difference in differences),
    )
    return _with_replacement(change, new, [path for path, _, _ in differences])


def _code(resource_type: str, properties: Mapping[str, Json]) -> Json:
    return properties.get(CODE_PROPERTIES.get(resource_type, ""))


def _property(resource_type: str, path: Path, before: Json, after: Json) -> PropertyChange:
    return PropertyChange(
        path=_dotted(path),
        before=None if before is None else text(before),
        after=None if after is None else text(after),
        replaces=replaces(resource_type, _names(path)),
    )


def _with_replacement(change: ResourceChange, new: Resource, paths: Sequence[Path]) -> ResourceChange:
    certain = tuple(
        f"{item.path} cannot be changed on an existing resource"
        for item in change.properties
        if item.replaces
    )
    if certain:
        return _replaced(change, new, certain)
    perhaps = tuple(_dotted(path) for path in paths if may_replace(change.type, _names(path)))
    if not perhaps:
        return change
    reasons = tuple(f"AWS may replace it to change {path}" for path in perhaps)
    return replace(_replaced(change, new, reasons), certain=False)


def _replaced(change: ResourceChange, kept_by: Resource, reasons: tuple[str, ...]) -> ResourceChange:
    fate = _fate(kept_by, "UpdateReplacePolicy")
    return replace(change, action=Action.REPLACED, reasons=reasons, fate=fate)


def _fate(resource: Resource, policy: str) -> Fate | None:
    if resource.get("Type") not in HOLDS_DATA:
        return None
    fates = {"Retain": Fate.RETAINED, "RetainExceptOnCreate": Fate.RETAINED, "Snapshot": Fate.SNAPSHOT}
    return fates.get(str(resource.get(policy, "Delete")), Fate.LOST)


def _spread_replacements(
    changes: dict[str, ResourceChange], old: Mapping[str, Resource], new: Mapping[str, Resource]
) -> None:
    """A resource whose fixed property names a replaced one is replaced with it, and so on."""
    pending = [key for key, change in changes.items() if change.action is Action.REPLACED]
    while pending:
        cause = pending.pop()
        for key in _fixed_on(cause, new):
            if key in old and _is_kept(changes.get(key)):
                changes[key] = _dragged(key, new[key], changes.get(key), changes[cause])
                pending.append(key)


def _is_kept(change: ResourceChange | None) -> bool:
    return change is None or change.action is Action.CHANGED


def _dragged(
    key: str, resource: Resource, change: ResourceChange | None, cause: ResourceChange
) -> ResourceChange:
    base = change or _whole(key, resource, Action.CHANGED)
    return replace(_replaced(base, resource, (f"{cause.name} is replaced",)), certain=cause.certain)


def _fixed_on(cause: str, resources: Mapping[str, Resource]) -> Iterator[str]:
    for key, resource in resources.items():
        properties: Mapping[str, Json] = resource.get("Properties", {})
        for name, value in properties.items():
            if cause in references(value) and replaces(str(resource.get("Type", "")), (name,)):
                yield key
                break


def _differences(before: Json, after: Json, path: Path) -> Iterator[tuple[Path, Json, Json]]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _mapping_differences(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_differences(before, after, path)
    elif not _same_document(before, after):
        yield path, before, after


def _mapping_differences(
    before: Mapping[str, Json], after: Mapping[str, Json], path: Path
) -> Iterator[tuple[Path, Json, Json]]:
    for key in sorted(before.keys() | after.keys()):
        yield from _differences(before.get(key), after.get(key), (*path, key))


def _list_differences(before: list[Json], after: list[Json], path: Path) -> Iterator[tuple[Path, Json, Json]]:
    named_before, named_after = _by_name(before), _by_name(after)
    if named_before is not None and named_after is not None:
        yield from _mapping_differences(named_before, named_after, path)
        if named_before.keys() == named_after.keys() and list(named_before) != list(named_after):
            yield path, ", ".join(named_before), ", ".join(named_after)
        return
    gone, come = _without(before, after), _without(after, before)
    if not gone and not come:
        yield path, before, after
    elif len(gone) == len(come) == 1:
        yield from _differences(gone[0], come[0], (*path, "[]"))
    else:
        yield from (((*path, "[]"), item, None) for item in gone)
        yield from (((*path, "[]"), None, item) for item in come)


def _by_name(items: list[Json]) -> dict[str, Json] | None:
    """Lists of named things are compared by name, so that an insertion is one change."""
    for key in ("Name", "Key", "Id"):
        if items and all(isinstance(item, Mapping) and isinstance(item.get(key), str) for item in items):
            named = {f"[{item[key]}]": item for item in items}
            return named if len(named) == len(items) else None
    return None


def _without(items: list[Json], others: list[Json]) -> list[Json]:
    left = list(others)
    kept = []
    for item in items:
        if item in left:
            left.remove(item)
        else:
            kept.append(item)
    return kept


def _same_document(before: Json, after: Json) -> bool:
    """JSON inside a string (a build specification, a policy) is compared as JSON."""
    if not isinstance(before, str) or not isinstance(after, str) or not before.startswith(("{", "[")):
        return False
    try:
        return bool(json.loads(before) == json.loads(after))
    except ValueError:
        return False


def _names(path: Path) -> Path:
    return tuple(part for part in path if not part.startswith("["))


def _dotted(path: Path) -> str:
    return ".".join(path).replace(".[", "[")


def _importance(change: ResourceChange) -> tuple[int, str]:
    order = [Action.DELETED, Action.REPLACED, Action.CHANGED, Action.ADDED]
    return order.index(change.action), change.name
