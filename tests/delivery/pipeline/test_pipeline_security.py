"""Encryption, logs, expiry, roles and wildcards of the pipeline stack."""

import json
from typing import Any

import pytest

from tests.delivery.pipeline.conftest import Assembly


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture(params=["one_account", "several_accounts"])
def assembly(request: pytest.FixtureRequest) -> Assembly:
    found: Assembly = request.getfixturevalue(request.param)
    return found


def test_no_finding_is_left(assembly: Assembly) -> None:
    report = json.loads((assembly.folder / "validation-report.json").read_text())
    assert report["pluginReports"] == []


def test_every_artifact_store_is_encrypted_logged_private_and_expiring(assembly: Assembly) -> None:
    stores = [
        store["Properties"]
        for file in assembly.folder.glob("*.template.json")
        for store in json.loads(file.read_text())["Resources"].values()
        if store["Type"] == "AWS::S3::Bucket" and "LoggingConfiguration" in store["Properties"]
    ]
    assert len(stores) >= 2
    for store in stores:
        (rule,) = store["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert all(store["PublicAccessBlockConfiguration"].values())
        assert all(item["Status"] == "Enabled" for item in store["LifecycleConfiguration"]["Rules"])
        assert any("ExpirationInDays" in item for item in store["LifecycleConfiguration"]["Rules"])


def test_every_bucket_refuses_plain_http(one_account: Assembly) -> None:
    buckets = set(one_account.resources("AWS::S3::Bucket"))
    guarded = {
        policy["Bucket"]["Ref"]
        for policy in one_account.resources("AWS::S3::BucketPolicy").values()
        if '"aws:SecureTransport": "false"' in json.dumps(policy)
    }
    assert guarded == buckets


def test_change_reports_outlive_artifacts(one_account: Assembly) -> None:
    location = one_account.pipeline()["ArtifactStore"]["Location"]["Ref"]
    rules = one_account.resources("AWS::S3::Bucket")[location]["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules}
    assert days["change-reports/"] > days["acme/"]


def test_every_action_that_builds_has_a_role_of_its_own(assembly: Assembly) -> None:
    roles = [
        json.dumps(action["RoleArn"])
        for name in ("acme", "acme-checks")
        for stage in assembly.stages(name)
        for action in assembly.actions(stage, name).values()
        if action["ActionTypeId"]["Provider"] == "CodeBuild"
    ]
    assert len(roles) == len(set(roles))


def test_an_action_role_starts_its_one_build_and_trusts_the_pipeline_only(one_account: Assembly) -> None:
    action = one_account.actions("Dev")["Smoke-ledger"]
    role = action["RoleArn"]["Fn::GetAtt"][0]
    project = action["Configuration"]["ProjectName"]["Ref"]
    (statement,) = one_account.statements(role)
    assert listed(statement["Resource"]) == [{"Fn::GetAtt": [project, "Arn"]}]
    (trust,) = one_account.resources("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": one_account.pipeline()["RoleArn"]}


def test_smoke_tests_may_become_their_own_environment_only(one_account: Assembly) -> None:
    for environment, stage in (("dev", "Dev"), ("prod", "Prod")):
        role = one_account.project(one_account.actions(stage)["Smoke-ledger"])["ServiceRole"]["Fn::GetAtt"][0]
        assumed = [
            resource
            for statement in one_account.statements(role)
            if "sts:AssumeRole" in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        ]
        assert len(assumed) == 1
        assert json.dumps(assumed[0]).endswith(f':role/acme-{environment}-smoke"]]}}')


def test_the_report_reads_environments_as_their_lookup_role(several_accounts: Assembly) -> None:
    action = several_accounts.actions("ApproveProd")["ChangeReport"]
    role = several_accounts.project(action)["ServiceRole"]["Fn::GetAtt"][0]
    written = json.dumps(several_accounts.statements(role))
    assert "cdk-hnb659fds-lookup-role-333333333333-eu-west-1" in written
    assert "deploy-role" not in written


def test_the_publisher_cannot_start_other_builds(one_account: Assembly) -> None:
    (action,) = one_account.actions("Assets").values()
    role = one_account.project(action)["ServiceRole"]["Fn::GetAtt"][0]
    statements = one_account.statements(role)
    assert "codebuild:StartBuild" not in json.dumps(statements)
    assert not any("*" in listed(statement["Resource"]) for statement in statements)


def test_the_publisher_can_make_sure_of_every_bootstrap(
    one_account: Assembly, several_accounts: Assembly
) -> None:
    (action,) = one_account.actions("Assets").values()
    role = one_account.project(action)["ServiceRole"]["Fn::GetAtt"][0]
    alone = json.dumps(one_account.statements(role))
    assert "parameter/cdk-bootstrap/hnb659fds/version" in alone
    assert "deploy-role" not in alone
    (action,) = several_accounts.actions("Assets").values()
    role = several_accounts.project(action)["ServiceRole"]["Fn::GetAtt"][0]
    assert "cdk-hnb659fds-deploy-role-333333333333-eu-west-1" in json.dumps(several_accounts.statements(role))


def test_no_build_is_privileged_and_all_run_on_arm_where_functions_are_built(assembly: Assembly) -> None:
    for project in assembly.resources("AWS::CodeBuild::Project").values():
        assert project["Environment"]["PrivilegedMode"] is False
    rust = assembly.project(assembly.actions("Build")["Rust"])
    assert rust["Environment"]["Type"] == "ARM_CONTAINER"


def test_no_resource_is_named_after_nothing(assembly: Assembly) -> None:
    """Names that people use carry the delivery's name; everything else is named by CloudFormation."""
    for kind, key in (
        ("AWS::S3::Bucket", "BucketName"),
        ("AWS::IAM::Role", "RoleName"),
        ("AWS::SNS::Topic", "TopicName"),
    ):
        named = [item[key] for item in assembly.resources(kind).values() if key in item]
        # The smoke roles of environments in other accounts trust these by name.
        assert [name for name in named if not name.endswith("-smoke-build")] == []
