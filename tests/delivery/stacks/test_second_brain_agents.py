"""SB-AGT-1 to SB-AGT-8, with the traps T-AGT-1 to T-AGT-6 and T-1 resolved."""

from typing import Any

import pytest

from blocks.agent_runtime import LONGEST_NAME, agent_name
from blocks.naming import Names

AGENTS = "SecondBrainAgents"


@pytest.fixture
def runtime(environments: Any) -> Any:
    return environments.properties("Dev", AGENTS, "AWS::BedrockAgentCore::Runtime")


@pytest.fixture
def memory(environments: Any) -> Any:
    return environments.properties("Dev", AGENTS, "AWS::BedrockAgentCore::Memory")


@pytest.fixture
def granted(environments: Any) -> dict[str, list[str]]:
    """What the agent may do, each action with the resources it may be done to."""
    found: dict[str, list[str]] = {}
    for key, policy in environments.resources("Dev", AGENTS, "AWS::IAM::Policy").items():
        if not key.startswith("Swarm"):
            continue
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            for action in _listed(statement["Action"]):
                found.setdefault(action, []).extend(map(_flat, _listed(statement["Resource"])))
    return found


def test_agt_1_named_models_only(granted: dict[str, list[str]]) -> None:
    streamed = granted["bedrock:InvokeModelWithResponseStream"]
    models = {arn.rpartition("/")[2] for arn in granted["bedrock:InvokeModel"]}
    assert models == {
        "us.anthropic.claude-sonnet-4-6",
        "anthropic.claude-sonnet-4-6",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "anthropic.claude-haiku-4-5-20251001-v1:0",
        "amazon.titan-embed-text-v2:0",
    }
    assert not any("titan" in arn or "*" in arn for arn in streamed)


def test_t_agt_2_profiles_and_the_model_in_every_region_they_reach(granted: dict[str, list[str]]) -> None:
    sonnets = [arn for arn in granted["bedrock:InvokeModel"] if "sonnet" in arn]
    assert {arn.split(":")[3] for arn in sonnets if "foundation-model" in arn} == {
        "us-east-1",
        "us-east-2",
        "us-west-2",
    }
    assert [arn for arn in sonnets if "inference-profile" in arn] == [
        "arn:<AWS.Partition>:bedrock:us-east-1:<AWS.AccountId>:"
        "inference-profile/us.anthropic.claude-sonnet-4-6"
    ]


def test_agt_1_the_place_index_the_secret_and_the_memory_are_named(granted: dict[str, list[str]]) -> None:
    (index,) = granted["geo:SearchPlaceIndexForText"]
    assert index.endswith("place-index/slipway-dev-second-brain-places")
    (secret,) = granted["secretsmanager:GetSecretValue"]
    assert "LoginsSbAgent" in secret
    assert "Memory" in granted["bedrock-agentcore:CreateEvent"][0]


def test_agt_1_nothing_else_and_nothing_on_everything(granted: dict[str, list[str]]) -> None:
    assert {action.split(":")[0] for action in granted} == {
        "bedrock",
        "bedrock-agentcore",
        "geo",
        "logs",
        "s3",
        "secretsmanager",
    }
    assert not any(resource == "*" for resources in granted.values() for resource in resources)


def test_t_agt_1_agentcore_assumes_the_role_for_this_account_only(environments: Any) -> None:
    role = environments.properties("Dev", AGENTS, "AWS::IAM::Role")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "bedrock-agentcore.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert "aws:SourceArn" in statement["Condition"]["ArnLike"]


def test_agt_2_and_t_agt_5_no_repository_without_an_image(environments: Any) -> None:
    assert not environments.resources("Dev", AGENTS, "AWS::ECR::Repository")


def test_agt_3_and_t_agt_4_code_not_an_image(runtime: Any) -> None:
    code = runtime["AgentRuntimeArtifact"]["CodeConfiguration"]
    assert (code["Runtime"], code["EntryPoint"]) == ("PYTHON_3_14", ["main.py"])
    assert code["Code"]["S3"]["Prefix"].endswith(".zip")


def test_agt_4_the_swarm(runtime: Any) -> None:
    assert runtime["Description"] == "Multi-agent swarm for knowledge management"
    assert runtime["AgentRuntimeName"] == "slipway_dev_second_brain_swarm"


def test_agt_5_idle_sessions_end_and_memories_are_summed_up(runtime: Any, memory: Any) -> None:
    assert runtime["LifecycleConfiguration"] == {"IdleRuntimeSessionTimeout": 1800}
    assert memory["EventExpiryDuration"] == 30
    (strategy,) = memory["MemoryStrategies"]
    assert strategy["SummaryMemoryStrategy"]["Namespaces"] == ["/summaries/{actorId}/{sessionId}"]


def test_agt_6_the_place_index(environments: Any) -> None:
    index = environments.properties("Dev", AGENTS, "AWS::Location::PlaceIndex")
    assert index["DataSource"] == "Esri"
    assert index["DataSourceConfiguration"] == {"IntendedUse": "SingleUse"}


def test_agt_7_in_the_private_tier_as_a_function(runtime: Any) -> None:
    network = runtime["NetworkConfiguration"]
    assert network["NetworkMode"] == "VPC"
    (group,) = network["NetworkModeConfig"]["SecurityGroups"]
    assert "FunctionGroup" in _flat(group)
    assert all("PrivateSubnet" in _flat(subnet) for subnet in network["NetworkModeConfig"]["Subnets"])
    assert runtime["ProtocolConfiguration"] == "HTTP"


def test_agt_7_and_t_agt_3_told_at_run_time(runtime: Any) -> None:
    assert set(runtime["EnvironmentVariables"]) == {
        "DB_HOST",
        "DB_NAME",
        "DB_SECRET_ARN",
        "MODEL_ID",
        "FAST_MODEL_ID",
        "EMBED_MODEL_ID",
        "PLACE_INDEX",
        "MEMORY_ID",
    }


def test_agt_8_outputs(environments: Any) -> None:
    outputs = environments.template("Dev", AGENTS)["Outputs"]
    assert set(outputs) >= {"AgentRoleArn", "AgentRuntimeArn"}


def test_t_agt_4_names_are_what_agentcore_takes_however_long_the_delivery_is_called() -> None:
    names = Names(delivery="a" * 33, stage="b" * 24)
    swarm, memory = agent_name(names, "second-brain-swarm"), agent_name(names, "second-brain-memory")
    assert len(swarm) <= LONGEST_NAME
    assert swarm != memory
    assert swarm.replace("_", "").isalnum()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _flat(value: Any) -> str:
    """A resource with its references in angle brackets."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(map(_flat, value["Fn::Join"][1]))
    if "Fn::GetStackOutput" in value:
        return str(value["Fn::GetStackOutput"]["OutputName"])
    named = value.get("Ref") or value.get("Fn::GetAtt") or value.get("Fn::Sub")
    return f"<{named}>".replace("::", ".")
