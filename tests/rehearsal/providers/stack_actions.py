"""CloudFormation actions and templates to try them on."""

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.model.definition import Action
from tests.rehearsal.providers.world import World, an_action

ROLE = "arn:aws:iam::111122223333:role/cfn-exec"

TOPIC: Mapping[str, Any] = {
    "Parameters": {"Display": {"Type": "String", "Default": "first"}},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Display"}}}},
    "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}, "Name": {"Value": {"Ref": "Display"}}},
}

BAD = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 999999}}
BROKEN: Mapping[str, Any] = {
    "Resources": {
        "Fine": {"Type": "AWS::SNS::Topic"},
        "Bad": {**BAD, "DependsOn": "Fine"},
        "Later": {"Type": "AWS::SNS::Topic", "DependsOn": "Bad"},
    }
}


def deploy(world: World, stack: str, **configuration: str) -> Action:
    values = {
        "ActionMode": "CREATE_UPDATE",
        "StackName": stack,
        "TemplatePath": "Built::template.json",
        "RoleArn": ROLE,
        "Capabilities": "CAPABILITY_NAMED_IAM,CAPABILITY_AUTO_EXPAND",
        **configuration,
    }
    outputs = ("Out",) if "OutputFileName" in configuration else ()
    return an_action(
        "Deploy",
        "CloudFormation",
        {key: value for key, value in values.items() if value},
        inputs=("Built",),
        outputs=outputs,
        role_arn=world.action_role,
    )


def template(world: World, body: Mapping[str, Any], **files: Any) -> None:
    named = {name.replace("_json", ".json"): json.dumps(value) for name, value in files.items()}
    world.artifact("Built", {"template.json": json.dumps(body), **named})


def status(world: World, stack: str) -> str:
    return world.root.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
