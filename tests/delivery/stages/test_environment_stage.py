"""One Stage holds everything of an environment, in an order that its parts need."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import Stack

from config.delivery import Environment, Pipeline
from stages.delivery_app import DeliveryApp
from stages.environment import EnvironmentStage


def _dependencies(folder: Path, environment: str) -> dict[str, set[str]]:
    manifest = json.loads((folder / f"assembly-{environment}" / "manifest.json").read_text(encoding="utf-8"))
    stacks = {
        key: artifact
        for key, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    names = {key: artifact["displayName"].rpartition("/")[2].split()[0] for key, artifact in stacks.items()}
    return {
        names[key]: {names[other] for other in artifact.get("dependencies", []) if other in names}
        for key, artifact in stacks.items()
    }


def test_access_is_first_and_health_is_last(environments: Any) -> None:
    order = _dependencies(environments.folder, "Dev")
    applications = {name for name in order if not name.startswith("Environment")}
    assert order["EnvironmentAccess"] == set()
    assert order["EnvironmentHealth"] >= applications
    assert "EnvironmentAccess" in order["SecondBrainDatabase"]


def test_stacks_are_named_by_environment_application_and_part(environments: Any) -> None:
    manifest = json.loads(
        (environments.folder / "assembly-Dev" / "manifest.json").read_text(encoding="utf-8")
    )
    names = {
        artifact["properties"]["stackName"]
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert "Dev-SecondBrainNetwork" in names


def test_everything_is_tagged(environments: Any) -> None:
    tags = environments.properties("Prod", "SecondBrainDatabase", "AWS::RDS::DBInstance")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "application": "second_brain",
        "delivery": "slipway",
        "environment": "prod",
    }


def test_the_smoke_role_of_a_sandbox_is_trusted_to_its_account(environments: Any) -> None:
    role = environments.properties("Dev", "EnvironmentAccess", "AWS::IAM::Role")
    assert role["RoleName"] == "slipway-dev-smoke"
    assert "Policies" not in role
    assert "ManagedPolicyArns" not in role
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert "AWS::AccountId" in str(statement["Principal"]["AWS"])


def test_no_stacks_grant_to_the_smoke_role_replaces_anothers(environments: Any) -> None:
    """A role's inline policies are told apart by their names alone."""
    stacks = ("SecondBrainDatabase", "SecondBrainAuth", "SecondBrainScheduling", "SecondBrainMonitoring")
    granted = [
        policy["Properties"]["PolicyName"]
        for stack in stacks
        for key, policy in environments.resources("Dev", stack, "AWS::IAM::Policy").items()
        if key.startswith("SmokeAccess")
    ]
    assert sorted(granted) == sorted(stacks)


def test_health_stands_for_every_alarm(environments: Any) -> None:
    alarm = environments.properties("Dev", "EnvironmentHealth", "AWS::CloudWatch::CompositeAlarm")
    assert alarm["AlarmName"] == "slipway-dev-health"
    watched = environments.resources("Dev", "SecondBrainMonitoring", "AWS::CloudWatch::Alarm").values()
    names = [found["Properties"]["AlarmName"] for found in watched]
    assert "slipway-dev-second-brain-high-error-rate" in names
    assert alarm["AlarmRule"] == " OR ".join(f'ALARM("{name}")' for name in names)


def test_nothing_is_exported(environments: Any) -> None:
    for path in environments.templates():
        outputs = json.loads(path.read_text(encoding="utf-8")).get("Outputs", {})
        assert [name for name, output in outputs.items() if "Export" in output] == []


def test_no_physical_name_is_used_in_two_environments(environments: Any) -> None:
    seen: dict[str, Path] = {}
    for path in environments.templates():
        for resource in json.loads(path.read_text(encoding="utf-8"))["Resources"].values():
            for key in ("RoleName", "AlarmName", "LogGroupName", "DBInstanceIdentifier"):
                name = resource.get("Properties", {}).get(key)
                if isinstance(name, str):
                    assert seen.setdefault(name, path) == path


def test_an_environment_gets_only_the_applications_it_is_configured_for(
    build: Any, watched: Any, queueing: Any
) -> None:
    _, stage = build(watched())
    assert [built.name for built in stage.built] == ["watched"]
    _, stage = build(watched(), queueing(), settings={"watched": watched().settings()})
    assert [built.name for built in stage.built] == ["watched"]


def test_two_pipelines_never_share_a_name(tmp_path: Path, flags: dict[str, Any], watched: Any) -> None:
    """Both deliver to `dev`, each from a stack of its own."""
    app = DeliveryApp(outdir=str(tmp_path), context=flags)
    stages = []
    for name in (None, "finance"):
        pipeline = Pipeline(
            delivery="acme",
            name=name,
            repository="acme/portfolio",
            branch="main",
            connection_arn=None,
            account=None,
            region="us-east-1",
            execution_mode="QUEUED",
            include_paths=(),
            exclude_paths=(),
            notify=(),
            environments=(),
        )
        environment = Environment(
            name="dev",
            tier="dev",
            account=None,
            region="us-east-1",
            availability_zones=("use1-az1", "use1-az2"),
            settings={"watched": watched().settings()},
        )
        stages.append(
            EnvironmentStage.for_pipeline(
                Stack(app, pipeline.construct_id),
                pipeline=pipeline,
                environment=environment,
                applications=(watched(),),
            )
        )
    assert [stage.node.path for stage in stages] == ["pipeline/Dev", "pipeline-finance/Dev"]
    assert [stage.stage_name for stage in stages] == ["Dev", "Finance-Dev"]
    assert [stage.health_alarm_name for stage in stages] == ["acme-dev-health", "acme-finance-dev-health"]


def test_smoke_outputs_are_told_by_application_and_variable(build: Any, watched: Any) -> None:
    _, stage = build(watched())
    assert {name: set(outputs) for name, outputs in stage.smoke_outputs.items()} == {"watched": {"ANSWER"}}
