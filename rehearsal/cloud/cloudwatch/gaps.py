"""Alarms that cannot go off in a rehearsal, and why, for the fidelity report."""

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.cloud.cloudwatch.watch import MetricName, names_of, not_evaluated
from rehearsal.model.results import Fidelity, Gap

_OF_AWS = "AWS/"
_LAMBDA = "AWS/Lambda"
_OF_LAMBDA = frozenset({"Invocations", "Errors", "Throttles", "Duration", "RecursiveInvocationsDropped"})


def gaps_of(name: str, alarm: Mapping[str, Any]) -> Iterator[Gap]:
    if reason := not_evaluated(alarm):
        reason = f"never goes off here: {reason}"
        yield Gap(subject=f"alarm {name}", fidelity=Fidelity.RECORDED, reason=reason)
        return
    reason = "nothing publishes them here, so alarms count them as missing"
    for subject in sorted(set(filter(None, map(_never_published, names_of(alarm))))):
        yield Gap(subject=subject, fidelity=Fidelity.EMULATED, reason=reason)


def _never_published(metric: MetricName) -> str:
    """The namespace, so that one line of the report covers all its alarms; empty for published metrics."""
    namespace, name = metric
    if namespace == _LAMBDA:
        return "" if name in _OF_LAMBDA else f"{name} metrics of {namespace}"
    return f"metrics of {namespace}" if namespace.startswith(_OF_AWS) else ""
