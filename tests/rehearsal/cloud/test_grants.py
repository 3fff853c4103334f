"""What a call needs beside its own action, and what a denial says."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.cloud.identities import Identities, allow
from tests.rehearsal.cloud.stacks import zipped

CODE = zipped({"index.py": "def handler(event, context): pass"})
MACHINE = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})


@pytest.fixture(scope="module")
def identities(aws: boto3.session.Session) -> Identities:
    return Identities(aws=aws)


def test_a_function_is_made_only_by_who_may_pass_its_role(identities: Identities) -> None:
    role = identities.role("passed-to-a-function", "lambda", allow("logs:*"))
    denied = identities.user("passes-nothing", allow("lambda:*")).client("lambda")
    elsewhere = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    to_tasks = {**allow("iam:PassRole", role), "Condition": elsewhere}
    to_tasks_only = identities.user("passes-to-tasks", allow("lambda:*"), to_tasks).client("lambda")
    for functions in (denied, to_tasks_only):
        with pytest.raises(ClientError, match=f"not authorized to perform: iam:PassRole on resource: {role}"):
            _make_function(functions, role)
    to_lambda = {**allow("iam:PassRole", role), "Condition": _passed_to("lambda.amazonaws.com")}
    _make_function(identities.user("passes-to-lambda", allow("lambda:*"), to_lambda).client("lambda"), role)


def test_a_state_machine_is_made_only_by_who_may_pass_its_role(identities: Identities) -> None:
    role = identities.role("passed-to-a-machine", "states", allow("lambda:*"))
    denied = identities.user("no-machines", allow("states:*")).client("stepfunctions")
    with pytest.raises(ClientError, match="iam:PassRole"):
        denied.create_state_machine(name="denied", definition=MACHINE, roleArn=role)
    allowed = identities.user("machines", allow("states:*"), allow("iam:PassRole", role))
    allowed.client("stepfunctions").create_state_machine(name="allowed", definition=MACHINE, roleArn=role)


def test_a_rules_target_gets_a_role_only_from_who_may_pass_it(identities: Identities, aws: Any) -> None:
    role = identities.role("passed-to-a-rule", "events", allow("states:*"))
    aws.client("events").put_rule(Name="with-a-target", ScheduleExpression="rate(1 day)")
    target = {"Id": "1", "Arn": "arn:aws:states:eu-west-1:111122223333:stateMachine:m", "RoleArn": role}
    denied = identities.user("no-targets", allow("events:*")).client("events")
    with pytest.raises(ClientError, match="iam:PassRole"):
        denied.put_targets(Rule="with-a-target", Targets=[target])
    allowed = identities.user("targets", allow("events:*"), allow("iam:PassRole", role)).client("events")
    assert allowed.put_targets(Rule="with-a-target", Targets=[target])["FailedEntryCount"] == 0


def test_a_stack_gets_a_role_only_from_who_may_pass_it(identities: Identities) -> None:
    role = identities.role("passed-to-a-stack", "cloudformation", allow("sqs:*"))
    template = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    arguments: dict[str, Any] = {"StackName": "handed-a-role", "TemplateBody": template, "RoleARN": role}
    denied = identities.user("no-stacks", allow("cloudformation:*")).client("cloudformation")
    with pytest.raises(ClientError, match=f"iam:PassRole on resource: {role}"):
        denied.create_stack(**arguments)
    passing = {**allow("iam:PassRole", role), "Condition": _passed_to("cloudformation.amazonaws.com")}
    allowed = identities.user("stacks", allow("cloudformation:*"), passing).client("cloudformation")
    assert allowed.create_stack(**arguments)["StackId"]


def test_every_parameter_of_a_call_has_to_be_granted(identities: Identities) -> None:
    mine = "arn:aws:ssm:eu-west-1:111122223333:parameter/mine/*"
    reader = identities.user("reads-its-own", allow("ssm:GetParameters", mine)).client("ssm")
    reader.get_parameters(Names=["/mine/one", "/mine/two"])
    with pytest.raises(ClientError, match=r"ssm:GetParameters on resource: .*parameter/theirs/one"):
        reader.get_parameters(Names=["/mine/one", "/theirs/one"])


def test_a_denial_names_the_policies_and_the_statement_that_would_allow_it(identities: Identities) -> None:
    user = identities.user("sends-nothing", allow("sqs:GetQueueUrl"))
    url = identities.aws.client("sqs").create_queue(QueueName="denied-messages")["QueueUrl"]
    with pytest.raises(ClientError) as denied:
        user.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    said = denied.value.response["Error"]["Message"]
    queue = "arn:aws:sqs:eu-west-1:111122223333:denied-messages"
    assert said == (
        "User: arn:aws:iam::111122223333:user/sends-nothing is not authorized to perform: sqs:SendMessage "
        f"on resource: {queue} because no identity-based policy allows the sqs:SendMessage action. "
        "Evaluated: grants. This statement would allow it: "
        f'{{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "{queue}"}}'
    )


def test_a_denial_by_a_statement_names_it(identities: Identities) -> None:
    deny = {"Sid": "NotToday", "Effect": "Deny", "Action": "ssm:*", "Resource": "*"}
    user = identities.user("denied-by-sid", allow("*"), deny)
    with pytest.raises(ClientError, match=r"explicit deny .* Decided by statement NotToday of grants\."):
        user.client("ssm").get_parameter(Name="/any")


def test_a_boundary_limits_what_policies_allow(identities: Identities) -> None:
    limit = identities.policy("queues-at-most", allow("sqs:*"))
    user = identities.user("bounded", allow("sqs:*", "sns:*"), boundary=limit)
    user.client("sqs").list_queues()
    with pytest.raises(
        ClientError, match="because no permissions boundary allows the sns:ListTopics"
    ) as denied:
        user.client("sns").list_topics()
    said = denied.value.response["Error"]["Message"]
    assert f"Evaluated: {limit}. This statement would allow it in the permissions boundary" in said


def test_a_session_policy_limits_what_the_role_allows(identities: Identities, aws: Any) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    role = identities.role("narrowed", "lambda", allow("sqs:*", "sns:*"))
    aws.client("iam").update_assume_role_policy(
        RoleName="narrowed", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    session = identities.assume(role, policy=allow("sqs:*"))
    session.client("sqs").list_queues()
    with pytest.raises(ClientError, match="because no session policy allows the sns:ListTopics action"):
        session.client("sns").list_topics()


def test_root_assumes_only_roles_that_trust_its_account(identities: Identities, aws: Any) -> None:
    role = identities.role("for-functions-only", "lambda", allow("s3:*"))
    with pytest.raises(ClientError, match=f"not authorized to perform: sts:AssumeRole on resource: {role}"):
        identities.assume(role)
    trust = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    aws.client("iam").update_assume_role_policy(
        RoleName="for-functions-only",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    identities.assume(role).client("s3").list_buckets()


def test_a_secret_is_read_only_by_who_may_decrypt_with_its_key(identities: Identities, aws: Any) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    secret = aws.client("secretsmanager").create_secret(Name="encrypted", SecretString="x", KmsKeyId=key)[
        "ARN"
    ]
    via = {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}}
    reads = allow("secretsmanager:GetSecretValue", secret)
    denied = identities.user("reads-without-the-key", reads).client("secretsmanager")
    with pytest.raises(ClientError, match=f"not authorized to perform: kms:Decrypt on resource: {key}"):
        denied.get_secret_value(SecretId=secret)
    allowed = identities.user("reads-with-the-key", reads, {**allow("kms:Decrypt", key), "Condition": via})
    assert allowed.client("secretsmanager").get_secret_value(SecretId="encrypted")["SecretString"] == "x"
    plain = aws.client("secretsmanager").create_secret(Name="plain", SecretString="y")["ARN"]
    reader = identities.user("reads-a-plain-one", allow("secretsmanager:GetSecretValue", plain))
    assert reader.client("secretsmanager").get_secret_value(SecretId=plain)["SecretString"] == "y"


def test_objects_are_written_and_read_only_by_who_may_use_the_buckets_key(
    identities: Identities, aws: Any
) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="encrypts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket="encrypts",
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]},
    )
    without = identities.user("no-key", allow("s3:*")).client("s3")
    with pytest.raises(ClientError, match=f"kms:GenerateDataKey on resource: {key}"):
        without.put_object(Bucket="encrypts", Key="k", Body=b"x")
    grant = allow("kms:GenerateDataKey", "kms:Decrypt", key)
    identities.user("has-key", allow("s3:*"), grant).client("s3").put_object(
        Bucket="encrypts", Key="k", Body=b"x"
    )
    with pytest.raises(ClientError, match=f"kms:Decrypt on resource: {key}"):
        without.get_object(Bucket="encrypts", Key="k")


def test_a_parameter_is_decrypted_only_by_who_may_use_its_key(identities: Identities, aws: Any) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    aws.client("ssm").put_parameter(Name="/encrypted", Value="x", Type="SecureString", KeyId=key)
    denied = identities.user("no-parameter-key", allow("ssm:GetParameter")).client("ssm")
    denied.get_parameter(Name="/encrypted")
    with pytest.raises(ClientError, match=f"kms:Decrypt on resource: {key}"):
        denied.get_parameter(Name="/encrypted", WithDecryption=True)
    allowed = identities.user("parameter-key", allow("ssm:GetParameter"), allow("kms:Decrypt", key))
    allowed.client("ssm").get_parameter(Name="/encrypted", WithDecryption=True)


def _make_function(functions: Any, role: str) -> None:
    functions.create_function(
        FunctionName="made-by-a-user",
        Runtime="python3.14",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": CODE},
    )


def _passed_to(service: str) -> dict[str, Any]:
    return {"StringEquals": {"iam:PassedToService": service}}
