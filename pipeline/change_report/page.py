"""Draws the report as one self-contained page: no script, no request, readable on a phone and on paper."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pipeline.change_report.report import (
    Action,
    Broadening,
    Fate,
    Report,
    ResourceChange,
    StackChange,
    plural,
)

_FATES = {
    Fate.LOST: "Its data is lost.",
    Fate.SNAPSHOT: "A snapshot of its data is taken first.",
    Fate.RETAINED: "What is there now is kept, outside the stack.",
}
_FATES_PERHAPS = {
    Fate.LOST: "If so, its data is lost.",
    Fate.SNAPSHOT: "If so, a snapshot of its data is taken first.",
    Fate.RETAINED: "If so, what is there now is kept, outside the stack.",
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Everything that one role, policy or network thing gains, said under one heading."""

    name: str
    kind: str
    severe: bool
    items: tuple[Broadening, ...]


@dataclass(frozen=True, kw_only=True)
class Gains:
    stack: StackChange
    subjects: tuple[Subject, ...]

    @property
    def opened(self) -> tuple[Subject, ...]:
        """Shown at once: everything in a stack that exists, and what is sweeping in a new one."""
        return tuple(subject for subject in self.subjects if subject.severe or not self.stack.is_new)

    @property
    def folded(self) -> tuple[Subject, ...]:
        """What comes along with a new stack, one click away."""
        return tuple(subject for subject in self.subjects if subject not in self.opened)


def draw(report: Report) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        report=report,
        gains=list(gains(report)),
        headline=headline(report),
        verdict=verdict,
        Action=Action,
        plural=plural,
    )


def headline(report: Report) -> str:
    """The one sentence that a hurried person reads."""
    if report.gates:
        return "This push changes the gate itself."
    if report.to_bootstrap:
        return "Stop: this needs a new bootstrap first."
    return _of_changes(report) if report.changed else "Nothing changes."


def _of_changes(report: Report) -> str:
    lost = [change for _, change in report.endangered if change.fate is Fate.LOST]
    if lost:
        certain = any(change.certain for change in lost)
        verb = ("loses its" if len(lost) == 1 else "lose their") if certain else "may lose their"
        return f"{plural(len(lost), 'resource')} {verb} data."
    if report.endangered:
        count = len(report.endangered)
        return f"{plural(count, 'resource')} with data {'is' if count == 1 else 'are'} replaced or deleted."
    if any(item.severe for _, item in report.broadenings):
        return "Something becomes open to everyone, or allowed to do everything."
    if report.count(Action.REPLACED) or report.count(Action.DELETED):
        return "Some resources are replaced or deleted; none of them holds data."
    return "Nothing is replaced or deleted."


def verdict(change: ResourceChange) -> tuple[str, str]:
    """What happens to a resource that holds data, and what that means for the data."""
    if change.fate is None:
        raise ValueError(f"{change.name} holds no data")
    if not change.certain:
        return "may be replaced", _FATES_PERHAPS[change.fate]
    return f"is {change.action}", _FATES[change.fate]


def gains(report: Report) -> Iterable[Gains]:
    for stack in report.stacks:
        if stack.broadenings:
            yield Gains(stack=stack, subjects=tuple(_subjects(stack.broadenings)))


def _subjects(broadenings: Iterable[Broadening]) -> Iterable[Subject]:
    groups: defaultdict[tuple[str, str], list[Broadening]] = defaultdict(list)
    for item in broadenings:
        groups[(item.subject, item.kind.value)].append(item)
    found = [
        Subject(
            name=name,
            kind=kind,
            severe=any(item.severe for item in items),
            items=tuple(sorted(items, key=lambda item: not item.severe)),
        )
        for (name, kind), items in groups.items()
    ]
    return sorted(found, key=lambda subject: (not subject.severe, subject.name))
