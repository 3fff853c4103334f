"""One stack's change, from its two templates."""

from collections.abc import Mapping
from typing import Any

from pipeline.change_report import exposures, gates, network, noise, permissions, resources
from pipeline.change_report.report import Broadening, Kind, PropertyChange, ResourceChange, StackChange
from pipeline.change_report.values import text

Template = Mapping[str, Any]


def compare(
    *, name: str, before: Template | None, after: Template | None, environment: str = ""
) -> StackChange:
    """None stands for a stack that is not there."""
    if after is None:
        return StackChange(name=name, environment=environment, is_gone=True)
    old, new = noise.resources(before or {}, stack=name), noise.resources(after, stack=name)
    changes = resources.compare(old, new)
    return StackChange(
        name=name,
        environment=environment,
        is_new=before is None,
        resources=changes,
        outputs=tuple(_outputs(before or {}, after)),
        broadenings=(
            *permissions.broadened(old, new),
            *network.broadened(old, new),
            *exposures.broadened(old, new),
            *(item for change in changes for item in _safeguards_lifted(change)),
        ),
        gates=gates.changed(old, new, changes),
    )


def _outputs(before: Template, after: Template) -> list[PropertyChange]:
    old, new = before.get("Outputs", {}), after.get("Outputs", {})
    return [
        PropertyChange(path=key, before=_value(old.get(key)), after=_value(new.get(key)))
        for key in sorted(old.keys() | new.keys())
        if _value(old.get(key)) != _value(new.get(key))
    ]


def _value(output: Mapping[str, Any] | None) -> str | None:
    return None if output is None else text(noise.masked(output.get("Value", "")))


def _safeguards_lifted(change: ResourceChange) -> list[Broadening]:
    """Data that was kept when its resource went away, and no longer is."""
    return [
        Broadening(
            kind=Kind.SAFEGUARD,
            logical_id=change.logical_id,
            subject=change.name,
            sentence=f"{item.path} was {item.before} and becomes {item.after or 'Delete'}",
            severe=True,
        )
        for item in change.properties
        if item.path in ("DeletionPolicy", "UpdateReplacePolicy")
        and item.before not in (None, "Delete")
        and item.after in (None, "Delete")
    ]
