"""CloudFormation acts with the role that it was given, and what the role may not do fails the resource."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.patience import until
from tests.rehearsal.cloud.identities import Identities, allow
from tests.rehearsal.cloud.stacks import function, trusted_by

QUEUE = {"Type": "AWS::SQS::Queue"}
"""CloudFormation names it after the stack and its logical id."""


@pytest.fixture(scope="module")
def identities(aws: boto3.session.Session) -> Identities:
    return Identities(aws=aws)


@pytest.fixture
def stack(aws: boto3.session.Session) -> Iterator["Stack"]:
    found = Stack(aws.client("cloudformation"))
    yield found
    found.remove()


class Stack:
    """One stack of a test, deployed with a role and looked at after each operation."""

    name = "with-a-role"

    def __init__(self, client: Any) -> None:
        self.client = client

    def deploy(self, resources: Mapping[str, Any], *, role: str | None = None, by: Any = None) -> str:
        """The status that the stack ends in."""
        asking = by or self.client
        arguments: dict[str, Any] = {
            "StackName": self.name,
            "TemplateBody": json.dumps({"Resources": resources}),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            **({"RoleARN": role} if role else {}),
        }
        (asking.update_stack if self.status() else asking.create_stack)(**arguments)
        return self.settled()

    def settled(self) -> str:
        until(lambda: "IN_PROGRESS" not in self.status(), lambda: f"the stack stays {self.status()}")
        return self.status()

    def status(self) -> str:
        try:
            return str(self.client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])
        except ClientError:
            return ""

    def reason(self, logical_id: str) -> str:
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        return next(
            str(event["ResourceStatusReason"])
            for event in events
            if event["LogicalResourceId"] == logical_id and event["ResourceStatus"].endswith("_FAILED")
        )

    def remove(self) -> None:
        """With administrator rights, so that what a test may not delete does not stay."""
        if self.status() not in ("", "DELETE_COMPLETE"):
            self.client.delete_stack(StackName=self.name, RoleARN=self.administrator)
            self.settled()

    administrator = ""


@pytest.fixture(autouse=True)
def administrator(stack: Stack, identities: Identities) -> str:
    stack.administrator = identities.role("stacks-admin", "cloudformation", allow("*"))
    return stack.administrator


def test_a_denied_creation_fails_the_resource_and_rolls_the_stack_back(
    stack: Stack, identities: Identities
) -> None:
    role = identities.role("topics-only", "cloudformation", allow("sns:*"))
    resources = {"Topic": {"Type": "AWS::SNS::Topic"}, "Queue": {**QUEUE, "DependsOn": "Topic"}}
    assert stack.deploy(resources, role=role) == "ROLLBACK_COMPLETE"
    reason = stack.reason("Queue")
    assert (
        "topics-only/AWSCloudFormation is not authorized to perform: sqs:CreateQueue on resource: " in reason
    )
    assert ":with-a-role-Queue-" in reason
    assert "because no identity-based policy allows the sqs:CreateQueue action" in reason
    assert "HandlerErrorCode: AccessDenied" in reason
    assert "Evaluated: grants." in reason
    assert '{"Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "arn:aws:sqs:' in reason


def test_a_grant_by_the_stacks_name_is_enough(stack: Stack, identities: Identities) -> None:
    role = identities.role("own-queues", "cloudformation", allow("sqs:*", "arn:aws:sqs:*:*:with-a-role-*"))
    assert stack.deploy({"Queue": QUEUE}, role=role) == "CREATE_COMPLETE"
    other = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "of-another"}}
    assert stack.deploy({"Queue": QUEUE, "Other": other}) == "UPDATE_ROLLBACK_COMPLETE"
    assert "sqs:CreateQueue on resource: arn:aws:sqs:eu-west-1:111122223333:of-another" in stack.reason(
        "Other"
    )


def test_the_stack_remembers_its_role(stack: Stack, identities: Identities) -> None:
    """The second request names none, and comes from root, which is allowed everything."""
    role = identities.role("queues-only", "cloudformation", allow("sqs:*"))
    assert stack.deploy({"Queue": QUEUE}, role=role) == "CREATE_COMPLETE"
    changed = {"Queue": QUEUE, "Topic": {"Type": "AWS::SNS::Topic"}}
    assert stack.deploy(changed) == "UPDATE_ROLLBACK_COMPLETE"
    assert "sns:CreateTopic" in stack.reason("Topic")


def test_a_denied_update_leaves_the_resource_as_it_was(
    stack: Stack, identities: Identities, aws: boto3.session.Session
) -> None:
    makes = allow("sqs:CreateQueue", "sqs:DeleteQueue", "sqs:Get*")
    role = identities.role("makes-queues", "cloudformation", makes)
    named = {"QueueName": "updated", "VisibilityTimeout": 10}
    assert stack.deploy({"Queue": {**QUEUE, "Properties": named}}, role=role) == "CREATE_COMPLETE"
    slower = {"Queue": {**QUEUE, "Properties": {**named, "VisibilityTimeout": 20}}}
    assert stack.deploy(slower) == "UPDATE_ROLLBACK_COMPLETE"
    assert "sqs:SetQueueAttributes" in stack.reason("Queue")
    queue = aws.client("sqs").get_queue_url(QueueName="updated")["QueueUrl"]
    found = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])
    assert found["Attributes"]["VisibilityTimeout"] == "10"
    identities.role("makes-queues", "cloudformation", allow("sqs:*"))
    assert stack.deploy(slower) == "UPDATE_COMPLETE"


def test_a_denied_deletion_keeps_the_resource(stack: Stack, identities: Identities) -> None:
    role = identities.role("keeps-queues", "cloudformation", allow("sqs:CreateQueue"))
    assert stack.deploy({"Queue": QUEUE}, role=role) == "CREATE_COMPLETE"
    stack.client.delete_stack(StackName=stack.name)
    assert stack.settled() == "DELETE_FAILED"
    assert "sqs:DeleteQueue" in stack.reason("Queue")


def test_a_change_set_is_executed_with_the_role_that_it_was_made_with(
    stack: Stack, identities: Identities
) -> None:
    role = identities.role("topics-only", "cloudformation", allow("sns:*"))
    stack.client.create_change_set(
        StackName=stack.name,
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"Queue": QUEUE}}),
        RoleARN=role,
    )
    stack.client.execute_change_set(StackName=stack.name, ChangeSetName="first")
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert "sqs:CreateQueue" in stack.reason("Queue")


def test_without_a_role_the_callers_permissions_count(stack: Stack, identities: Identities) -> None:
    caller = identities.user("deploys-topics", allow("cloudformation:*", "sns:*")).client("cloudformation")
    assert stack.deploy({"Queue": QUEUE}, by=caller) == "ROLLBACK_COMPLETE"
    assert "user/deploys-topics is not authorized to perform: sqs:CreateQueue" in stack.reason("Queue")
    stack.remove()
    assert stack.deploy({"Topic": {"Type": "AWS::SNS::Topic"}}, by=caller) == "CREATE_COMPLETE"


def test_a_role_that_cloudformation_may_not_assume_is_refused(stack: Stack, identities: Identities) -> None:
    role = identities.role("for-functions", "lambda", allow("*"))
    with pytest.raises(ClientError, match="for-functions is invalid or cannot be assumed"):
        stack.deploy({"Queue": QUEUE}, role=role)


def test_handing_a_role_to_a_service_needs_pass_role_for_that_service(
    stack: Stack, identities: Identities
) -> None:
    resources = {"Role": trusted_by("lambda"), "Function": function("def handler(e, c): pass")}
    makes = allow("lambda:*", "iam:CreateRole", "iam:DeleteRole")
    role = identities.role("passes", "cloudformation", makes, _passing_to("ecs-tasks.amazonaws.com"))
    assert stack.deploy(resources, role=role) == "ROLLBACK_COMPLETE"
    reason = stack.reason("Function")
    assert "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/" in reason
    assert '"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}' in reason
    stack.remove()
    identities.role("passes", "cloudformation", makes, _passing_to("lambda.amazonaws.com"))
    assert stack.deploy(resources, role=role) == "CREATE_COMPLETE"


def test_an_explicit_deny_is_named_with_its_policy_and_statement(
    stack: Stack, identities: Identities
) -> None:
    deny = {"Sid": "NoQueues", "Effect": "Deny", "Action": "sqs:Create*", "Resource": "*"}
    role = identities.role("no-queues", "cloudformation", allow("*"), deny)
    assert stack.deploy({"Queue": QUEUE}, role=role) == "ROLLBACK_COMPLETE"
    reason = stack.reason("Queue")
    assert "with an explicit deny in an identity-based policy" in reason
    assert "Decided by statement NoQueues of grants." in reason


def test_a_boundary_of_the_role_limits_it(stack: Stack, identities: Identities) -> None:
    limit = identities.policy("topics-at-most", allow("sns:*"))
    role = identities.role("bounded", "cloudformation", allow("*"), boundary=limit)
    assert stack.deploy({"Queue": QUEUE}, role=role) == "ROLLBACK_COMPLETE"
    assert "because no permissions boundary allows the sqs:CreateQueue action" in stack.reason("Queue")
    stack.remove()
    assert stack.deploy({"Topic": {"Type": "AWS::SNS::Topic"}}, role=role) == "CREATE_COMPLETE"


def test_a_property_that_needs_more_is_told_apart(stack: Stack, identities: Identities) -> None:
    role = identities.role("plain-buckets", "cloudformation", allow("s3:CreateBucket", "s3:DeleteBucket"))
    versioned = {"VersioningConfiguration": {"Status": "Enabled"}}
    bucket = {"Type": "AWS::S3::Bucket"}
    resources = {"Plain": bucket, "Kept": {**bucket, "Properties": versioned, "DependsOn": "Plain"}}
    assert stack.deploy(resources, role=role) == "ROLLBACK_COMPLETE"
    assert "s3:PutBucketVersioning" in stack.reason("Kept")
    stack.remove()
    assert stack.deploy({"Plain": bucket}, role=role) == "CREATE_COMPLETE"


def test_a_condition_on_what_the_request_says_is_evaluated(stack: Stack, identities: Identities) -> None:
    limit = identities.policy("limit", allow("s3:*"))
    only_limited = {
        "Effect": "Allow",
        "Action": "iam:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"iam:PermissionsBoundary": limit}},
    }
    role = identities.role("limited-roles", "cloudformation", only_limited)
    free, limited = trusted_by("lambda"), trusted_by("lambda")
    limited["Properties"]["PermissionsBoundary"] = limit
    assert stack.deploy({"Role": free}, role=role) == "ROLLBACK_COMPLETE"
    assert "iam:CreateRole" in stack.reason("Role")
    stack.client.delete_stack(StackName=stack.name)
    stack.settled()
    assert stack.deploy({"Role": limited}, role=role) == "CREATE_COMPLETE"


def test_a_condition_on_what_nobody_knows_denies_nothing(
    stack: Stack, identities: Identities, cloud_home: Any
) -> None:
    unknown = {"StringEquals": {"sqs:Unheard": "of"}}
    grant = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": unknown}
    role = identities.role("unheard-of", "cloudformation", grant)
    assert stack.deploy({"Queue": QUEUE}, role=role) == "CREATE_COMPLETE"
    assert "sqs:Unheard" in (cloud_home.root / "gaps.json").read_text()


ANSWERS = """
import json, urllib.request
def handler(event, context):
    body = json.dumps({"Status": "SUCCESS", "PhysicalResourceId": "made", "StackId": event["StackId"],
                       "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"]})
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], body.encode(), method="PUT"))
"""


def test_a_custom_resource_needs_its_function_to_be_invoked(
    stack: Stack, identities: Identities, aws: boto3.session.Session
) -> None:
    provider = identities.function("answers", ANSWERS)
    resource = {"Type": "Custom::Thing", "Properties": {"ServiceToken": provider}}
    role = identities.role("invokes", "cloudformation", allow("s3:*"))
    assert stack.deploy({"Thing": resource}, role=role) == "ROLLBACK_COMPLETE"
    assert f"lambda:InvokeFunction on resource: {provider}" in stack.reason("Thing")
    stack.remove()
    identities.role("invokes", "cloudformation", allow("lambda:InvokeFunction", provider))
    assert stack.deploy({"Thing": resource}, role=role) == "CREATE_COMPLETE"


def _passing_to(service: str) -> dict[str, Any]:
    return {**allow("iam:PassRole"), "Condition": {"StringEquals": {"iam:PassedToService": service}}}


def test_a_role_of_a_template_has_the_boundary_that_it_names(
    stack: Stack, identities: Identities, aws: boto3.session.Session
) -> None:
    limit = identities.policy("at-most-topics", allow("sns:*"))
    bounded = trusted_by("lambda")
    bounded["Properties"] |= {"RoleName": "in-a-boundary", "PermissionsBoundary": limit}

    def boundary() -> str:
        role = aws.client("iam").get_role(RoleName="in-a-boundary")["Role"]
        return str(role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""))

    assert stack.deploy({"Role": bounded}) == "CREATE_COMPLETE"
    assert boundary() == limit
    free = {**bounded, "Properties": {**bounded["Properties"]}}
    del free["Properties"]["PermissionsBoundary"]
    assert stack.deploy({"Role": free}) == "UPDATE_COMPLETE"
    assert boundary() == ""
    assert stack.deploy({"Role": bounded}) == "UPDATE_COMPLETE"
    assert boundary() == limit


def test_a_boundary_that_does_not_exist_fails_the_role(stack: Stack) -> None:
    bounded = trusted_by("lambda")
    bounded["Properties"]["PermissionsBoundary"] = "arn:aws:iam::111122223333:policy/never-made"
    assert stack.deploy({"Role": bounded}) == "ROLLBACK_COMPLETE"
    assert "never-made" in stack.reason("Role")


def test_a_policy_is_put_only_on_a_role_with_the_boundary(stack: Stack, identities: Identities) -> None:
    limit = identities.policy("the-boundary", allow("sns:*"))
    inside = {"StringEquals": {"iam:PermissionsBoundary": limit}}
    role = identities.role(
        "puts-policies", "cloudformation", {**allow("iam:PutRolePolicy"), "Condition": inside}
    )
    identities.role("free", "lambda")
    identities.role("limited", "lambda", boundary=limit)
    document = {"PolicyName": "more", "PolicyDocument": {"Statement": [allow("s3:*")]}}

    def on(name: str) -> dict[str, Any]:
        return {"Type": "AWS::IAM::Policy", "Properties": {**document, "Roles": [name]}}

    assert stack.deploy({"Policy": on("free")}, role=role) == "ROLLBACK_COMPLETE"
    assert "iam:PutRolePolicy" in stack.reason("Policy")
    stack.client.delete_stack(StackName=stack.name)
    stack.settled()
    assert stack.deploy({"Policy": on("limited")}, role=role) == "CREATE_COMPLETE"
