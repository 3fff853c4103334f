"""AWS Budgets."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.recorded import Recorded

ROWS = (
    Recorded(
        type_name="AWS::Budgets::Budget",
        ref=lambda it: str(it.properties["Budget"].get("BudgetName") or it.name("BudgetName", limit=100)),
        attributes=lambda it: {"Id": it.id},
        reason="nothing is charged, so no budget is ever reached",
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
