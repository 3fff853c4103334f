"""Bedrock AgentCore: runtimes (run as local processes, see `rehearsal.cloud.agentcore`) and memories."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.resource_types.backed import Backed
from rehearsal.emulator.resource_types.known import Known

_SERVICE = "bedrock-agentcore-control"


def _runtime_attributes(it: Known) -> Mapping[str, Any]:
    return {
        "AgentRuntimeArn": it.answer["agentRuntimeArn"],
        "AgentRuntimeId": it.answer["agentRuntimeId"],
        "AgentRuntimeVersion": it.answer["agentRuntimeVersion"],
        "Status": it.answer["status"],
        "CreatedAt": str(it.answer["createdAt"]),
        "LastUpdatedAt": str(it.answer["lastUpdatedAt"]),
        "WorkloadIdentityDetails": it.answer.get("workloadIdentityDetails", {}),
        "WorkloadIdentityDetails.WorkloadIdentityArn": it.answer.get("workloadIdentityDetails", {}).get(
            "workloadIdentityArn", ""
        ),
    }


def _endpoint_attributes(it: Known) -> Mapping[str, Any]:
    return {
        "Id": it.answer["id"],
        "AgentRuntimeArn": it.answer["agentRuntimeArn"],
        "AgentRuntimeEndpointArn": it.answer["agentRuntimeEndpointArn"],
        "LiveVersion": it.answer.get("liveVersion", ""),
        "TargetVersion": it.answer.get("targetVersion", ""),
        "Status": it.answer["status"],
        "CreatedAt": str(it.answer["createdAt"]),
        "LastUpdatedAt": str(it.answer["lastUpdatedAt"]),
    }


def _memory_attributes(it: Known) -> Mapping[str, Any]:
    memory = it.answer["memory"]
    return {
        "MemoryArn": memory["arn"],
        "MemoryId": memory["id"],
        "Status": memory["status"],
        "CreatedAt": str(memory["createdAt"]),
        "UpdatedAt": str(memory["updatedAt"]),
    }


ROWS = (
    Backed(
        type_name="AWS::BedrockAgentCore::Runtime",
        service=_SERVICE,
        create="create_agent_runtime",
        ref=lambda it: it.answer["agentRuntimeId"],
        key=lambda it: {"agentRuntimeId": it.id},
        update="update_agent_runtime",
        read="get_agent_runtime",
        delete="delete_agent_runtime",
        immutable=frozenset({"AgentRuntimeName"}),
        attributes=_runtime_attributes,
    ),
    Backed(
        type_name="AWS::BedrockAgentCore::RuntimeEndpoint",
        service=_SERVICE,
        create="create_agent_runtime_endpoint",
        ref=lambda it: it.answer["agentRuntimeEndpointArn"],
        key=lambda it: {
            "agentRuntimeId": it.properties["AgentRuntimeId"],
            "endpointName": it.properties["Name"],
        },
        update="update_agent_runtime_endpoint",
        read="get_agent_runtime_endpoint",
        delete="delete_agent_runtime_endpoint",
        immutable=frozenset({"AgentRuntimeId", "Name"}),
        attributes=_endpoint_attributes,
    ),
    Backed(
        type_name="AWS::BedrockAgentCore::Memory",
        service=_SERVICE,
        create="create_memory",
        ref=lambda it: it.answer["memory"]["arn"],
        key=lambda it: {"memoryId": it.id.rpartition("/")[2]},
        read="get_memory",
        update="update_memory",
        delete="delete_memory",
        immutable=frozenset({"Name", "EncryptionKeyArn", "MemoryStrategies"}),
        attributes=_memory_attributes,
        limits="events are stored; no strategy extracts or summarises them",
    ),
)
