"""Environments in accounts and regions of their own."""

import json

from tests.delivery.pipeline.conftest import ACCOUNTS, REGIONS, Assembly


def test_each_environment_is_deployed_by_its_own_accounts_role(several_accounts: Assembly) -> None:
    for environment, account in ACCOUNTS.items():
        for action in several_accounts.actions(environment.capitalize()).values():
            if action["ActionTypeId"]["Provider"] == "CloudFormation":
                assert f"deploy-role-{account}-{REGIONS[environment]}" in json.dumps(action["RoleArn"])


def test_artifacts_can_be_read_from_the_other_accounts(several_accounts: Assembly) -> None:
    policies = json.dumps(several_accounts.resources("AWS::S3::BucketPolicy"))
    keys = json.dumps(several_accounts.resources("AWS::KMS::Key"))
    assert ACCOUNTS["staging"] in policies
    assert ACCOUNTS["staging"] in keys


def test_a_region_of_its_own_has_an_encrypted_store_of_its_own(several_accounts: Assembly) -> None:
    stores = {item["Region"]: item["ArtifactStore"] for item in several_accounts.pipeline()["ArtifactStores"]}
    assert set(stores) == {"us-east-1", "eu-west-1"}
    assert all(store["EncryptionKey"]["Type"] == "KMS" for store in stores.values())


def test_every_environment_bakes_in_the_same_way_whatever_its_account(several_accounts: Assembly) -> None:
    for name in ("Dev", "Staging", "Prod"):
        order = several_accounts.order(name)
        assert order["Bake"] == max(order.values())
        assert order["Bake"] > order["Smoke-ledger"]


def test_the_bake_step_knows_its_alarm_and_reads_it_as_the_lookup_role(several_accounts: Assembly) -> None:
    project = several_accounts.project(several_accounts.actions("Prod")["Bake"])
    variables = {item["Name"]: item["Value"] for item in project["Environment"]["EnvironmentVariables"]}
    assert variables["HEALTH_ALARM"] == "acme-prod-health"
    assert variables["SLIPWAY_BAKE_MINUTES"] == "10"
    assert "lookup-role-333333333333-eu-west-1" in json.dumps(variables["LOOKUP_ROLE_ARN"])


def test_the_smoke_role_trusts_the_one_role_that_its_builds_have(several_accounts: Assembly) -> None:
    (file,) = (several_accounts.folder / "assembly-pipeline-Prod").glob("*EnvironmentAccess*.template.json")
    resources = json.loads(file.read_text())["Resources"].values()
    (role,) = [item["Properties"] for item in resources if item["Type"] == "AWS::IAM::Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert f":{ACCOUNTS['dev']}:root" in json.dumps(statement["Principal"])
    trusted = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
    assert f":iam::{ACCOUNTS['dev']}:role/acme-prod-smoke-build" in json.dumps(trusted)
    builds = {
        several_accounts.project(action)["ServiceRole"]["Fn::GetAtt"][0]
        for name, action in several_accounts.actions("Prod").items()
        if name.startswith("Smoke-")
    }
    (build,) = builds
    roles = several_accounts.resources("AWS::IAM::Role")
    assert roles[build]["RoleName"] == "acme-prod-smoke-build"
    assert [name for name, each in roles.items() if each.get("RoleName") == "acme-prod-smoke-build"] == [
        build
    ]


def test_one_account_pays_for_no_extra_stack(one_account: Assembly) -> None:
    assert [file.name for file in one_account.folder.glob("*.template.json")] == ["pipeline.template.json"]
