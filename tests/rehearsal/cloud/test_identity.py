"""IAM as the embedded AWS enforces it, with the CDK CLI and its roles in between."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rehearsal.daemon import client
from rehearsal.emulator.constant_gaps import FALSE_ALLOWS, constant_gaps
from rehearsal.home import Endpoint
from tests.rehearsal.cloud.identities import Identities, allow, document
from tests.rehearsal.cloud.stacks import Stacks, function, trusted_by

REPOSITORY = Path(__file__).parents[3]
CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"
LISTING = """
import boto3
def handler(event, context):
    boto3.client("s3").list_buckets()
    return "yes"
"""
_TRUSTED_BY_ITS_ACCOUNT = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
        "Action": "sts:AssumeRole",
    },
}
_ELSEWHERE = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"s3:ResourceAccount": "222222222222"}},
    },
}


@pytest.fixture(scope="module")
def commands(cloud: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which a person's commands reach the embedded AWS."""
    return client.clean_environment(
        endpoint_url=cloud.url,
        region=cloud.region,
        key=client.root_key(cloud),
        home=tmp_path_factory.mktemp("person"),
    )


@pytest.fixture(scope="module")
def bootstrapped(
    cloud: Endpoint, commands: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Endpoint:
    environment = f"aws://{cloud.account}/{cloud.region}"
    _run([str(CDK), "bootstrap", environment], commands, tmp_path_factory.mktemp("empty"))
    return cloud


def test_the_cdk_cli_bootstraps_and_deploys_with_its_roles(
    bootstrapped: Endpoint, commands: dict[str, str], stacks: Stacks, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    _write_assembly(tmp_path / "out", bootstrapped)
    done = _run(
        [str(CDK), "deploy", "--app", str(tmp_path / "out"), "--all", "--require-approval", "never"],
        commands,
        tmp_path,
    )
    assert "current credentials could not be used to assume" not in done.stderr
    assert stacks.exists("FromTheCli")


def test_a_bootstrap_without_policies_makes_administrators(
    bootstrapped: Endpoint, aws: boto3.session.Session
) -> None:
    """By a condition that compares what `Fn::Join` gives with nothing."""
    role = f"cdk-hnb659fds-cfn-exec-role-{bootstrapped.account}-{bootstrapped.region}"
    attached = aws.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AdministratorAccess"]


def test_a_bucket_belongs_to_its_own_account_whoever_asks(cloud: Endpoint) -> None:
    """The bootstrap's deploy role reads artifacts of every account but its own by this condition."""
    owner, reader = (
        client.session(cloud, account=account, region="us-east-1")
        for account in ("111111111111", "222222222222")
    )
    role = reader.client("iam").create_role(
        RoleName="reads-other-accounts", AssumeRolePolicyDocument=json.dumps(_TRUSTED_BY_ITS_ACCOUNT)
    )["Role"]["Arn"]
    reader.client("iam").put_role_policy(
        RoleName="reads-other-accounts", PolicyName="p", PolicyDocument=json.dumps(_ELSEWHERE)
    )
    for name, session in (("theirs", owner), ("our-own", reader)):
        session.client("s3").create_bucket(Bucket=name)
        session.client("s3").put_object(Bucket=name, Key="k", Body=b"x")
    policy = {
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::theirs/*",
    }
    owner.client("s3").put_bucket_policy(
        Bucket="theirs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    )
    s3 = client.session(cloud, key=_assumed(reader, role)).client("s3")
    assert s3.get_object(Bucket="theirs", Key="k")["ContentLength"] == 1
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket="our-own", Key="k")


def test_a_role_of_the_bootstrap_may_do_what_it_is_for_and_no_more(
    bootstrapped: Endpoint, aws: boto3.session.Session
) -> None:
    account = bootstrapped.account
    role = f"arn:aws:iam::{account}:role/cdk-hnb659fds-file-publishing-role-{account}-{bootstrapped.region}"
    session = client.session(bootstrapped, key=_assumed(aws, role))
    bucket = f"cdk-hnb659fds-assets-{account}-{bootstrapped.region}"
    session.client("s3").put_object(Bucket=bucket, Key="asset", Body=b"x")
    assert session.client("sts").get_caller_identity()["Arn"].split(":")[5].startswith("assumed-role/cdk-")
    with pytest.raises(ClientError, match="not authorized to perform: cloudformation:DescribeStacks"):
        session.client("cloudformation").describe_stacks(StackName="CDKToolkit")


def test_a_function_may_do_what_its_role_grants(stacks: Stacks, aws: boto3.session.Session) -> None:
    resources = {
        "Plain": trusted_by("lambda", "service-role/AWSLambdaBasicExecutionRole"),
        "Granted": trusted_by("lambda", "AmazonS3ReadOnlyAccess"),
        "Denied": function(LISTING, role="Plain"),
        "Allowed": function(LISTING, role="Granted"),
    }
    names = stacks.deploy("grants", resources, Denied={"Ref": "Denied"}, Allowed={"Ref": "Allowed"})
    functions = aws.client("lambda")
    allowed = functions.invoke(FunctionName=names["Allowed"])
    assert json.loads(allowed["Payload"].read()) == "yes"
    denied = functions.invoke(FunctionName=names["Denied"])
    assert "not authorized to perform: s3:ListAllMyBuckets" in denied["Payload"].read().decode()


def test_a_policy_that_demands_tls_lets_local_requests_pass(aws: boto3.session.Session) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="tls-only", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::tls-only/*"}
    policy = {"Version": "2012-10-17", "Statement": [{**deny, "Condition": insecure}]}
    s3.put_bucket_policy(Bucket="tls-only", Policy=json.dumps(policy))
    user = _user(aws, "reader", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    user.client("s3").put_object(Bucket="tls-only", Key="a", Body=b"1")


def test_grants_on_one_model_and_one_parameter_match(aws: boto3.session.Session) -> None:
    user = _user(
        aws,
        "scoped",
        {
            "Effect": "Allow",
            "Action": ["bedrock:InvokeModel", "ssm:GetParameters"],
            "Resource": [
                "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0",
                "arn:aws:ssm:eu-west-1:111122223333:parameter/mine/*",
            ],
        },
    )
    body = json.dumps({"inputText": "hello"})
    user.client("bedrock-runtime").invoke_model(modelId="amazon.titan-embed-text-v2:0", body=body)
    user.client("ssm").get_parameters(Names=["/mine/one"])
    with pytest.raises(ClientError, match="not authorized to perform: bedrock:InvokeModel"):
        user.client("bedrock-runtime").invoke_model(modelId="amazon.titan-embed-text-v1", body=body)
    with pytest.raises(ClientError, match="not authorized to perform: ssm:GetParameters"):
        user.client("ssm").get_parameters(Names=["/another/one"])


def test_credentials_that_nobody_issued_are_refused(cloud: Endpoint) -> None:
    stranger = client.session(cloud, key=client.AccessKey(key_id="AKIAIOSFODNN7EXAMPLE", secret="guess"))
    with pytest.raises(ClientError, match="security token included in the request is invalid"):
        stranger.client("sts").get_caller_identity()


def test_the_aws_cli_reaches_the_embedded_aws_for_databases_too(
    cloud: Endpoint, commands: dict[str, str]
) -> None:
    client.session(cloud).client("rds").create_db_parameter_group(
        DBParameterGroupName="seen-by-the-cli", DBParameterGroupFamily="postgres16", Description="x"
    )
    aws = str(REPOSITORY / ".venv" / "bin" / "aws")
    found = _run([aws, "rds", "describe-db-parameter-groups", "--output", "json"], commands, Path("/"))
    groups = json.loads(found.stdout)["DBParameterGroups"]
    assert "seen-by-the-cli" in [group["DBParameterGroupName"] for group in groups]


def test_what_iam_lets_pass_here_is_said() -> None:
    assert constant_gaps(enforces_iam=True)[: len(FALSE_ALLOWS)] == FALSE_ALLOWS
    assert "--no-iam" in constant_gaps(enforces_iam=False)[0].reason
    assert all(gap.subject.startswith("IAM") and gap.reason for gap in FALSE_ALLOWS)


def _run(command: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    variables = {**environment, "PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=variables, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def _write_assembly(folder: Path, endpoint: Endpoint) -> None:
    """What `cdk synth` would have written for a stack with one queue."""
    roles = f"arn:aws:iam::{endpoint.account}:role/cdk-hnb659fds"
    place = f"{endpoint.account}-{endpoint.region}"
    properties = {
        "templateFile": "FromTheCli.template.json",
        "assumeRoleArn": f"{roles}-deploy-role-{place}",
        "cloudFormationExecutionRoleArn": f"{roles}-cfn-exec-role-{place}",
        "requiresBootstrapStackVersion": 6,
        "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/hnb659fds/version",
    }
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{endpoint.account}/{endpoint.region}",
        "properties": properties,
    }
    manifest = {"version": "36.0.0", "artifacts": {"FromTheCli": stack}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    (folder / "FromTheCli.template.json").write_text(json.dumps(template))


def _assumed(aws: boto3.session.Session, role: str) -> client.AccessKey:
    lent = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return client.AccessKey(
        key_id=lent["AccessKeyId"], secret=lent["SecretAccessKey"], token=lent["SessionToken"]
    )


def _user(aws: Any, name: str, statement: dict[str, Any]) -> client.LocalSession:
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="grants", PolicyDocument=document)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    key = client.AccessKey(key_id=made["AccessKeyId"], secret=made["SecretAccessKey"])
    return client.LocalSession(endpoint_url=aws.endpoint_url, region="eu-west-1", key=key)


def test_a_trust_policy_may_name_the_role_of_a_session(aws: boto3.session.Session) -> None:
    """`aws:PrincipalArn` is the role's ARN on AWS, whatever the session is called."""
    identities = Identities(aws=aws)
    iam = aws.client("iam")
    account = aws.client("sts").get_caller_identity()["Account"]
    here = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole",
    }
    for name in ("the-one-build", "another-build"):
        identities.role(name, "codebuild", allow("sts:AssumeRole"))
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(here))
    build = f"arn:aws:iam::{account}:role/the-one-build"
    only = {**here, "Condition": {"ArnEquals": {"aws:PrincipalArn": build}}}
    smoke = identities.role("trusts-one-build", "ec2", allow("s3:ListBucket"))
    iam.update_assume_role_policy(RoleName="trusts-one-build", PolicyDocument=document(only))

    def assume(sts: Any) -> Any:
        return sts.assume_role(RoleArn=smoke, RoleSessionName="smoke")["Credentials"]

    assert assume(identities.assume(build).client("sts"))
    another = identities.assume(f"arn:aws:iam::{account}:role/another-build")
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(another.client("sts"))
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(aws.client("sts"))
