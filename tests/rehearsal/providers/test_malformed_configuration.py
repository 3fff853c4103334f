"""Configuration that AWS or the rehearsal refuses: each error names the key and the remedy."""

from collections.abc import Mapping

import pytest

from rehearsal.engine.ports import UnsupportedAction
from rehearsal.providers.registry import provider_for, rule_for, supported
from tests.rehearsal.providers.world import an_action

CONNECTION = {"ConnectionArn": "arn:x", "FullRepositoryId": "a/b", "BranchName": "main"}
STACK = {"ActionMode": "CREATE_UPDATE", "StackName": "s", "TemplatePath": "In::t.json", "RoleArn": "arn:x"}


def without(values: Mapping[str, str], *keys: str) -> dict[str, str]:
    return {key: value for key, value in values.items() if key not in keys}


MALFORMED = [
    (
        "Source",
        "CodeStarSourceConnection",
        without(CONNECTION, "BranchName"),
        (0, 1),
        "BranchName is missing",
    ),
    ("Source", "CodeStarSourceConnection", CONNECTION | {"Branch": "x"}, (0, 1), "Branch is not a key"),
    ("Source", "CodeStarSourceConnection", CONNECTION | {"DetectChanges": "yes"}, (0, 1), "use one of true"),
    ("Source", "CodeStarSourceConnection", CONNECTION | {"OutputArtifactFormat": "ZIP"}, (0, 1), "CODE_ZIP"),
    ("Source", "CodeStarSourceConnection", CONNECTION, (0, 2), "outputArtifacts has 2 entries"),
    ("Source", "CodeCommit", {"RepositoryName": "r"}, (0, 1), "BranchName is missing"),
    ("Source", "S3", {"S3Bucket": "b"}, (0, 1), "S3ObjectKey is missing"),
    ("Source", "S3", {"S3Bucket": "b", "S3ObjectKey": "k"}, (1, 1), "inputArtifacts has 1 entries"),
    ("Deploy", "CloudFormation", without(STACK, "ActionMode"), (1, 0), "ActionMode is missing"),
    ("Deploy", "CloudFormation", STACK | {"ActionMode": "UPSERT"}, (1, 0), "use one of CREATE_UPDATE"),
    ("Deploy", "CloudFormation", without(STACK, "RoleArn"), (1, 0), "RoleArn is missing"),
    ("Deploy", "CloudFormation", without(STACK, "TemplatePath"), (1, 0), "TemplatePath is missing"),
    ("Deploy", "CloudFormation", STACK | {"TemplatePath": "t.json"}, (1, 0), "write 'Artifact::path"),
    ("Deploy", "CloudFormation", STACK | {"TemplatePath": "Other::t"}, (1, 0), "not an input of this action"),
    ("Deploy", "CloudFormation", STACK | {"Capabilities": "CAPABILITY_ALL"}, (1, 0), "'CAPABILITY_ALL'"),
    ("Deploy", "CloudFormation", STACK | {"ParameterOverrides": "{"}, (1, 0), "is not JSON"),
    ("Deploy", "CloudFormation", STACK | {"ParameterOverrides": "[]"}, (1, 0), "write a JSON object"),
    ("Deploy", "CloudFormation", STACK | {"OutputFileName": "o.json"}, (1, 0), "there is no output artifact"),
    ("Deploy", "CloudFormation", STACK | {"ActionMode": "CHANGE_SET_REPLACE"}, (1, 0), "ChangeSetName is mi"),
    ("Deploy", "CloudFormation", STACK | {"Stack": "s"}, (1, 0), "Stack is not a key"),
    ("Deploy", "S3", {"BucketName": "b"}, (1, 0), "Extract is missing"),
    ("Deploy", "S3", {"BucketName": "b", "Extract": "false"}, (1, 0), "ObjectKey is missing: Extract is f"),
    ("Deploy", "S3", {"BucketName": "b", "Extract": "true", "CannedACL": "all"}, (1, 0), "bucket-owner-read"),
    ("Approval", "Manual", {"Topic": "x"}, (0, 0), "Topic is not a key"),
    ("Invoke", "Lambda", {}, (0, 0), "FunctionName is missing"),
    ("Invoke", "StepFunctions", {"StateMachineArn": "a", "InputType": "X"}, (0, 0), "use one of Literal"),
    (
        "Invoke",
        "StepFunctions",
        {"StateMachineArn": "a", "InputType": "FilePath"},
        (1, 0),
        "Input is missing",
    ),
]


@pytest.mark.parametrize(("category", "provider", "configuration", "artifacts", "message"), MALFORMED)
def test_malformed_configuration_names_the_key_and_the_remedy(
    category: str, provider: str, configuration: dict[str, str], artifacts: tuple[int, int], message: str
) -> None:
    inputs, outputs = ("In", "In2")[: artifacts[0]], ("Out", "Out2")[: artifacts[1]]
    action = an_action(category, provider, configuration, inputs=inputs, outputs=outputs)
    with pytest.raises(UnsupportedAction) as refused:
        provider_for(action.type).check(action)
    assert message in str(refused.value)
    assert f"action 'Act' ({provider}): " in str(refused.value)


def test_values_that_are_variables_are_not_judged_before_they_are_known() -> None:
    values = STACK | {
        "ActionMode": "CREATE_UPDATE",
        "StackName": "#{Source.Name}",
        "Capabilities": "#{variables.C}",
    }
    action = an_action("Deploy", "CloudFormation", values, inputs=("In",))
    provider_for(action.type).check(action)


def test_what_is_not_supported_is_named_with_what_is() -> None:
    with pytest.raises(UnsupportedAction) as refused:
        provider_for(an_action("Deploy", "CloudFormationStackSet", {}).type)
    words = str(refused.value)
    assert "Deploy/AWS/CloudFormationStackSet is not supported" in words
    assert "one CloudFormation action for each account and region" in words
    assert "Source/AWS/CodeStarSourceConnection" in words
    assert "docs/rehearsal.md" in words
    with pytest.raises(UnsupportedAction, match="Deploy/Custom/CloudFormation is not supported"):
        provider_for(an_action("Deploy", "CloudFormation", {}, owner="Custom").type)
    with pytest.raises(UnsupportedAction, match="'NoSuchRule' is not supported"):
        rule_for("NoSuchRule")
    assert ("Deploy", "AWS", "CloudFormation") in supported()
