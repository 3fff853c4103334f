"""AWS Config: rules; nothing is evaluated."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.recorded import Recorded

_NO_FINDINGS = "nothing is inspected, so nothing is ever found"


ROWS = (
    Recorded(
        type_name="AWS::Config::ConfigRule",
        ref=lambda it: it.name("ConfigRuleName", limit=128),
        attributes=lambda it: {
            "Arn": it.arn("config", f"config-rule/config-rule-{it.unique}"),
            "ConfigRuleId": f"config-rule-{it.unique}",
            "Compliance.Type": "INSUFFICIENT_DATA",
        },
        reason=_NO_FINDINGS,
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
