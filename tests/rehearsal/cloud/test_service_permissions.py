"""What services do for somebody: they invoke functions that let them, with roles that may."""

import json
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.gaps import GapLog
from rehearsal.home import Endpoint, Home
from tests.patience import until
from tests.rehearsal.cloud.identities import Identities, allow

LEAVES_A_MARK = """
import boto3, os
def handler(event, context):
    boto3.client("s3").put_object(Bucket="marks", Key=context.function_name, Body=b"x")
    return {"statusCode": 200, "body": "done"}
"""
ALLOWED, DENIED = "lets-services", "lets-nobody"


@pytest.fixture(scope="module")
def identities(aws: boto3.session.Session) -> Identities:
    return Identities(aws=aws)


@pytest.fixture(scope="module")
def functions(identities: Identities, aws: Any) -> dict[str, str]:
    aws.client("s3").create_bucket(
        Bucket="marks", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    return {name: identities.function(name, LEAVES_A_MARK, allow("s3:*")) for name in (ALLOWED, DENIED)}


@pytest.fixture(autouse=True)
def no_marks(functions: dict[str, str], aws: Any) -> Iterator[None]:
    for name in functions:
        aws.client("s3").delete_object(Bucket="marks", Key=name)
    yield
    with suppress(ClientError):
        aws.client("lambda").remove_permission(FunctionName=ALLOWED, StatementId="service")


def test_a_rule_invokes_only_a_function_that_lets_it(
    functions: dict[str, str], aws: Any, cloud_home: Home
) -> None:
    events = aws.client("events")
    rule = events.put_rule(Name="marks", EventPattern=json.dumps({"source": ["marks"]}))["RuleArn"]
    targets = [{"Id": name, "Arn": arn} for name, arn in functions.items()]
    events.put_targets(Rule="marks", Targets=targets)
    _permit(aws, "events.amazonaws.com", rule)
    events.put_events(Entries=[{"Source": "marks", "DetailType": "x", "Detail": "{}"}])
    _only_the_allowed_ran(aws, cloud_home, "events.amazonaws.com", rule)


def test_a_rules_permission_is_for_that_rule(functions: dict[str, str], aws: Any, cloud_home: Home) -> None:
    events = aws.client("events")
    other = events.put_rule(Name="other", EventPattern=json.dumps({"source": ["other"]}))["RuleArn"]
    events.put_targets(Rule="other", Targets=[{"Id": "1", "Arn": functions[ALLOWED]}])
    _permit(aws, "events.amazonaws.com", other.replace("other", "another"))
    events.put_events(Entries=[{"Source": "other", "DetailType": "x", "Detail": "{}"}])
    until(lambda: other in _denials(cloud_home, "events.amazonaws.com"), "nothing was denied")
    assert not _ran(aws, ALLOWED)


def test_a_topic_invokes_only_a_function_that_lets_it(
    functions: dict[str, str], aws: Any, cloud_home: Home
) -> None:
    topics = aws.client("sns")
    topic = topics.create_topic(Name="marks")["TopicArn"]
    for arn in functions.values():
        topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    _permit(aws, "sns.amazonaws.com", topic)
    topics.publish(TopicArn=topic, Message="x")
    _only_the_allowed_ran(aws, cloud_home, "sns.amazonaws.com", topic)


def test_a_bucket_invokes_only_a_function_that_lets_it(
    functions: dict[str, str], aws: Any, cloud_home: Home
) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="notifies", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    _permit(aws, "s3.amazonaws.com", "arn:aws:s3:::notifies")
    for arn in functions.values():
        events = [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        s3.put_bucket_notification_configuration(
            Bucket="notifies", NotificationConfiguration={"LambdaFunctionConfigurations": events}
        )
        s3.put_object(Bucket="notifies", Key="k", Body=b"x")
    _only_the_allowed_ran(aws, cloud_home, "s3.amazonaws.com", "arn:aws:s3:::notifies")


def test_an_api_invokes_only_a_function_that_lets_it(
    functions: dict[str, str], aws: Any, cloud: Endpoint
) -> None:
    apis = aws.client("apigateway")
    api = apis.create_rest_api(name="marks")["id"]
    (root,) = apis.get_resources(restApiId=api)["items"]
    for name, arn in functions.items():
        made = apis.create_resource(restApiId=api, parentId=root["id"], pathPart=name)["id"]
        apis.put_method(restApiId=api, resourceId=made, httpMethod="GET", authorizationType="NONE")
        apis.put_integration(
            restApiId=api,
            resourceId=made,
            httpMethod="GET",
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations",
        )
    apis.create_deployment(restApiId=api, stageName="prod")
    _permit(aws, "apigateway.amazonaws.com", f"arn:aws:execute-api:eu-west-1:111122223333:{api}/prod/GET/*")
    at = f"{cloud.url}/_aws/execute-api/{api}/prod"
    assert httpx.get(f"{at}/{ALLOWED}").status_code == 200
    denied = httpx.get(f"{at}/{DENIED}")
    assert (denied.status_code, denied.json()) == (500, {"message": "Internal server error"})


def test_an_http_api_invokes_only_a_function_that_lets_it(
    functions: dict[str, str], aws: Any, cloud: Endpoint
) -> None:
    apis = aws.client("apigatewayv2")
    api = apis.create_api(Name="marks", ProtocolType="HTTP")["ApiId"]
    for name, arn in functions.items():
        made = apis.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
        )["IntegrationId"]
        apis.create_route(ApiId=api, RouteKey=f"GET /{name}", Target=f"integrations/{made}")
    apis.create_stage(ApiId=api, StageName="prod", AutoDeploy=True)
    _permit(
        aws, "apigateway.amazonaws.com", f"arn:aws:execute-api:eu-west-1:111122223333:{api}/*/*/{ALLOWED}"
    )
    at = f"{cloud.url}/_aws/execute-api/{api}/prod"
    assert httpx.get(f"{at}/{ALLOWED}").status_code == 200
    assert httpx.get(f"{at}/{DENIED}").status_code == 500


def test_a_state_machine_invokes_what_its_role_may(functions: dict[str, str], identities: Identities) -> None:
    role = identities.role("machine", "states", allow("lambda:InvokeFunction", functions[ALLOWED]))
    assert _executed(identities, role, functions[ALLOWED])["status"] == "SUCCEEDED"
    denied = _executed(identities, role, functions[DENIED])
    assert (denied["status"], denied["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert f"lambda:InvokeFunction on resource: {functions[DENIED]}" in denied["cause"]
    assert "This statement would allow it" in denied["cause"]


def test_a_state_machines_integrations_need_its_role_too(identities: Identities) -> None:
    url = identities.aws.client("sqs").create_queue(QueueName="of-a-machine")["QueueUrl"]
    send = {
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": "x"},
    }
    may = identities.role("sends", "states", allow("sqs:SendMessage"))
    may_not = identities.role("sends-not", "states", allow("sqs:ReceiveMessage"))
    assert _executed(identities, may, task=send)["status"] == "SUCCEEDED"
    denied = _executed(identities, may_not, task=send)
    assert denied["status"] == "FAILED"
    assert "not authorized to perform: sqs:SendMessage" in denied["cause"]


def test_a_queue_is_mapped_only_to_a_function_whose_role_may_read_it(identities: Identities) -> None:
    queues, mappings = identities.aws.client("sqs"), identities.aws.client("lambda")
    url = queues.create_queue(QueueName="mapped")["QueueUrl"]
    queue = "arn:aws:sqs:eu-west-1:111122223333:mapped"
    deletes_not = allow("sqs:ReceiveMessage", "sqs:GetQueueAttributes", queue)
    function = identities.function("reads-a-queue", LEAVES_A_MARK, allow("s3:*"), deletes_not)
    with pytest.raises(ClientError, match="does not have permissions to call DeleteMessage on SQS"):
        mappings.create_event_source_mapping(FunctionName=function, EventSourceArn=queue)
    identities.role("of-reads-a-queue", "lambda", allow("s3:*"), allow("sqs:*", queue))
    mappings.create_event_source_mapping(FunctionName=function, EventSourceArn=queue)
    queues.send_message(QueueUrl=url, MessageBody="x")
    until(lambda: _ran(identities.aws, "reads-a-queue"), "the function was not invoked")


def test_a_mapping_whose_role_lost_its_grant_reads_nothing(identities: Identities) -> None:
    queues, mappings = identities.aws.client("sqs"), identities.aws.client("lambda")
    url = queues.create_queue(QueueName="lost")["QueueUrl"]
    queue = "arn:aws:sqs:eu-west-1:111122223333:lost"
    function = identities.function("lost-its-grant", LEAVES_A_MARK, allow("s3:*"), allow("sqs:*", queue))
    made = mappings.create_event_source_mapping(FunctionName=function, EventSourceArn=queue)["UUID"]
    identities.role("of-lost-its-grant", "lambda", allow("s3:*"))
    queues.send_message(QueueUrl=url, MessageBody="x")

    def result() -> str:
        return str(mappings.get_event_source_mapping(UUID=made)["LastProcessingResult"])

    until(lambda: result().startswith("PROBLEM: The provided execution role"), "no problem was told")
    assert not _ran(identities.aws, "lost-its-grant")


def test_a_function_logs_only_with_a_role_that_may(identities: Identities, cloud_home: Home) -> None:
    says = "def handler(event, context): print('said')"
    group = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/logs:*"
    writes = allow("logs:CreateLogStream", "logs:PutLogEvents", group)
    identities.function("logs", says, allow("logs:CreateLogGroup"), writes)
    identities.function("logs-not", says, allow("s3:*"))
    for name in ("logs", "logs-not"):
        identities.aws.client("lambda").invoke(FunctionName=name)
    groups = identities.aws.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/logs")
    assert [group["logGroupName"] for group in groups["logGroups"]] == ["/aws/lambda/logs"]
    assert "of-logs-not/logs-not is not authorized to perform: logs:CreateLogGroup" in "\n".join(
        gap.reason for gap in GapLog.of(cloud_home).read()
    )


def _executed(identities: Identities, role: str, function: str = "", *, task: Any = None) -> dict[str, Any]:
    machines = identities.aws.client("stepfunctions")
    state = {"Type": "Task", "End": True, **(task or {"Resource": function})}
    definition = json.dumps({"StartAt": "Do", "States": {"Do": state}})
    name = f"machine-{uuid.uuid4().hex[:8]}"  # counted, it would be another's once one is deleted
    machine = machines.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
    execution = machines.start_execution(stateMachineArn=machine)["executionArn"]
    until(
        lambda: machines.describe_execution(executionArn=execution)["status"] != "RUNNING",
        "the execution goes on",
    )
    found: dict[str, Any] = machines.describe_execution(executionArn=execution)
    return found


def _permit(aws: Any, service: str, source: str) -> None:
    aws.client("lambda").add_permission(
        FunctionName=ALLOWED,
        StatementId="service",
        Action="lambda:InvokeFunction",
        Principal=service,
        SourceArn=source,
    )


def _only_the_allowed_ran(aws: Any, home: Home, service: str, source: str) -> None:
    until(lambda: _ran(aws, ALLOWED), "the function was not invoked")
    until(lambda: f"function:{DENIED} for {source}" in _denials(home, service), "nothing was denied")
    assert not _ran(aws, DENIED)


def _ran(aws: Any, name: str) -> bool:
    return name in [
        found["Key"] for found in aws.client("s3").list_objects_v2(Bucket="marks").get("Contents", ())
    ]


def _denials(home: Home, service: str) -> str:
    return "\n".join(gap.reason for gap in GapLog.of(home).read() if gap.subject == f"IAM: {service}")
