"""Reading what is deployed from a real embedded AWS that enforces IAM, as the environment's lookup role."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from pipeline.assembly import AssemblyStack
from pipeline.change_report.deployed import Deployed
from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home

ACCOUNT, REGION = "777788889999", "eu-west-1"
TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    home = Home(tmp_path_factory.mktemp("report") / ".slipway")
    yield client.start(home, account=ACCOUNT, region=REGION)
    client.stop(home)
    shutil.rmtree(home.root, ignore_errors=True)


@pytest.fixture(scope="module")
def aws(cloud: Endpoint) -> boto3.session.Session:
    return client.session(cloud)


@pytest.fixture
def deployed(aws: boto3.session.Session, cloud: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.url)
    return Deployed(session=aws, account=ACCOUNT, region=REGION)


@pytest.fixture(scope="module")
def lookup_role(aws: boto3.session.Session) -> str:
    name = f"cdk-hnb659fds-lookup-role-{ACCOUNT}-{REGION}"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    rights = {"Effect": "Allow", "Action": "cloudformation:GetTemplate", "Resource": "*"}
    iam = aws.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    iam.put_role_policy(RoleName=name, PolicyName="look", PolicyDocument=json.dumps({"Statement": [rights]}))
    role = "cdk-hnb659fds-lookup-role-${AWS::AccountId}-${AWS::Region}"
    return f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{role}"


def stack(
    name: str, role: str | None, environment: str = "aws://unknown-account/unknown-region"
) -> AssemblyStack:
    return AssemblyStack(
        path=f"pipeline/Prod/{name}",
        stack_name=name,
        environment=environment,
        template_file=Path("unused"),
        lookup_role=role,
    )


@pytest.fixture(scope="module")
def there(aws: boto3.session.Session) -> str:
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="Prod-There", TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="Prod-There")
    return "Prod-There"


@pytest.mark.parametrize("environment", ["aws://unknown-account/unknown-region", f"aws://{ACCOUNT}/{REGION}"])
def test_a_deployed_stacks_template(
    deployed: Deployed, lookup_role: str, there: str, environment: str
) -> None:
    assert deployed.template(stack(there, lookup_role, environment)) == TEMPLATE


def test_a_stack_that_is_not_there_is_new(deployed: Deployed, lookup_role: str) -> None:
    assert deployed.template(stack("Prod-Nowhere", lookup_role)) is None


def test_a_missing_role_is_an_error_and_not_a_new_stack(deployed: Deployed, there: str) -> None:
    with pytest.raises(ClientError):
        deployed.template(stack(there, f"arn:aws:iam::{ACCOUNT}:role/nobody"))
