"""`AWS::CodePipeline::Pipeline` in a stack: made, changed, repeated, replaced, taken away."""

import json
from typing import Any

from tests.patience import until
from tests.rehearsal.api.conftest import Yard
from tests.rehearsal.model.declarations import in_cloudformation


def template(yard: Yard, *, restart: bool = False, name: str = "", note: str = "one") -> str:
    declared = yard.declaration(variables=[{"name": "note", "defaultValue": note}])
    properties = in_cloudformation(declared) | {"RestartExecutionOnUpdate": restart}
    properties["Name"] = name or yard.name
    properties["Tags"] = [{"Key": "a", "Value": "1"}]
    pipeline = {"Type": "AWS::CodePipeline::Pipeline", "Properties": properties}
    outputs = {
        "Name": {"Value": {"Ref": "Pipeline"}},
        "Version": {"Value": {"Fn::GetAtt": ["Pipeline", "Version"]}},
    }
    return json.dumps({"Resources": {"Pipeline": pipeline}, "Outputs": outputs})


def deploy(yard: Yard, body: str) -> dict[str, Any]:
    cloudformation = yard.aws.client("cloudformation")
    stack = f"pipeline-{yard.tag}"
    existing = [found["StackName"] for found in cloudformation.describe_stacks()["Stacks"]]
    if stack in existing:
        cloudformation.update_stack(StackName=stack, TemplateBody=body)
    else:
        cloudformation.create_stack(StackName=stack, TemplateBody=body)

    def now() -> dict[str, Any]:
        return dict(cloudformation.describe_stacks(StackName=stack)["Stacks"][0])

    until(lambda: not str(now()["StackStatus"]).endswith("IN_PROGRESS"), "the stack did not settle")
    return now()


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {found["OutputKey"]: found["OutputValue"] for found in stack.get("Outputs", [])}


def test_makes_changes_replaces_and_deletes(yard: Yard) -> None:
    made = deploy(yard, template(yard))
    assert made["StackStatus"] == "CREATE_COMPLETE", made
    assert outputs(made) == {"Name": yard.name, "Version": "1"}
    changed = deploy(yard, template(yard, note="two"))
    assert outputs(changed) == {"Name": yard.name, "Version": "2"}
    replaced = deploy(yard, template(yard, note="two", name=f"{yard.name}-b"))
    assert outputs(replaced)["Name"] == f"{yard.name}-b"
    names = [found["name"] for found in yard.codepipeline.list_pipelines()["pipelines"]]
    until(
        lambda: yard.name not in [found["name"] for found in yard.codepipeline.list_pipelines()["pipelines"]],
        f"the replaced pipeline is still there: {names}",
    )
    yard.aws.client("cloudformation").delete_stack(StackName=f"pipeline-{yard.tag}")
    until(
        lambda: (
            not any(yard.tag in found["name"] for found in yard.codepipeline.list_pipelines()["pipelines"])
        ),
        "the pipeline outlives its stack",
    )


def test_an_update_repeats_what_runs_if_the_template_says_so(yard: Yard) -> None:
    deploy(yard, template(yard, restart=True))
    execution = yard.start()
    yard.token()
    deploy(yard, template(yard, restart=True, note="two"))
    cancelled = yard.wait(execution, "Cancelled")
    assert "definition was updated" in cancelled["statusSummary"]
    newest = yard.codepipeline.list_pipeline_executions(pipelineName=yard.name)
    repeat = newest["pipelineExecutionSummaries"][0]["pipelineExecutionId"]
    assert repeat != execution
    yard.answer("Approved")
    found = yard.wait(repeat, "Succeeded")
    assert found["pipelineVersion"] == 2
    assert found["artifactRevisions"] == cancelled["artifactRevisions"]


def test_a_definition_that_codepipeline_refuses_fails_the_stack(yard: Yard) -> None:
    body = json.loads(template(yard))
    body["Resources"]["Pipeline"]["Properties"]["Stages"].pop()
    failed = deploy(yard, json.dumps(body))
    assert failed["StackStatus"] in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED")
    events = yard.aws.client("cloudformation").describe_stack_events(StackName=f"pipeline-{yard.tag}")
    reasons = [found.get("ResourceStatusReason", "") for found in events["StackEvents"]]
    assert any("has 1 stages" in reason for reason in reasons), reasons


def test_webhooks_are_recorded_and_said_to_be(yard: Yard) -> None:
    body = json.loads(template(yard))
    body["Resources"]["Hook"] = {
        "Type": "AWS::CodePipeline::Webhook",
        "Properties": {
            "TargetPipeline": {"Ref": "Pipeline"},
            "TargetAction": "Src",
            "TargetPipelineVersion": 1,
            "Authentication": "UNAUTHENTICATED",
            "AuthenticationConfiguration": {},
            "Filters": [{"JsonPath": "$.ref", "MatchEquals": "refs/heads/{Branch}"}],
        },
    }
    assert deploy(yard, json.dumps(body))["StackStatus"] == "CREATE_COMPLETE"
    listed = yard.codepipeline.list_webhooks()["webhooks"]
    assert yard.name in [found["definition"]["targetPipeline"] for found in listed]
