"""`make teardown`, from a network that stands in the embedded AWS to nothing, without a built function."""

from typing import Any

import pytest

from pipeline import holdouts
from tests.delivery.accounts.embedded import REGION, ROOT, Embedded

TAGS = [{"Key": "delivery", "Value": "slipway"}, {"Key": "environment", "Value": "dev"}]


@pytest.fixture(scope="module")
def printed(embedded: Embedded) -> list[str]:
    done = embedded.module("pipeline.teardown", "dev", configuration=ROOT / "delivery.toml")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_it_prints_the_order_and_nothing_needs_to_be_built(printed: list[str]) -> None:
    synth, who, stop, whose, again, first, when, last = printed
    assert synth == again
    assert "-c functions=placeholder" in synth
    assert "disable-stage-transition --pipeline-name slipway --stage-name Dev" in stop
    assert "pipeline/Dev/SecondBrainAgents" in first
    assert "Network" not in first
    assert last.endswith("--force pipeline/Dev/SecondBrainNetwork")
    assert [line[0] for line in (who, whose, when)] == ["#", "#", "#"]


@pytest.fixture(scope="module")
def network(embedded: Embedded, printed: list[str]) -> str:
    """Development's network, deployed by the CDK CLI from what the teardown has synthesised."""
    bootstrapped = embedded.module("pipeline.bootstrap", "--run", configuration=ROOT / "delivery.toml")
    assert bootstrapped.returncode == 0, bootstrapped.stdout + bootstrapped.stderr
    deploy = "npx --no-install cdk deploy --app build/teardown --require-approval never --exclusively"
    deployed = embedded.run(*deploy.split(), "pipeline/Dev/SecondBrainNetwork")
    assert deployed.returncode == 0, deployed.stderr
    (vpc,) = embedded.client("ec2").describe_vpcs(
        Filters=[
            {"Name": "tag:environment", "Values": ["dev"]},
            {"Name": "tag:delivery", "Values": ["slipway"]},
        ]
    )["Vpcs"]
    return str(vpc["VpcId"])


@pytest.fixture
def interface(embedded: Embedded, network: str) -> str:
    """As AgentCore leaves one behind."""
    ec2 = embedded.client("ec2")
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [network]}])["Subnets"]
    made = ec2.create_network_interface(SubnetId=subnets[0]["SubnetId"], Description="AgentCore runtime")
    return str(made["NetworkInterface"]["NetworkInterfaceId"])


def _run(embedded: Embedded, *arguments: str) -> Any:
    return embedded.module(
        "pipeline.teardown", "dev", "--run", *arguments, configuration=ROOT / "delivery.toml"
    )


def test_subnets_stand_in_the_zones_that_are_configured_by_id(embedded: Embedded, network: str) -> None:
    subnets = embedded.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [network]}])
    assert {subnet["AvailabilityZoneId"] for subnet in subnets["Subnets"]} == {"use1-az1", "use1-az2"}


def test_the_network_stays_until_agentcore_lets_go_and_goes_then(embedded: Embedded, interface: str) -> None:
    held = _run(embedded, "--wait", "0")
    assert held.returncode == 1
    assert f"AgentCore still has {interface}" in held.stdout
    assert "Run this command again" in held.stderr
    cloudformation = embedded.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName="Dev-SecondBrainNetwork")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    embedded.client("ec2").delete_network_interface(NetworkInterfaceId=interface)
    done = _run(embedded, "--wait", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.raises(cloudformation.exceptions.ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName="Dev-SecondBrainNetwork")


def test_nothing_is_deleted_while_a_database_is_protected(embedded: Embedded, printed: list[str]) -> None:
    rds = embedded.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="kept",
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="owner",
        MasterUserPassword="not-a-secret-here",
        DeletionProtection=True,
        Tags=TAGS,
    )
    refused = _run(embedded)
    assert refused.returncode == 1
    assert (
        "aws rds modify-db-instance --db-instance-identifier kept --no-deletion-protection" in refused.stderr
    )
    assert "cdk destroy" not in refused.stdout
    rds.modify_db_instance(DBInstanceIdentifier="kept", DeletionProtection=False, ApplyImmediately=True)
    rds.delete_db_instance(DBInstanceIdentifier="kept", SkipFinalSnapshot=True)


def test_a_protected_user_pool_is_found_by_its_tags(embedded: Embedded) -> None:
    cognito = embedded.client("cognito-idp")
    tags = {tag["Key"]: tag["Value"] for tag in TAGS}
    ours = cognito.create_user_pool(PoolName="ours", DeletionProtection="ACTIVE", UserPoolTags=tags)
    cognito.create_user_pool(PoolName="theirs", DeletionProtection="ACTIVE")
    place = holdouts.Place(session=embedded.session, region=REGION, delivery="slipway", environment="dev")
    (command,) = holdouts.protected(place)
    assert ours["UserPool"]["Id"] in command


def test_an_unknown_environment_is_refused(embedded: Embedded) -> None:
    refused = embedded.module("pipeline.teardown", "nowhere", configuration=ROOT / "delivery.toml")
    assert "known are dev, staging, prod" in refused.stderr
