"""What stops an execution: approval, roll-back, bake; and what must not be touched by them."""

import json
from dataclasses import replace
from pathlib import Path

from tests.delivery.pipeline.conftest import Assembly, environment, pipeline_config, synthesise

DEPLOYING = ("Dev", "Staging", "Prod")


def test_the_approval_shows_the_report_of_its_own_execution(one_account: Assembly) -> None:
    approve = one_account.actions("ApproveProd")["Approve"]
    report = one_account.actions("ApproveProd")["ChangeReport"]
    assert approve["Configuration"]["CustomData"] == f"#{{{report['Namespace']}.SUMMARY}}"
    assert approve["Configuration"]["ExternalEntityLink"] == f"#{{{report['Namespace']}.REPORT_URL}}"
    assert report["RunOrder"] < approve["RunOrder"]


def test_the_report_exports_what_the_approval_shows(one_account: Assembly) -> None:
    project = one_account.project(one_account.actions("ApproveProd")["ChangeReport"])
    build_spec = json.loads(project["Source"]["BuildSpec"])
    assert set(build_spec["env"]["exported-variables"]) == {"SUMMARY", "REPORT_URL"}
    assert build_spec["phases"]["build"]["commands"][-1] == ". build/change-report.env"


def test_only_stages_that_deploy_roll_back(one_account: Assembly) -> None:
    rolling = [name for name, stage in one_account.stages().items() if "OnFailure" in stage]
    assert rolling == list(DEPLOYING)
    for name in DEPLOYING:
        assert one_account.stages()[name]["OnFailure"] == {"Result": "ROLLBACK"}


def test_a_rejection_cannot_roll_prod_back(one_account: Assembly) -> None:
    """The approval fails a stage of its own, which nothing rolls back."""
    kinds = {a["ActionTypeId"]["Category"] for a in one_account.actions("Prod").values()}
    assert "Approval" not in kinds
    assert "OnFailure" not in one_account.stages()["ApproveProd"]


def test_bake_watches_the_environments_one_alarm(one_account: Assembly) -> None:
    condition = one_account.stages()["Prod"]["OnSuccess"]["Conditions"][0]
    (rule,) = condition["Rules"]
    assert condition["Result"] == "ROLLBACK"
    assert rule["RuleTypeId"]["Provider"] == "CloudWatchAlarm"
    assert rule["Configuration"] == {"AlarmName": "acme-prod-health", "WaitTime": "15"}


def test_the_alarm_that_is_watched_exists(one_account: Assembly) -> None:
    (file,) = (one_account.folder / "assembly-pipeline-Prod").glob("*EnvironmentHealth*.template.json")
    resources = json.loads(file.read_text())["Resources"].values()
    names = [
        r["Properties"]["AlarmName"] for r in resources if r["Type"] == "AWS::CloudWatch::CompositeAlarm"
    ]
    assert "acme-prod-health" in names


def test_no_bake_minutes_no_condition(one_account: Assembly) -> None:
    assert "OnSuccess" not in one_account.stages()["Dev"]


def test_an_unattended_prod_has_no_approval_stage(tmp_path: Path) -> None:
    environments = (environment("dev"), environment("prod", approval="unattended"))
    assembly = synthesise(replace(pipeline_config(), environments=environments), tmp_path)
    assert [name for name in assembly.stages() if name.startswith("Approve")] == []


def test_any_environment_can_ask_first(tmp_path: Path) -> None:
    environments = (environment("dev", approval="manual"),)
    assembly = synthesise(replace(pipeline_config(), environments=environments), tmp_path)
    names = list(assembly.stages())
    assert names.index("UpdatePipeline") < names.index("ApproveDev") < names.index("Dev")
