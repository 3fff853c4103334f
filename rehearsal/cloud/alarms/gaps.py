"""What an alarm on metric math will not notice in a rehearsal, for the fidelity report."""

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.cloud.alarms.watch import not_evaluated
from rehearsal.engine.ports import Fidelity, Gap

_PUBLISHED = "AWS/Lambda"


def gaps_of(name: str, alarm: Mapping[str, Any]) -> Iterator[Gap]:
    subject = f"alarm {name}"
    if reason := not_evaluated(alarm):
        yield Gap(subject=subject, fidelity=Fidelity.RECORDED, reason=f"never goes off here: {reason}")
        return
    for namespace in sorted(_namespaces(alarm)):
        if namespace.startswith("AWS/") and namespace != _PUBLISHED:
            reason = f"nothing publishes metrics of {namespace} here, so it counts them as missing"
            yield Gap(subject=subject, fidelity=Fidelity.EMULATED, reason=reason)


def _namespaces(alarm: Mapping[str, Any]) -> set[str]:
    queries = alarm["Metrics"]
    return {query["MetricStat"]["Metric"]["Namespace"] for query in queries if query.get("MetricStat")}
