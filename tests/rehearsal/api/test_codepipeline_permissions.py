"""IAM decides what an action may do, whom a pipeline's role trusts, and who may call."""

import json

from rehearsal.daemon import client
from rehearsal.emulator.environment import AccessKey
from tests.rehearsal.api.conftest import Yard, refused


def test_an_action_without_permission_fails_by_name(yard: Yard) -> None:
    yard.aws.client("iam").delete_role_policy(RoleName=f"deployer-{yard.tag}", PolicyName="what")
    yard.create()
    execution = yard.start()
    yard.answer("Approved")
    yard.wait(execution, "Failed")
    newest = yard.codepipeline.list_action_executions(pipelineName=yard.name)["actionExecutionDetails"][0]
    assert newest["output"]["executionResult"]["errorDetails"]["code"] == "PermissionError"


def test_a_pipeline_role_must_trust_codepipeline(yard: Yard) -> None:
    yard.create()
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    yard.aws.client("iam").update_assume_role_policy(
        RoleName=f"pipeline-{yard.tag}",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    yard.wait(yard.start(), "Failed")
    newest = yard.codepipeline.list_action_executions(pipelineName=yard.name)["actionExecutionDetails"][0]
    details = newest["output"]["executionResult"]["errorDetails"]
    assert "codepipeline.amazonaws.com is not trusted" in details["message"]


def test_callers_need_permission_for_the_pipeline_by_its_arn(yard: Yard) -> None:
    yard.create()
    arn = yard.codepipeline.get_pipeline(name=yard.name)["metadata"]["pipelineArn"]
    iam = yard.aws.client("iam")
    user = f"reader-{yard.tag}"
    iam.create_user(UserName=user)
    allow = {"Effect": "Allow", "Action": "codepipeline:GetPipeline", "Resource": arn}
    iam.put_user_policy(
        UserName=user,
        PolicyName="what",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    made = iam.create_access_key(UserName=user)["AccessKey"]
    key = AccessKey(key_id=made["AccessKeyId"], secret=made["SecretAccessKey"])
    reader = client.session(yard.endpoint, key=key).client("codepipeline")
    assert reader.get_pipeline(name=yard.name)["pipeline"]["name"] == yard.name
    assert refused(reader.start_pipeline_execution, name=yard.name)[0] == "AccessDeniedException"
