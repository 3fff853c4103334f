"""`aws codebuild` against the embedded AWS: builds really run, as the project's own service role."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rehearsal.home import Endpoint, Home
from tests.rehearsal.archive.zips import LINK, Item, write
from tests.rehearsal.builds.aws import LOGS, Account, commands, failed_phase, zipped

BUILDER = "codebuild.amazonaws.com"


@pytest.fixture
def account(cloud: Endpoint, aws: boto3.session.Session) -> Account:
    return Account(session=aws, number=cloud.account, region=cloud.region)


def test_a_build_runs_and_is_shown(account: Account) -> None:
    more = "env: {exported-variables: [V]}\n"
    project = account.project(
        commands("V=1", "echo $LEVEL $WHO", "aws sts get-caller-identity", more=more),
        variables=[{"name": "LEVEL", "value": "a"}, {"name": "WHO", "value": "x"}],
    )
    build = account.build(project, environmentVariablesOverride=[{"name": "WHO", "value": "me"}])
    assert build["buildStatus"] == "SUCCEEDED"
    assert build["exportedEnvironmentVariables"] == [{"name": "V", "value": "1"}]
    assert [phase["phaseType"] for phase in build["phases"]][-3:] == [
        "UPLOAD_ARTIFACTS",
        "FINALIZING",
        "COMPLETED",
    ]
    log = account.log(build)
    assert log[0] == "a me"
    assert ":assumed-role/" in "".join(log)
    client = account.session.client("codebuild")
    assert client.list_builds_for_project(projectName=project)["ids"] == [build["id"]]
    assert build["buildNumber"] == 1
    assert account.build(project)["buildNumber"] == 2


def test_a_failed_build_says_why(account: Account) -> None:
    build = account.build(account.project(commands("exit 7")))
    assert build["buildStatus"] == "FAILED"
    assert failed_phase(build) == (
        "BUILD",
        "COMMAND_EXECUTION_ERROR",
        "Error while executing command: exit 7. Reason: exit status 7",
    )


def test_what_the_role_may_not_do_is_denied(account: Account) -> None:
    build = account.build(account.project(commands("aws s3 ls")))
    assert build["buildStatus"] == "FAILED"
    assert "AccessDenied" in "".join(account.log(build))


@pytest.mark.parametrize(
    ("trusts", "allows", "message"),
    [
        ("lambda.amazonaws.com", [LOGS], "not authorized to perform: sts:AssumeRole"),
        (BUILDER, ["s3:*"], "does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams"),
    ],
)
def test_a_service_role_must_be_fit_for_builds(
    account: Account, trusts: str, allows: list[str], message: str
) -> None:
    build = account.build(account.project(commands("true"), role=account.role(trusts, allows)))
    phase, code, text = failed_phase(build)
    assert (phase, code) == ("PROVISIONING", "ACCESS_DENIED")
    assert message in text


def test_secret_variables(account: Account) -> None:
    name = f"app-{time.time_ns()}"
    account.session.client("ssm").put_parameter(Name=f"/{name}", Value="param-s3cr3t", Type="SecureString")
    secret = json.dumps({"password": "pa55-s3cr3t"})
    account.session.client("secretsmanager").create_secret(Name=name, SecretString=secret)
    role = account.role(BUILDER, [LOGS, "ssm:GetParameters", "secretsmanager:GetSecretValue"])
    env = f"env: {{parameter-store: {{A: /{name}}}, secrets-manager: {{B: '{name}:password'}}}}\n"
    build = account.build(
        account.project(
            commands("echo $A $B $C", "test $C = pa55-s3cr3t && test $A = param-s3cr3t", more=env),
            role=role,
            variables=[{"name": "C", "value": f"{name}:password", "type": "SECRETS_MANAGER"}],
        )
    )
    assert build["buildStatus"] == "SUCCEEDED"
    assert account.log(build) == ["*** *** ***"]


@pytest.mark.parametrize(
    ("env", "allows", "message"),
    [
        ("parameter-store: {A: /no/such}", ["ssm:GetParameters"], "parameter does not exist: /no/such"),
        ("parameter-store: {A: /no/such}", ["s3:*"], "AccessDenied"),
        ("secrets-manager: {A: no-such}", ["secretsmanager:*"], "ResourceNotFoundException"),
    ],
)
def test_a_secret_that_cannot_be_had_fails_the_build(
    account: Account, env: str, allows: list[str], message: str
) -> None:
    role = account.role(BUILDER, [LOGS, *allows])
    build = account.build(account.project(commands("true", more=f"env: {{{env}}}\n"), role=role))
    assert failed_phase(build)[0] == "DOWNLOAD_SOURCE"
    assert message in failed_phase(build)[2]


def test_sources_and_artifacts_in_s3(account: Account) -> None:
    bucket, s3 = account.bucket(), account.session.client("s3")
    spec = commands(
        "cat data.txt $CODEBUILD_SRC_DIR_other/x.txt > out.txt", more="artifacts: {files: out.txt}\n"
    )
    s3.put_object(Bucket=bucket, Key="in.zip", Body=zipped(buildspec_yml=spec, data_txt="one "))
    s3.put_object(Bucket=bucket, Key="other/x.txt", Body=b"two")
    project = account.project(
        "",
        role=account.role(BUILDER, [LOGS, "s3:*"]),
        source={"type": "S3", "location": f"{bucket}/in.zip"},
        secondarySources=[{"type": "S3", "location": f"{bucket}/other/", "sourceIdentifier": "other"}],
        artifacts={"type": "S3", "location": bucket, "path": "out", "name": "made"},
    )
    assert account.build(project)["buildStatus"] == "SUCCEEDED"
    assert s3.get_object(Bucket=bucket, Key="out/made/out.txt")["Body"].read() == b"one two"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"name": "made", "overrideArtifactName": True}, "out/from-spec-7.zip"),
        ({"name": "made"}, "out/made.zip"),
        ({"name": "made", "namespaceType": "BUILD_ID"}, "pre-7/out/{uuid}/made.zip"),
        (
            {"name": "made", "namespaceType": "BUILD_ID", "overrideArtifactName": True},
            "pre-7/out/{uuid}/from-spec-7.zip",
        ),
    ],
)
def test_where_a_buildspec_wants_its_artifact(account: Account, settings: dict[str, Any], key: str) -> None:
    bucket = account.bucket()
    more = "artifacts: {files: a.txt, name: from-spec-$N, s3-prefix: pre-$N}\n"
    project = account.project(
        commands("N=7; echo > a.txt", more=more),
        role=account.role(BUILDER, [LOGS, "s3:*"]),
        artifacts={"type": "S3", "location": bucket, "path": "out", "packaging": "ZIP", **settings},
    )
    build = account.build(project)
    assert build["buildStatus"] == "SUCCEEDED"
    [stored] = account.session.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert stored["Key"] == key.format(uuid=build["id"].rpartition(":")[2])


def test_a_token_starts_one_build(account: Account) -> None:
    client, project = account.session.client("codebuild"), account.project(commands("true"))
    first = client.start_build(projectName=project, idempotencyToken="t1")["build"]["id"]
    assert client.start_build(projectName=project, idempotencyToken="t1")["build"]["id"] == first
    with pytest.raises(client.exceptions.InvalidInputException, match="given with other parameters"):
        client.start_build(projectName=project, idempotencyToken="t1", sourceVersion="x")
    assert client.start_build(projectName=project, idempotencyToken="t2")["build"]["id"] != first
    account.finished(first)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([Item("a", b"..", LINK), Item("a/evil")], "'a/evil' needs 'a' to be a folder"),
        (
            [Item("buildspec.yml", b"/etc/passwd", LINK)],
            "is a link to /etc/passwd, which is not the",
        ),
        ([Item("buildspec.yml", b"\xff\xfe")], "YAML file cannot be read"),
    ],
)
def test_a_source_that_is_no_honest_zip_fails_in_words(
    account: Account, tmp_path: Path, items: list[Item], message: str
) -> None:
    bucket, s3 = account.bucket(), account.session.client("s3")
    s3.upload_file(str(write(tmp_path / "in.zip", items)), bucket, "in.zip")
    role = account.role(BUILDER, [LOGS, "s3:*"])
    project = account.project("", role=role, source={"type": "S3", "location": f"{bucket}/in.zip"})
    phase, _, said = failed_phase(account.build(project))
    assert (phase, message in said) == ("DOWNLOAD_SOURCE", True), said


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("in/../../evil",), "object '../../evil' would land outside"),
        (("in/a", "in/a/b"), "object 'a/b' needs a folder where another object is a file"),
    ],
)
def test_objects_that_make_no_folder_fail_in_words(
    account: Account, keys: tuple[str, ...], message: str
) -> None:
    bucket, s3 = account.bucket(), account.session.client("s3")
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    role = account.role(BUILDER, [LOGS, "s3:*"])
    source = {"type": "S3", "location": f"{bucket}/in/"}
    assert (
        message in failed_phase(account.build(account.project(commands("true"), role=role, source=source)))[2]
    )


@pytest.mark.parametrize(
    ("buildspec", "message"),
    [
        ("version: 0.2\nphases: {build: {comands: []}}\n", "unknown key 'comands'"),
        ("missing.yml", "YAML file does not exist: missing.yml"),
    ],
)
def test_a_wrong_buildspec_fails_before_any_command(account: Account, buildspec: str, message: str) -> None:
    build = account.build(account.project(buildspec))
    assert failed_phase(build)[:2] == ("DOWNLOAD_SOURCE", "YAML_FILE_ERROR")
    assert message in failed_phase(build)[2]


def test_an_endpoint_elsewhere_is_refused(account: Account) -> None:
    variables = [{"name": "AWS_ENDPOINT_URL_S3", "value": "https://s3.eu-west-1.amazonaws.com"}]
    build = account.build(account.project(commands("true"), variables=variables))
    assert "is not on this machine" in failed_phase(build)[2]


def test_a_build_can_be_stopped_and_retried(account: Account) -> None:
    client = account.session.client("codebuild")
    project = account.project(commands("sleep 300"))
    build_id = client.start_build(projectName=project)["build"]["id"]
    account.await_phase(build_id, "BUILD")
    client.stop_build(id=build_id)
    assert account.finished(build_id)["buildStatus"] == "STOPPED"
    client.update_project(name=project, source={"type": "NO_SOURCE", "buildspec": commands("true")})
    assert account.finished(client.retry_build(id=build_id)["build"]["id"])["buildStatus"] == "SUCCEEDED"


def test_reports_are_listed(account: Account) -> None:
    report = "reports: {unit: {files: r.xml}}\n"
    project = account.project(
        commands(
            "echo '<testsuite><testcase/><testcase><failure/></testcase></testsuite>' > r.xml", more=report
        )
    )
    build = account.build(project)
    [found] = account.session.client("codebuild").batch_get_reports(reportArns=build["reportArns"])["reports"]
    assert found["status"] == "FAILED"
    assert found["testSummary"]["total"] == 2
    assert found["reportGroupArn"].endswith(f":report-group/{project}-unit")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"sourceTypeOverride": "CODEPIPELINE"}, "gets its source from a pipeline"),
        ({"environmentTypeOverride": "WINDOWS_SERVER_2019_CONTAINER"}, "Windows builds cannot be rehearsed"),
        ({"debugSessionEnabled": True}, "debugSessionEnabled is not supported"),
    ],
)
def test_what_cannot_be_built_is_refused(account: Account, overrides: dict[str, Any], message: str) -> None:
    client: Any = account.session.client("codebuild")
    with pytest.raises(ClientError, match=message):
        client.start_build(projectName=account.project(commands("true")), **overrides)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.start_build(projectName="no-such-project")


TEMPLATE = {
    "Resources": {
        "Project": {
            "Type": "AWS::CodeBuild::Project",
            "Properties": {
                "ServiceRole": "arn:aws:iam::111122223333:role/builder",
                "Source": {"Type": "NO_SOURCE", "BuildSpec": "version: 0.2"},
                "Artifacts": {"Type": "NO_ARTIFACTS"},
                "Environment": {
                    "Type": "ARM_CONTAINER",
                    "Image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
                    "ComputeType": "BUILD_GENERAL1_SMALL",
                    "PrivilegedMode": "true",
                    "EnvironmentVariables": [{"Name": "A", "Value": "true", "Type": "PARAMETER_STORE"}],
                },
                "Cache": {"Type": "LOCAL", "Modes": ["LOCAL_CUSTOM_CACHE"]},
                "LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED", "GroupName": "builds"}},
                "TimeoutInMinutes": "7",
                "QueuedTimeoutInMinutes": 9,
                "EncryptionKey": "alias/own",
                "VpcConfig": {"VpcId": "vpc-1", "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
                "Triggers": {"Webhook": True},
            },
        },
        "Reports": {
            "Type": "AWS::CodeBuild::ReportGroup",
            "Properties": {"Type": "TEST", "ExportConfig": {}},
        },
    },
    "Outputs": {"Project": {"Value": {"Ref": "Project"}}, "Reports": {"Value": {"Ref": "Reports"}}},
}


def test_a_project_of_a_stack_keeps_every_property(account: Account, cloud_home: Home) -> None:
    stack = f"builds-{time.time_ns()}"
    formation, client = account.session.client("cloudformation"), account.session.client("codebuild")
    formation.create_stack(StackName=stack, TemplateBody=json.dumps(TEMPLATE))
    formation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    outputs = {
        item["OutputKey"]: item["OutputValue"]
        for item in formation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    }
    assert re.fullmatch("Project-[0-9a-f]{12}", outputs["Project"]), "as CloudFormation names it"
    [project] = client.batch_get_projects(names=[outputs["Project"]])["projects"]
    assert project["cache"]["modes"] == ["LOCAL_CUSTOM_CACHE"]
    assert project["logsConfig"]["cloudWatchLogs"]["groupName"] == "builds"
    assert (project["timeoutInMinutes"], project["queuedTimeoutInMinutes"]) == (7, 9)
    assert project["encryptionKey"] == "alias/own"
    assert project["vpcConfig"]["securityGroupIds"] == ["sg-1"]
    assert project["environment"]["privilegedMode"] is True
    assert project["environment"]["environmentVariables"] == [
        {"name": "A", "value": "true", "type": "PARAMETER_STORE"}
    ]
    [group] = client.batch_get_report_groups(reportGroupArns=[outputs["Reports"]])["reportGroups"]
    assert group["type"] == "TEST"
    assert "no webhook starts it" in (cloud_home.root / "gaps.json").read_text()


def test_the_work_folder_goes_after_success_and_stays_after_failure(
    account: Account, cloud_home: Home
) -> None:
    good = account.project(commands("echo made > made"))
    bad = account.project(commands("echo made > made", "exit 1"))
    assert account.build(good)["buildStatus"] == "SUCCEEDED"
    assert account.build(bad)["buildStatus"] == "FAILED"
    left = {found.name for found in (cloud_home.builds / "work").iterdir() if found.is_dir()}
    assert not any(name.startswith(good) for name in left)
    (kept,) = (name for name in left if name.startswith(bad))
    assert (cloud_home.builds / "work" / kept / "output/src/made").read_text() == "made\n"
