"""What the report says, as frozen values. Drawing and storing it are other modules' work."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REPLACED = "replaced"
    DELETED = "deleted"


class Fate(StrEnum):
    """What becomes of the data in a resource that is replaced or deleted."""

    LOST = "lost"
    SNAPSHOT = "snapshot"
    RETAINED = "retained"


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    path: str
    before: str | None
    after: str | None
    replaces: bool = False


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    logical_id: str
    name: str
    """The construct path inside the stack, or the logical id where there is none."""
    type: str
    action: Action
    properties: tuple[PropertyChange, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why a resource is replaced, in words."""
    certain: bool = True
    """False where AWS decides during the update whether to replace."""
    new_code: bool = False
    fate: Fate | None = None
    """Set for resources that hold data and are replaced or deleted."""


class Kind(StrEnum):
    PERMISSION = "permission"
    TRUST = "trust"
    RESOURCE_POLICY = "resource policy"
    SAFEGUARD = "safeguard"
    NETWORK = "network"


@dataclass(frozen=True, kw_only=True)
class Broadening:
    """Something that was not allowed before and is now."""

    kind: Kind
    logical_id: str
    subject: str
    sentence: str
    severe: bool = False
    """Everyone, everything or the whole internet: worth a second look wherever it stands."""


@dataclass(frozen=True, kw_only=True)
class StackChange:
    name: str
    environment: str = ""
    is_new: bool = False
    is_gone: bool = False
    """Not delivered any more. A pipeline leaves such a stack where it is."""
    resources: tuple[ResourceChange, ...] = ()
    outputs: tuple[PropertyChange, ...] = ()
    broadenings: tuple[Broadening, ...] = ()
    gates: tuple[str, ...] = ()
    """Changes of what guards a delivery (`gates`), the loudest first."""

    @property
    def changes(self) -> bool:
        return bool(self.is_new or self.is_gone or self.resources or self.outputs or self.broadenings)

    def having(self, action: Action) -> tuple[ResourceChange, ...]:
        return tuple(change for change in self.resources if change.action is action)


@dataclass(frozen=True, kw_only=True)
class Report:
    title: str
    target: str
    """Where the change goes: a stage's name, or what was compared."""
    revision: str = ""
    message: str = ""
    execution_id: str = ""
    stacks: tuple[StackChange, ...] = ()
    notes: tuple[str, ...] = ()
    repair: str = ""
    """Why sounding alarms will not stop this execution (`pipeline/repair.py`)."""
    to_bootstrap: tuple[str, ...] = ()
    """Permissions that CloudFormation or the boundary lacks until `make bootstrap` is run again."""

    @property
    def changed(self) -> tuple[StackChange, ...]:
        return tuple(stack for stack in self.stacks if stack.changes)

    @property
    def unchanged(self) -> tuple[StackChange, ...]:
        return tuple(stack for stack in self.stacks if not stack.changes)

    @property
    def endangered(self) -> tuple[tuple[StackChange, ResourceChange], ...]:
        """Replacements and deletions of what holds data, the irrecoverable first."""
        found = [(stack, change) for stack in self.stacks for change in stack.resources if change.fate]
        return tuple(sorted(found, key=lambda pair: list(Fate).index(pair[1].fate or Fate.RETAINED)))

    @property
    def gates(self) -> tuple[str, ...]:
        return tuple(sentence for stack in self.stacks for sentence in stack.gates)

    @property
    def broadenings(self) -> tuple[tuple[StackChange, Broadening], ...]:
        return tuple((stack, item) for stack in self.stacks for item in stack.broadenings)

    @property
    def widened(self) -> int:
        """In stacks that exist: what was not allowed there yesterday."""
        return sum(not stack.is_new for stack, _ in self.broadenings)

    @property
    def brought(self) -> int:
        """What new stacks allow their own parts, which is no surprise in itself."""
        return len(self.broadenings) - self.widened

    @property
    def sweeping(self) -> int:
        return sum(item.severe for _, item in self.broadenings)

    def count(self, action: Action) -> int:
        return sum(len(stack.having(action)) for stack in self.stacks)

    @property
    def code_updates(self) -> int:
        return sum(change.new_code for stack in self.stacks for change in stack.resources)


def as_json(report: Report) -> dict[str, Any]:
    return {
        **asdict(report),
        "changes": bool(report.changed),
        "summary": summary(report),
        "counts": {action.value: report.count(action) for action in Action}
        | {
            "data_at_risk": len(report.endangered),
            "broadenings": len(report.broadenings),
            "broadenings_in_existing_stacks": report.widened,
            "sweeping": report.sweeping,
            "code": report.code_updates,
            "gates": len(report.gates),
        },
    }


SUMMARY_LIMIT = 1000
"""CodePipeline's ceiling for an approval's comment."""


NAMED_GATES = 3
"""In the one line; the page names all."""


def summary(report: Report) -> str:
    """One line for the approval. What weakens it and what endangers data come first: neither is cut off."""
    if not report.changed and not report.to_bootstrap and not report.repair:
        return f"{report.target}: no change at all."
    counted = [_counts(report)] if report.changed else ["no change of any stack"]
    line = "; ".join([*_warnings(report), *counted])
    return _shorten(f"{report.target}: {line}.")


def _warnings(report: Report) -> list[str]:
    missing = plural(len(report.to_bootstrap), "permission")
    bootstrap = [f"RUN make bootstrap FIRST, {missing} lacking"] if report.to_bootstrap else []
    warnings = [
        *_guards(report),
        *bootstrap,
        *_endangered(report),
    ]
    if report.repair:
        warnings.append(f"REPAIR LANE, sounding alarms will not stop it ({report.repair})")
    if report.sweeping:
        warnings.append(plural(report.sweeping, "permission") + " for everyone or on everything")
    if report.widened:
        warnings.append(plural(report.widened, "permission") + " broadened")
    if report.brought:
        warnings.append(plural(report.brought, "permission") + " inside new stacks")
    return warnings


def _guards(report: Report) -> list[str]:
    if not report.gates:
        return []
    named = "; ".join(report.gates[:NAMED_GATES])
    more = len(report.gates) - NAMED_GATES
    return [f"THE GATE ITSELF CHANGES ({named}{f'; and {more} more' if more > 0 else ''})"]


def _endangered(report: Report) -> list[str]:
    return [
        f"DATA {(change.fate or Fate.LOST).value.upper()}: {stack.name} {change.name} "
        f"{'is' if change.certain else 'may be'} {change.action}"
        for stack, change in report.endangered
    ]


def _counts(report: Report) -> str:
    counts = [f"{report.count(action)} {action}" for action in Action if report.count(action)]
    if report.code_updates:
        counts.append(f"new code for {report.code_updates}")
    listed = ", ".join(counts) or "outputs only"
    return f"{listed} in {plural(len(report.changed), 'stack')}"


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _shorten(line: str) -> str:
    return line if len(line) <= SUMMARY_LIMIT else line[: SUMMARY_LIMIT - 1] + "…"
