"""What the approval shows in one line, and what other programs read."""

import json

from pipeline.change_report.compare import compare
from pipeline.change_report.report import SUMMARY_LIMIT, Report, as_json, summary


def test_what_endangers_data_comes_first(eventful: Report) -> None:
    line = summary(eventful)
    assert line.startswith("Prod: DATA LOST: pipeline/Prod/Store Table is replaced")
    assert "DATA RETAINED: pipeline/Prod/Store Logs is deleted" in line
    assert line.index("DATA LOST") < line.index("DATA RETAINED") < line.index("permission")


def test_no_change_says_so(uneventful: Report) -> None:
    assert summary(uneventful) == "Prod: no change at all."
    assert as_json(uneventful)["changes"] is False


def test_the_line_fits_into_an_approval() -> None:
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {}}
    before = {"Resources": {f"Table{number}": table for number in range(100)}}
    stack = compare(name="pipeline/Prod/Store", before=before, after={"Resources": {}})
    line = summary(Report(title="acme", target="Prod", stacks=(stack,)))
    assert len(line) == SUMMARY_LIMIT
    assert "\n" not in line


def test_the_json_counts_and_lists_everything(eventful: Report) -> None:
    report = json.loads(json.dumps(as_json(eventful)))
    assert report["counts"]["replaced"] == 1
    assert report["counts"]["deleted"] == 2
    assert report["counts"]["data_at_risk"] == 2
    assert report["counts"]["code"] == 1
    store = report["stacks"][0]
    assert {change["name"]: change["action"] for change in store["resources"]}["Table"] == "replaced"
    assert any(item["severe"] for item in store["broadenings"])
    assert report["summary"] == summary(eventful)
