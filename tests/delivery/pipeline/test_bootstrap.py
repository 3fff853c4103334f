"""The bootstrap calls for one account and for several, and the policy that CloudFormation acts with."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from config.delivery import Delivery, Sandbox
from pipeline.bootstrap import OWN_ACCOUNT, POLICY_FILE, Place, commands, plan
from tests.delivery.pipeline.conftest import PROJECT, pipeline_config, three_accounts

SANDBOX = Sandbox(region="us-east-1", availability_zones=("use1-az1", "use1-az2"), settings={})


def places(*pipelines: object) -> dict[str | None, Place]:
    delivery = Delivery(name="acme", pipelines=pipelines, sandbox=SANDBOX)  # type: ignore[arg-type]
    return {place.account: place for place in plan(delivery)}


def test_one_account_is_one_call_that_works_without_a_number() -> None:
    (place,) = places(pipeline_config()).values()
    written = list(commands(place, account=OWN_ACCOUNT))
    assert len(written) == 2
    assert 'npx cdk bootstrap "aws://$(aws sts get-caller-identity' in written[1]
    assert "--trust" not in written[1]


def test_every_account_trusts_the_pipelines() -> None:
    found = places(three_accounts())
    assert found["111111111111"].trusts == ()
    assert found["222222222222"].trusts == found["333333333333"].trusts == ("111111111111",)
    bootstrap = list(commands(found["333333333333"], account="333333333333"))[-1]
    assert bootstrap == (
        'npx cdk bootstrap "aws://333333333333/eu-west-1" --trust 111111111111 '
        "--trust-for-lookup 111111111111 "
        '--cloudformation-execution-policies "arn:aws:iam::333333333333:policy/delivery-execution" '
        "-c functions=placeholder"
    )


def test_the_pipelines_account_is_prepared_in_every_region_that_it_delivers_to() -> None:
    assert places(three_accounts())["111111111111"].regions == ("us-east-1", "eu-west-1")


def test_an_account_trusts_every_pipeline_that_delivers_to_it() -> None:
    second = replace(three_accounts(), name="data", account="444444444444")
    assert places(three_accounts(), second)["333333333333"].trusts == ("111111111111", "444444444444")


def test_each_account_gets_the_policy_before_the_bootstrap_that_names_it() -> None:
    for place in places(three_accounts()).values():
        first, *rest = commands(place, account=str(place.account))
        assert first.startswith("aws iam create-policy ")
        assert all(command.startswith("npx cdk bootstrap") for command in rest)


@pytest.fixture
def policy() -> list[dict[str, object]]:
    statements: list[dict[str, object]] = json.loads((PROJECT / POLICY_FILE).read_text())["Statement"]
    return statements


def test_the_policy_fits_into_a_managed_policy(policy: list[dict[str, object]]) -> None:
    assert len(json.dumps(policy, separators=(",", ":"))) < 6144


def test_the_policy_is_scoped(policy: list[dict[str, object]]) -> None:
    allowed = [action for item in policy if item["Effect"] == "Allow" for action in _listed(item["Action"])]
    assert "*" not in allowed
    assert "iam:*" not in allowed
    assert not any(action.startswith(("organizations:", "account:", "sts:")) for action in allowed)


def test_the_policy_cannot_change_the_bootstrap_or_itself(policy: list[dict[str, object]]) -> None:
    denied = json.dumps([item for item in policy if item["Effect"] == "Deny"])
    assert "role/cdk-hnb659fds-*" in denied
    assert "policy/delivery-execution" in denied
    assert "AdministratorAccess" in denied


def test_every_service_of_the_templates_is_in_the_policy(
    policy: list[dict[str, object]], tmp_path: Path
) -> None:
    from tests.delivery.pipeline.conftest import synthesise

    prefixes = {
        "CloudWatch": "cloudwatch",
        "SNS": "sns",
        "Events": "events",
        "CodeConnections": "codeconnections",
    }
    folder = synthesise(replace(pipeline_config(), connection_arn=None), tmp_path).folder
    allowed = {action.split(":")[0] for item in policy for action in _listed(item["Action"])}
    for file in folder.rglob("*.template.json"):
        for resource in json.loads(file.read_text())["Resources"].values():
            service = resource["Type"].split("::")[1]
            assert prefixes.get(service, service.lower()) in allowed, resource["Type"]


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
