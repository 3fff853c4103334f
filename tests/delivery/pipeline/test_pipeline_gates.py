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


def test_no_rule_is_given_what_its_documentation_does_not_promise(one_account: Assembly) -> None:
    """CloudWatchAlarm is documented for an alarm of the account; of composite ones it says nothing."""
    for stage in one_account.stages().values():
        assert not {"BeforeEntry", "OnSuccess"} & set(stage)
        assert "Conditions" not in stage.get("OnFailure", {})


def test_the_pipelines_own_role_reads_no_alarms(one_account: Assembly) -> None:
    (role,) = [name for name in one_account.resources("AWS::IAM::Role") if name.startswith("PipelineRole")]
    assert not any("cloudwatch" in str(statement["Action"]) for statement in one_account.statements(role))


def test_the_bake_comes_last_and_knows_what_it_watches(one_account: Assembly) -> None:
    for stage, minutes in (("Staging", "5"), ("Prod", "15")):
        order = one_account.order(stage)
        assert [name for name, place in order.items() if place == max(order.values())] == ["Bake"]
        told = variables(one_account, stage)
        assert told["SLIPWAY_BAKE_MINUTES"] == minutes
        assert told["HEALTH_ALARM"] == f"acme-{stage.lower()}-health"
        assert (told["PIPELINE_NAME"], told["PIPELINE_STAGE"]) == ("acme", stage)
        assert told["PIPELINE_ACTION"] in order
        assert told["EXECUTION_ID"] == "#{codepipeline.PipelineExecutionId}"


def test_the_bake_may_read_its_pipeline_and_alarms_and_tell_people(one_account: Assembly) -> None:
    project = one_account.project(one_account.actions("Prod")["Bake"])
    allowed = {
        action
        for statement in one_account.statements(project["ServiceRole"]["Fn::GetAtt"][0])
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if not action.startswith(("s3:", "logs:", "codebuild:"))
    }
    assert allowed == {
        "sts:AssumeRole",
        "codepipeline:GetPipelineExecution",
        "codepipeline:ListActionExecutions",
        "sns:Publish",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
    }


def test_a_repair_is_a_variable_with_a_default_that_means_none(one_account: Assembly) -> None:
    (variable,) = one_account.pipeline()["Variables"]
    assert (variable["Name"], variable["DefaultValue"]) == ("REPAIR", "none")
    assert len(variable["Description"]) <= 200


def test_no_action_is_configured_with_what_the_person_wrote(one_account: Assembly) -> None:
    """A quotation mark in it would end its JSON string: the gate asks for it instead."""
    assert "#{variables." not in json.dumps(one_account.pipeline())


def variables(assembly: Assembly, stage: str) -> dict[str, object]:
    action = assembly.actions(stage)["Bake"]
    declared = assembly.project(action)["Environment"]["EnvironmentVariables"]
    given = json.loads(action["Configuration"].get("EnvironmentVariables", "[]"))
    return {
        **{item["Name"]: item["Value"] for item in declared},
        **{item["name"]: item["value"] for item in given},
    }


def test_the_alarm_that_is_watched_exists(one_account: Assembly) -> None:
    (file,) = (one_account.folder / "assembly-pipeline-Prod").glob("*EnvironmentHealth*.template.json")
    resources = json.loads(file.read_text())["Resources"].values()
    names = [
        r["Properties"]["AlarmName"] for r in resources if r["Type"] == "AWS::CloudWatch::CompositeAlarm"
    ]
    assert "acme-prod-health" in names


def test_no_bake_minutes_no_bake(one_account: Assembly) -> None:
    assert "Bake" not in one_account.actions("Dev")


def test_an_unattended_prod_has_no_approval_stage(tmp_path: Path) -> None:
    environments = (environment("dev"), environment("prod", approval="unattended"))
    assembly = synthesise(replace(pipeline_config(), environments=environments), tmp_path)
    assert [name for name in assembly.stages() if name.startswith("Approve")] == []


def test_any_environment_can_ask_first(tmp_path: Path) -> None:
    environments = (environment("dev", approval="manual"),)
    assembly = synthesise(replace(pipeline_config(), environments=environments), tmp_path)
    names = list(assembly.stages())
    assert names.index("UpdatePipeline") < names.index("ApproveDev") < names.index("Dev")
