"""What the approval shows in one line, and what other programs read."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from pipeline.change_report.compare import compare
from pipeline.change_report.page import draw
from pipeline.change_report.report import SUMMARY_LIMIT, Report, as_json, summary
from pipeline.permissions import kept


def test_what_endangers_data_comes_first(eventful: Report) -> None:
    line = summary(eventful)
    assert line.startswith("Prod: DATA LOST: pipeline/Prod/Store Table is replaced")
    assert "DATA RETAINED: pipeline/Prod/Store Logs is deleted" in line
    assert line.index("DATA LOST") < line.index("DATA RETAINED") < line.index("permission")


def test_no_change_says_so(uneventful: Report) -> None:
    assert summary(uneventful) == "Prod: no change at all."
    assert as_json(uneventful)["changes"] is False


def test_the_approver_reads_that_alarms_will_not_stop_it_and_why(
    uneventful: Report, eventful: Report
) -> None:
    reason = "drains <b>the</b> queue"
    said = f"REPAIR LANE, sounding alarms will not stop it ({reason})"
    assert said in summary(replace(uneventful, repair=reason))
    line = summary(replace(eventful, repair=reason))
    assert line.index("DATA LOST") < line.index(said) < line.index("permission")
    page = draw(replace(uneventful, notes=(reason,)))
    assert "drains &lt;b&gt;the&lt;/b&gt; queue" in page
    assert reason not in page


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


def test_a_push_that_needs_a_new_bootstrap_says_so_first(eventful: Report) -> None:
    lines = (
        "dev: execution policy: Tables: dynamodb:CreateTable",
        "dev: boundary: Ceiling: dynamodb:GetItem",
    )
    report = replace(eventful, to_bootstrap=lines)
    assert summary(report).startswith("Prod: RUN make bootstrap FIRST, 2 permissions lacking; DATA LOST")
    assert as_json(report)["to_bootstrap"] == lines
    page = draw(report)
    assert "this needs a new bootstrap first" in page
    assert all(line in page for line in lines)
    nothing = Report(title="acme", target="Prod", to_bootstrap=lines)
    assert summary(nothing) == (
        "Prod: RUN make bootstrap FIRST, 2 permissions lacking; no change of any stack."
    )


def test_two_commits_tell_what_has_to_be_bootstrapped(tmp_path: Path) -> None:
    """As `make diff` does, between the policies that each of them keeps."""
    shutil.copytree(kept.FOLDER, tmp_path / "before")
    file = tmp_path / "before" / "prod.execution.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    (queues,) = (each for each in document["Statement"] if each["Sid"] == "Queues")
    queues["Action"].remove("sqs:CreateQueue")
    file.write_text(json.dumps(document), encoding="utf-8")
    empty = tmp_path / "cdk.out"
    empty.mkdir()
    (empty / "manifest.json").write_text(json.dumps({"artifacts": {}}), encoding="utf-8")
    command = [sys.executable, "-m", "pipeline.change_report", "--before", str(empty), "--after", str(empty)]
    command += ["--policies-before", str(tmp_path / "before")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "BOOTSTRAP  prod: execution policy: Queues: sqs:CreateQueue" in done.stdout
    assert "RUN make bootstrap FIRST, 1 permission lacking" in done.stdout
