"""One alarm that stands for all of an environment's.

A composite alarm takes at most a hundred children and a rule of 10,240 characters, so larger
environments get a level of composites in between. Children are named, not referenced: nothing is
exported, and an application's stack can drop an alarm without waiting for this one.
"""

from collections.abc import Iterator, Sequence

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from blocks.naming import Names

CHILDREN = 100
RULE_LENGTH = 10_240


class HealthStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, names: Names, alarms: Sequence[str]) -> None:
        super().__init__(scope, construct_id, description="Whether this environment is healthy")
        groups = list(grouped(alarms))
        if len(groups) > 1:
            parts = [
                self._composite(f"Part{number}", name=names.of(f"health-{number}"), children=group)
                for number, group in enumerate(groups, start=1)
            ]
            whole = self._composite(
                "Health",
                name=names.health_alarm,
                children=[names.of(f"health-{n + 1}") for n in range(len(parts))],
            )
            whole.node.add_dependency(*parts)
        else:
            self._composite("Health", name=names.health_alarm, children=alarms)

    def _composite(
        self, construct_id: str, *, name: str, children: Sequence[str]
    ) -> cloudwatch.CfnCompositeAlarm:
        return cloudwatch.CfnCompositeAlarm(
            self,
            construct_id,
            alarm_name=name,
            alarm_description="In ALARM when any alarm of the environment is",
            alarm_rule=rule(children),
        )


def rule(alarms: Sequence[str]) -> str:
    return " OR ".join(_term(alarm) for alarm in alarms) or "FALSE"


def grouped(alarms: Sequence[str]) -> Iterator[list[str]]:
    """As few groups as CloudWatch's two limits allow, in the given order."""
    group: list[str] = []
    for alarm in alarms:
        if len(group) == CHILDREN or len(rule([*group, alarm])) > RULE_LENGTH:
            yield group
            group = []
        group.append(alarm)
    if group:
        yield group


def _term(alarm: str) -> str:
    return f'ALARM("{alarm}")'
