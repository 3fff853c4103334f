"""Every topic of an environment is encrypted with its key, and whoever publishes may use that key."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack, Stage
from aws_cdk.assertions import Template

from blocks.health import HealthStack
from blocks.message_key import MessageKey
from blocks.naming import Names

ENVIRONMENTS = ["dev", "staging", "prod"]


def resources(environments: Any, environment: str, kind: str) -> list[tuple[str, str, dict[str, Any]]]:
    """With their template's name and their logical id."""
    return [
        (path.name, logical_id, resource)
        for path in sorted(
            Path(environments.folder, f"assembly-{environment.capitalize()}").glob("*.template.json")
        )
        for logical_id, resource in json.loads(path.read_text())["Resources"].items()
        if resource["Type"] == kind
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_topic_is_encrypted_with_the_one_key(environments: Any, environment: str) -> None:
    ((template, key, made),) = resources(environments, environment, "AWS::KMS::Key")
    assert "EnvironmentAccess" in template
    assert made["Properties"]["EnableKeyRotation"] is True
    topics = resources(environments, environment, "AWS::SNS::Topic")
    assert len(topics) == 2
    for name, topic, resource in topics:
        assert key in json.dumps(resource["Properties"].get("KmsMasterKeyId")), f"{name}: {topic}"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_alarms_may_use_the_key(environments: Any, environment: str) -> None:
    ((_, _, made),) = resources(environments, environment, "AWS::KMS::Key")
    (allowed,) = [
        statement
        for statement in made["Properties"]["KeyPolicy"]["Statement"]
        if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]
    assert sorted(allowed["Action"]) == ["kms:Decrypt", "kms:GenerateDataKey"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_role_that_publishes_may_use_the_key_and_nobody_else(
    environments: Any, environment: str
) -> None:
    ((_, key, _),) = resources(environments, environment, "AWS::KMS::Key")
    publishing, using = set(), set()
    for name, logical_id, policy in resources(environments, environment, "AWS::IAM::Policy"):
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            if "sns:Publish" in actions:
                publishing.add((name, logical_id))
            if "kms:GenerateDataKey" in actions:
                assert key in json.dumps(statement["Resource"])
                using.add((name, logical_id))
    assert publishing == using
    assert len(publishing) == 2


@pytest.mark.parametrize("email", ["ada@example.com", None])
def test_the_topic_of_the_environments_health_is_too(email: str | None) -> None:
    stage = Stage(App(), "Dev", env=Environment(region="us-east-1"))
    first = Stack(stage, "First")
    health = HealthStack(
        stage,
        "Health",
        names=Names(delivery="acme", stage="dev"),
        alarms=["one"],
        key=MessageKey(stack=first),
        email=email,
    )
    topics = Template.from_stack(health).find_resources("AWS::SNS::Topic").values()
    assert [bool(topic["Properties"]["KmsMasterKeyId"]) for topic in topics] == ([True] if email else [])
    keys = Template.from_stack(first).find_resources("AWS::KMS::Key")
    assert len(keys) == len(topics), "a key costs money, and only topics need it"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_function_is_traced(environments: Any, environment: str) -> None:
    functions = resources(environments, environment, "AWS::Lambda::Function")
    assert len(functions) == 13
    untraced = [
        key for _, key, made in functions if made["Properties"].get("TracingConfig") != {"Mode": "Active"}
    ]
    assert untraced == []
