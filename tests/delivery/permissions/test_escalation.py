"""Known ways to more rights, tried through CloudFormation with the kept policies: every one is denied."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.delivery.permissions.account import bootstrap
from tests.delivery.permissions.templates import ACCOUNT
from tests.patience import until
from tests.rehearsal.cloud.identities import Identities, allow, trust
from tests.rehearsal.cloud.stacks import function

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/delivery-boundary"
OWN = "Dev-Escalation"
LAMBDA = json.loads(trust("lambda"))
EVERYTHING = {"PolicyName": "everything", "PolicyDocument": {"Statement": [allow("*")]}}


@pytest.fixture(scope="module")
def identities(aws: boto3.session.Session) -> Identities:
    return Identities(aws=aws)


@pytest.fixture(scope="module")
def execution(aws: boto3.session.Session, identities: Identities) -> str:
    """CloudFormation's role with what dev's account has after the bootstrap, and nothing else."""
    role = identities.role("cdk-hnb659fds-cfn-exec-role-of-dev", "cloudformation")
    for arn in bootstrap(aws, "dev"):
        aws.client("iam").attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=arn)
    return role


class Deployment:
    """One stack of dev's, deployed as CloudFormation's role."""

    def __init__(self, client: Any, role: str) -> None:
        self._client = client
        self._role = role
        self._exists = False

    def deploy(self, **resources: Any) -> str:
        """Empty where it works, else why each resource failed."""
        arguments: dict[str, Any] = {
            "StackName": OWN,
            "TemplateBody": json.dumps({"Resources": resources}),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "RoleARN": self._role,
        }
        (self._client.update_stack if self._exists else self._client.create_stack)(**arguments)
        self._exists = True
        until(lambda: "IN_PROGRESS" not in self._status(), self._status)
        return "" if self._status() in ("CREATE_COMPLETE", "UPDATE_COMPLETE") else self._reasons()

    def remove(self) -> None:
        if self._exists:
            self._client.delete_stack(StackName=OWN)
            until(lambda: self._status() in ("", "DELETE_COMPLETE", "DELETE_FAILED"), self._status)
            self._exists = False

    def _status(self) -> str:
        try:
            return str(self._client.describe_stacks(StackName=OWN)["Stacks"][0]["StackStatus"])
        except self._client.exceptions.ClientError:
            return ""

    def _reasons(self) -> str:
        events = self._client.describe_stack_events(StackName=OWN)["StackEvents"]
        return "\n".join(str(event.get("ResourceStatusReason", "")) for event in events)


@pytest.fixture
def stack(aws: boto3.session.Session, execution: str) -> Iterator[Deployment]:
    found = Deployment(aws.client("cloudformation"), execution)
    yield found
    found.remove()


def role(**properties: Any) -> dict[str, Any]:
    inside = {"AssumeRolePolicyDocument": LAMBDA, "PermissionsBoundary": BOUNDARY}
    return {"Type": "AWS::IAM::Role", "Properties": {**inside, **properties}}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::IAM::{kind}", "Properties": properties}


def test_what_the_templates_do_works(stack: Deployment) -> None:
    """Otherwise every denial below would prove nothing."""
    assert stack.deploy(Role=role(Policies=[EVERYTHING]), Function=function("def handler(e, c): pass")) == ""
    assert stack.deploy(Role=role(), Function=function("def handler(e, c): pass")) == ""


def test_a_role_outside_the_boundary(stack: Deployment) -> None:
    free = role()
    del free["Properties"]["PermissionsBoundary"]
    assert "iam:CreateRole" in stack.deploy(Role=free)


def test_a_role_in_a_boundary_of_ones_own(stack: Deployment, identities: Identities) -> None:
    wide = identities.policy("wide", allow("*"))
    assert "iam:CreateRole" in stack.deploy(Role=role(PermissionsBoundary=wide))


def test_leaving_the_boundary_later(stack: Deployment) -> None:
    assert stack.deploy(Role=role()) == ""
    free = role()
    del free["Properties"]["PermissionsBoundary"]
    assert "iam:DeleteRolePermissionsBoundary" in stack.deploy(Role=free)


def test_changing_to_a_boundary_of_ones_own(stack: Deployment, identities: Identities) -> None:
    wide = identities.policy("wider", allow("*"))
    assert stack.deploy(Role=role()) == ""
    assert "iam:PutRolePermissionsBoundary" in stack.deploy(Role=role(PermissionsBoundary=wide))


def test_administrators_by_a_managed_policy_on_a_role_that_has_no_boundary(
    stack: Deployment, identities: Identities
) -> None:
    """Even where somebody has made a role of a name that is dev's own."""
    identities.role("Dev-made-by-hand", "lambda")
    everything = resource("Policy", Roles=["Dev-made-by-hand"], **EVERYTHING)
    assert "iam:PutRolePolicy" in stack.deploy(Everything=everything)


