"""What holds for everything that is synthesised: findings stop it, and equal input gives equal bytes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from blocks.function_assets import REPOSITORY
from config.load import load
from stacks.registry import APPLICATIONS
from stages.delivery_app import DeliveryApp, FindingsError
from stages.environment import EnvironmentStage
from tests.delivery.checkout import synthesise


def test_a_finding_that_nobody_acknowledged_stops_the_synth(build: Any, queueing: Any) -> None:
    app, _ = build(queueing())
    with pytest.raises(FindingsError) as stopped:
        app.deliver()
    first, *lines = str(stopped.value).splitlines()
    assert first.endswith("resolve each, or acknowledge it next to its resource (blocks/waivers.py):")
    assert any(line.startswith("Dev/QueueingQueues/Queue/Resource: AwsSolutions-SQS4: ") for line in lines), (
        lines
    )


def test_health_data_meets_the_hipaa_rules_too(build: Any, watched: Any, clinic: Any) -> None:
    app, _ = build(watched(1))
    app.deliver()
    app, _ = build(clinic(1), watched(1))
    with pytest.raises(FindingsError) as stopped:
        app.deliver()
    assert {finding.rule for finding in stopped.value.findings} == {"HIPAA.Security-CloudWatchAlarmAction"}
    assert len(stopped.value.findings) == 1


def test_every_template_passes_cfn_lint(environments: Any) -> None:
    checked = subprocess.run(
        [
            str(Path(sys.executable).with_name("cfn-lint")),
            "--non-zero-exit-code",
            "error",
            *map(str, environments.templates()),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


THREE_ACCOUNTS = """
name = "acme"

[[pipeline]]
repository = "acme/portfolio"
account = "111111111111"
applications = { second_brain = ["dev", "staging", "prod"] }

[[environment]]
name = "dev"
account = "111111111111"
availability_zones = ["use1-az1", "use1-az2"]

[[environment]]
name = "staging"
account = "222222222222"
availability_zones = ["use1-az2", "use1-az4"]

[[environment]]
name = "prod"
account = "333333333333"
region = "eu-west-1"
availability_zones = ["euw1-az1", "euw1-az2"]
approval = "manual"
"""


@pytest.fixture(scope="module")
def three_accounts(tmp_path_factory: pytest.TempPathFactory, flags: dict[str, Any], functions: None) -> Path:
    folder = tmp_path_factory.mktemp("three-accounts")
    path = folder / "delivery.toml"
    path.write_text(THREE_ACCOUNTS, encoding="utf-8")
    (pipeline,) = load(APPLICATIONS, path=path).pipelines
    app = DeliveryApp(outdir=str(folder / "assembly"), context=flags)
    for environment in pipeline.environments:
        EnvironmentStage.for_pipeline(
            app, pipeline=pipeline, environment=environment, applications=APPLICATIONS
        )
    return app.deliver()


def test_three_accounts_need_no_look_up(three_accounts: Path) -> None:
    for manifest in three_accounts.rglob("manifest.json"):
        assert "missing" not in json.loads(manifest.read_text(encoding="utf-8"))


def test_three_accounts_use_the_zones_of_the_configuration(three_accounts: Path) -> None:
    zones = {}
    for environment in ("Dev", "Staging", "Prod"):
        (path,) = three_accounts.rglob(f"{environment}SecondBrainNetwork*.template.json")
        resources = json.loads(path.read_text(encoding="utf-8"))["Resources"].values()
        zones[environment] = {
            r["Properties"]["AvailabilityZoneId"] for r in resources if r["Type"] == "AWS::EC2::Subnet"
        }
    assert zones == {
        "Dev": {"use1-az1", "use1-az2"},
        "Staging": {"use1-az2", "use1-az4"},
        "Prod": {"euw1-az1", "euw1-az2"},
    }


def test_the_smoke_role_of_another_account_trusts_the_pipelines(three_accounts: Path) -> None:
    (path,) = three_accounts.rglob("ProdEnvironmentAccess*.template.json")
    resources = json.loads(path.read_text(encoding="utf-8"))["Resources"].values()
    (role,) = (each["Properties"] for each in resources if each["Type"] == "AWS::IAM::Role")
    trust = json.dumps(role["AssumeRolePolicyDocument"])
    assert "111111111111" in trust
    assert "333333333333" not in trust


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_same_bytes_with_and_without_credentials(built_assembly: Path, tmp_path: Path) -> None:
    person = {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_REGION": "eu-central-1",
        "CDK_DEFAULT_ACCOUNT": "444444444444",
        "CDK_DEFAULT_REGION": "eu-central-1",
    }
    done = synthesise(REPOSITORY, tmp_path / "assembly", environment=person)
    assert done.returncode == 0, done.stderr
    without, with_credentials = _bytes(built_assembly), _bytes(tmp_path / "assembly")
    assert set(without) == set(with_credentials)
    assert [name for name in without if without[name] != with_credentials[name]] == []
