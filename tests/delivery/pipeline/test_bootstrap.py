"""The bootstrap calls for one account and for several, and the policies that they hand to IAM."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.delivery import Delivery, Sandbox
from pipeline.bootstrap import OWN_ACCOUNT, Place, commands, plan, write_policies
from pipeline.permissions.kept import NotKeptError
from tests.delivery.pipeline.conftest import pipeline_config, three_accounts

POLICIES = ("delivery-execution-1", "delivery-execution-2", "delivery-boundary")
SANDBOX = Sandbox(region="us-east-1", availability_zones=("use1-az1", "use1-az2"), settings={})


def places(*pipelines: object) -> dict[str | None, Place]:
    delivery = Delivery(name="acme", pipelines=pipelines, sandbox=SANDBOX)  # type: ignore[arg-type]
    return {place.account: place for place in plan(delivery)}


def test_one_account_is_one_call_that_works_without_a_number() -> None:
    (place,) = places(pipeline_config()).values()
    *policies, bootstrap = commands(place, account=OWN_ACCOUNT, policies=POLICIES)
    assert len(policies) == len(POLICIES)
    assert 'npx cdk bootstrap "aws://$(aws sts get-caller-identity' in bootstrap
    assert "--trust" not in bootstrap


def test_every_account_trusts_the_pipelines() -> None:
    found = places(three_accounts())
    assert found["111111111111"].trusts == ()
    assert found["222222222222"].trusts == found["333333333333"].trusts == ("111111111111",)
    *_, bootstrap = commands(found["333333333333"], account="333333333333", policies=POLICIES)
    assert bootstrap == (
        'npx cdk bootstrap "aws://333333333333/eu-west-1" --trust 111111111111 '
        "--trust-for-lookup 111111111111 "
        '--cloudformation-execution-policies "arn:aws:iam::333333333333:policy/delivery-execution-1" '
        '--cloudformation-execution-policies "arn:aws:iam::333333333333:policy/delivery-execution-2" '
        "-c functions=placeholder -c permissions=unchecked"
    )


def test_the_pipelines_account_is_prepared_in_every_region_that_it_delivers_to() -> None:
    assert places(three_accounts())["111111111111"].regions == ("us-east-1", "eu-west-1")


def test_an_account_trusts_every_pipeline_that_delivers_to_it() -> None:
    second = replace(three_accounts(), name="data", account="444444444444")
    assert places(three_accounts(), second)["333333333333"].trusts == ("111111111111", "444444444444")


def test_each_account_gets_its_policies_before_the_bootstrap_that_names_them() -> None:
    for place in places(three_accounts()).values():
        written = list(commands(place, account=str(place.account), policies=POLICIES))
        for name, command in zip(POLICIES, written, strict=False):
            arn = f"arn:aws:iam::{place.account}:policy/{name}"
            file = f"build/bootstrap/{place.account}/{name}.json"
            assert command == f'bash pipeline/steps/put-policy.sh "{arn}" {file}'
        assert all(command.startswith("npx cdk bootstrap") for command in written[len(POLICIES) :])


def test_an_account_gets_the_policies_of_what_is_delivered_there() -> None:
    """The sandbox goes to the account of the CLI, or else to the first pipeline's."""
    (own,) = places(pipeline_config()).values()
    assert set(own.grantees) == {"pipeline", "dev", "staging", "prod", "sandbox"}
    found = places(three_accounts())
    assert found["111111111111"].grantees[0] == "pipeline"
    assert "pipeline" not in found["333333333333"].grantees
    assert found["333333333333"].grantees == ("prod",)


def test_the_files_hold_the_policies_of_one_account_and_nothing_older(tmp_path: Path) -> None:
    place = places(three_accounts())["333333333333"]
    stale = tmp_path / place.documents / "delivery-execution-9.json"
    stale.parent.mkdir(parents=True)
    stale.write_text("{}")
    names = write_policies(place, repository=tmp_path)
    assert names[-1] == "delivery-boundary"
    assert {file.stem for file in stale.parent.iterdir()} == set(names)
    texts = "".join(file.read_text() for file in stale.parent.iterdir())
    assert "role/Prod-*" in texts
    assert "role/Dev-*" not in texts


def test_an_environment_without_policies_is_not_bootstrapped(tmp_path: Path) -> None:
    place = replace(places(three_accounts())["333333333333"], grantees=("canary",))
    with pytest.raises(NotKeptError, match="make execution-policy"):
        write_policies(place, repository=tmp_path)
