"""X-Ray: sampling rules and groups."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import Known
from rehearsal.emulator.resource_types.recorded import Recorded

_NO_TRACING = "no traces are sampled or kept"


def _rule_name(it: Known) -> str:
    return str(it.properties.get("SamplingRule", {}).get("RuleName") or it.name("RuleName", limit=32))


ROWS = (
    Recorded(
        type_name="AWS::XRay::SamplingRule",
        ref=lambda it: it.arn("xray", f"sampling-rule/{_rule_name(it)}"),
        attributes=lambda it: {"RuleARN": it.id},
        reason=_NO_TRACING,
    ),
    Recorded(
        type_name="AWS::XRay::Group",
        ref=lambda it: it.arn("xray", f"group/{it.name('GroupName', limit=32)}/{it.unique.upper()}"),
        attributes=lambda it: {"GroupARN": it.id},
        reason=_NO_TRACING,
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
