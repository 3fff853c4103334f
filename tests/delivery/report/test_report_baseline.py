"""Which execution the pipeline's own template is compared with."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pipeline.change_report.baseline import went_through

if TYPE_CHECKING:
    from mypy_boto3_codepipeline.type_defs import ActionExecutionDetailTypeDef

Row = tuple[str, str, str, str]


def listed(*rows: Row) -> "list[ActionExecutionDetailTypeDef]":
    """(execution, stage, action, status), newest first, as ListActionExecutions answers."""
    return [
        {
            "pipelineExecutionId": execution,
            "stageName": stage,
            "actionName": action,
            "status": status,  # type: ignore[typeddict-item]
            "startTime": datetime.now(UTC),
        }
        for execution, stage, action, status in rows
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], [], id="the first time"),
        pytest.param([("2", "Approve", "Report", "InProgress")], [], id="nothing reached the stage"),
        pytest.param(
            [("2", "Prod", "A", "Succeeded"), ("1", "Prod", "A", "Succeeded")], ["2", "1"], id="newest first"
        ),
        pytest.param(
            [("2", "Prod", "A", "Succeeded"), ("2", "Prod", "B", "Failed"), ("1", "Prod", "A", "Succeeded")],
            ["1"],
            id="one action failed",
        ),
        pytest.param(
            [("1", "Prod", "A", "Succeeded"), ("1", "Prod", "A", "Failed")], ["1"], id="failed, then retried"
        ),
        pytest.param([("1", "Prod", "A", "InProgress")], [], id="still running"),
        pytest.param([("1", "Dev", "A", "Succeeded")], [], id="another stage"),
    ],
)
def test_executions_that_went_through_a_stage(rows: list[Row], expected: list[str]) -> None:
    assert list(went_through(listed(*rows), stage="Prod")) == expected
