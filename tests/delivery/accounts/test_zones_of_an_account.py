"""`make zones` against the embedded AWS's EC2, and against answers of accounts that lack something."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from config.application import ApplicationSettings, Footprint
from config.delivery import Delivery, Environment, Pipeline, Sandbox
from pipeline.zones import findings
from rehearsal.cloud import client
from rehearsal.cloud.environment import clean_environment
from rehearsal.home import Endpoint, Home

ROOT = Path(__file__).resolve().parents[3]


class Settings(ApplicationSettings):
    endpoint: str = "secretsmanager"

    def footprint(self) -> Footprint:
        return Footprint(zones=2, endpoints=(self.endpoint,))


def _delivery(*zones: str, endpoint: str = "secretsmanager", account: str | None = None) -> Delivery:
    environment = Environment(
        name="dev",
        tier="dev",
        account=account,
        region="us-east-1",
        availability_zones=zones,
        settings={"shop": Settings(endpoint=endpoint)},
    )
    pipeline = Pipeline(
        delivery="acme",
        name=None,
        repository="acme/portfolio",
        branch="main",
        connection_arn=None,
        account=account,
        region="us-east-1",
        execution_mode="QUEUED",
        include_paths=(),
        exclude_paths=(),
        notify=(),
        environments=(environment,),
    )
    sandbox = Sandbox(region="us-east-1", availability_zones=zones, settings={})
    return Delivery(name="acme", pipelines=(pipeline,), sandbox=sandbox)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("zones") / ".slipway")


@pytest.fixture(scope="module")
def cloud(home: Home) -> Iterator[Endpoint]:
    yield client.start(home, account="111122223333", region="us-east-1")
    client.stop(home)


@pytest.fixture(scope="module")
def ec2(cloud: Endpoint) -> Any:
    return client.session(cloud).client("ec2", region_name="us-east-1")


def test_zones_that_the_account_has_are_ready(ec2: Any) -> None:
    names, ready = findings(_delivery("use1-az1", "use1-az2"), client=lambda _: ec2)
    assert "us-east-1a is use1-az1" in names[0]
    assert ready == ("dev: use1-az1, use1-az2 are ready", True)


def test_a_zone_that_the_account_lacks_is_named(ec2: Any) -> None:
    found = list(findings(_delivery("use1-az1", "use1-az6"), client=lambda _: ec2))
    assert any("dev: use1-az6 is no zone that account of your credentials" in line for line, _ in found)
    assert not all(is_well for _, is_well in found)


def test_an_endpoint_that_the_region_lacks_is_named(ec2: Any) -> None:
    delivery = _delivery("use1-az1", "use1-az2", endpoint="time-travel")
    found = [line for line, is_well in findings(delivery, client=lambda _: ec2) if not is_well]
    assert len(found) == 2
    assert "time-travel has interface endpoints in no zone of this region" in found[0]


@pytest.fixture
def shuffled() -> Iterator[Any]:
    """An account whose second zone is another than most people's, and has no endpoint of the service."""
    ec2 = boto3.client("ec2", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
    ids = {"us-east-1a": "use1-az6", "us-east-1b": "use1-az1", "us-east-1c": "use1-az2"}
    zones = [{"ZoneName": name, "ZoneId": zone} for name, zone in ids.items()]
    offered = {
        "ServiceName": "com.amazonaws.us-east-1.secretsmanager",
        "AvailabilityZones": ["us-east-1a", "us-east-1b"],
    }
    with Stubber(ec2) as answers:
        answers.add_response("describe_availability_zones", {"AvailabilityZones": zones})
        answers.add_response("describe_vpc_endpoint_services", {"ServiceDetails": [offered]})
        yield ec2


def test_names_are_read_as_the_account_means_them(shuffled: Any) -> None:
    found = list(findings(_delivery("use1-az1", "use1-az2"), client=lambda _: shuffled))
    assert [line for line, is_well in found if not is_well] == [
        "dev: secretsmanager has interface endpoints in use1-az1, use1-az6, and not in use1-az2; "
        "name other zones"
    ]


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(cloud: Endpoint, tmp_path: Path) -> Run:
    environment = clean_environment(
        endpoint_url=cloud.url, region="us-east-1", key=client.root_key(cloud), home=tmp_path / "home"
    )

    def command(text: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "delivery.toml"
        file.write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "pipeline.zones"],
            cwd=ROOT,
            env={**environment, "SLIPWAY_CONFIG": str(file)},
            capture_output=True,
            text=True,
            check=False,
        )

    return command


def test_the_command_checks_the_shipped_delivery(run: Run) -> None:
    """The embedded AWS has its zones and the endpoint of Secrets Manager, and none of Bedrock."""
    done = run((ROOT / "delivery.toml").read_text(encoding="utf-8"))
    assert done.returncode == 1, done.stderr
    unready = [line for line in done.stdout.splitlines() if line.startswith("NOT READY")]
    assert unready == [
        f"NOT READY  {name}: bedrock-runtime has interface endpoints in no zone of this region, and not in "
        f"{zone}; name other zones"
        for name in ("dev", "staging", "prod")
        for zone in ("use1-az1", "use1-az2")
    ]


def test_the_command_never_asks_another_account(run: Run) -> None:
    shipped = (ROOT / "delivery.toml").read_text(encoding="utf-8")
    other = shipped.replace('branch = "main"', 'branch = "main"\naccount = "999999999999"')
    done = run(other)
    assert done.returncode == 1
    assert "say which profile to use: --profile 999999999999=NAME" in done.stdout
    assert "are ready" not in done.stdout
