"""`make zones` against the embedded AWS's EC2, and against answers of accounts that lack something."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from config.application import ApplicationSettings, Footprint
from config.delivery import Delivery, Environment, Pipeline, Sandbox
from pipeline.zones import findings
from tests.delivery.accounts.embedded import Embedded


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
def ec2(embedded: Embedded) -> Any:
    return embedded.client("ec2")


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


def test_the_command_checks_the_shipped_delivery(embedded: Embedded, shipped: Path) -> None:
    """The embedded AWS has its zones and the endpoint of Secrets Manager, and none of Bedrock."""
    done = embedded.module("pipeline.zones", configuration=shipped)
    assert done.returncode == 1, done.stderr
    unready = [line for line in done.stdout.splitlines() if line.startswith("NOT READY")]
    assert unready == [
        f"NOT READY  {name}: bedrock-runtime has interface endpoints in no zone of this region, and not in "
        f"{zone}; name other zones"
        for name in ("dev", "staging", "prod")
        for zone in ("use1-az1", "use1-az2")
    ]


def test_the_command_never_asks_another_account(embedded: Embedded, shipped: Path, tmp_path: Path) -> None:
    other = tmp_path / "delivery.toml"
    text = shipped.read_text(encoding="utf-8")
    other.write_text(text.replace('branch = "main"', 'branch = "main"\naccount = "999999999999"'))
    done = embedded.module("pipeline.zones", configuration=other)
    assert done.returncode == 1
    assert "say which profile to use: --profile 999999999999=NAME" in done.stdout
    assert "are ready" not in done.stdout