def test_administrators_on_a_role_of_another(stack: Deployment, identities: Identities) -> None:
    identities.role("of-another", "lambda", boundary=BOUNDARY)
    reasons = stack.deploy(Everything=resource("Policy", Roles=["of-another"], **EVERYTHING))
    assert "iam:PutRolePolicy on resource: arn:aws:iam::111122223333:role/of-another" in reasons


def test_administrators_inside_the_boundary_may_do_no_more(
    stack: Deployment, aws: boto3.session.Session, identities: Identities
) -> None:
    """The policy is attached, and the boundary decides."""
    assert stack.deploy(Role=role(RoleName="Dev-administrator", Policies=[EVERYTHING])) == ""
    iam = aws.client("iam")
    here = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    document = {"Statement": [{"Effect": "Allow", "Principal": here, "Action": "sts:AssumeRole"}]}
    iam.update_assume_role_policy(RoleName="Dev-administrator", PolicyDocument=json.dumps(document))
    lent = identities.assume(f"arn:aws:iam::{ACCOUNT}:role/Dev-administrator")
    with pytest.raises(iam.exceptions.ClientError, match="no permissions boundary allows"):
        lent.client("iam").create_user(UserName="mallory")
    with pytest.raises(iam.exceptions.ClientError, match="no permissions boundary allows"):
        lent.client("dynamodb").list_tables()


def test_the_trust_of_a_role_of_another(stack: Deployment, identities: Identities) -> None:
    """A role of that name stands already, and a stack that could take it over would change whom it trusts."""
    identities.role("administrators", "ec2", allow("*"))
    assert "iam:CreateRole" in stack.deploy(Role=role(RoleName="administrators"))


def test_a_role_of_another_is_not_passed(stack: Deployment, identities: Identities) -> None:
    foreign = identities.role("powerful", "lambda", allow("*"))
    code = function("def handler(e, c): pass")
    code["Properties"]["Role"] = foreign
    reasons = stack.deploy(Function=code)
    assert f"iam:PassRole on resource: {foreign}" in reasons


def test_ones_own_role_is_not_passed_to_another_service(stack: Deployment) -> None:
    schedule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "ScheduleExpression": "rate(1 day)",
            "Targets": [
                {
                    "Id": "one",
                    "Arn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:any",
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                }
            ],
        },
    }
    assert "iam:PassRole" in stack.deploy(Role=role(), Rule=schedule)


def test_the_execution_role_passes_neither_itself_nor_the_deploy_role(
    stack: Deployment, execution: str
) -> None:
    code = function("def handler(e, c): pass")
    code["Properties"]["Role"] = execution
    assert "iam:PassRole" in stack.deploy(Function=code)


def test_the_boundary_is_not_edited(stack: Deployment) -> None:
    wide = {"Statement": [allow("*")]}
    edited = resource("ManagedPolicy", ManagedPolicyName="delivery-boundary", PolicyDocument=wide)
    reasons = stack.deploy(Boundary=edited)
    assert "iam:CreatePolicy" in reasons
    assert "explicit deny" in reasons


def test_nobody_is_made_and_nobody_gets_a_key(stack: Deployment, identities: Identities) -> None:
    assert "iam:CreateUser" in stack.deploy(User=resource("User", UserName="Dev-mallory"))
    stack.remove()
    identities.user("Dev-ada", allow("s3:ListBucket"))
    assert "iam:CreateAccessKey" in stack.deploy(Key=resource("AccessKey", UserName="Dev-ada"))
    stack.remove()
    assert "iam:CreateGroup" in stack.deploy(Group=resource("Group", GroupName="Dev-admins"))
    stack.remove()
    for_ada = resource("Policy", Users=["Dev-ada"], **EVERYTHING)
    assert "iam:PutUserPolicy" in stack.deploy(Everything=for_ada)


def test_the_bootstrap_is_not_changed(stack: Deployment, execution: str) -> None:
    name = execution.rpartition("/")[2]
    assert "iam:PutRolePolicy" in stack.deploy(More=resource("Policy", Roles=[name], **EVERYTHING))
    stack.remove()
    assert "iam:CreateRole" in stack.deploy(Role=role(RoleName="cdk-hnb659fds-deploy-role-mine"))
