"""Answers `InvokeAgentRuntime` with the agent's own response instead of ministack's echo.

ministack resolves the runtime and its endpoint's version and checks the caller's permission. This module
passes the payload to the agent's process, which has the credentials of the runtime's role.
"""

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.cloud.agentcore.connection import opener
from rehearsal.cloud.agentcore.process import AgentError, AgentProcess
from rehearsal.cloud.agentcore.runtimes import Runtimes, RuntimeVersion, runtime_version
from rehearsal.emulator.environment import AccessKey
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

_LONGEST_CALL = 15 * 60.0
_SESSION = "x-amzn-bedrock-agentcore-runtime-session-id"
_PASSED_ON = ("accept", "x-amzn-trace-id", "traceparent", "tracestate", "baggage")
_CUSTOM = "x-amzn-bedrock-agentcore-runtime-"
Answer = tuple[int, dict[str, str], bytes]


def attach(cloud: Cloud) -> None:
    guard = Guard("agent runtimes")
    service = guard.module("ministack.services.bedrock_agentcore")
    guard.function(service, "_invoke_agent_runtime_in_owner", ("runtime", "headers", "body"))
    stop_container = guard.function(service, "_stop_container", ("runtime_id",))
    identities = _Identities(guard)
    runtimes = Runtimes(cloud)

    def invoke(runtime: Mapping[str, Any], headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            wanted = identities.version(runtime)
            return _forward(runtimes.process(wanted), headers, body)
        except (AgentError, ClientError) as error:
            return _failed(str(error))

    def stop(runtime_id: str) -> None:
        runtimes.stop(runtime_id=runtime_id)
        stop_container(runtime_id)

    service._invoke_agent_runtime_in_owner = invoke
    service._stop_container = stop
    cloud.on_shutdown(runtimes.stop)


class _Identities:
    """The account, region and execution role that a runtime runs as."""

    def __init__(self, guard: Guard) -> None:
        self._context = guard.module("ministack.core.responses")
        runtime = guard.module("ministack.core.lambda_runtime")
        self._credentials = guard.function(runtime, "execution_credentials", ("config",))

    def version(self, record: Mapping[str, Any]) -> RuntimeVersion:
        account, region = self._context.get_account_id(), self._context.get_region()
        name = record["agentRuntimeId"]
        # Sessions of a role are created as for a function: the same role, named after the runtime.
        lent = self._credentials(
            {
                "FunctionArn": f"arn:aws:lambda:{region}:{account}:function:{name}",
                "FunctionName": name,
                "Role": record["roleArn"],
            }
        )
        access = AccessKey(
            key_id=lent["AWS_ACCESS_KEY_ID"],
            secret=lent["AWS_SECRET_ACCESS_KEY"],
            token=lent["AWS_SESSION_TOKEN"] or None,
        )
        return runtime_version(record, account=account, region=region, access=access)


def _forward(agent: AgentProcess, headers: Mapping[str, str], body: bytes) -> Answer:
    session = headers.get(_SESSION) or str(uuid.uuid4())
    passed = {
        name: value for name, value in headers.items() if name in _PASSED_ON or name.startswith(_CUSTOM)
    }
    content_type = headers.get("content-type", "application/json")
    request = urllib.request.Request(  # noqa: S310 - our own http URL
        f"{agent.url}/invocations",
        data=body or b"",
        method="POST",
        headers={**passed, "Content-Type": content_type, _SESSION: session},
    )
    try:
        with opener(agent.token).open(request, timeout=_LONGEST_CALL) as answer:
            answered = {
                "Content-Type": answer.headers.get("Content-Type", "application/json"),
                _SESSION: session,
            }
            return answer.status, answered, answer.read()
    except urllib.error.HTTPError as error:
        message = error.read().decode(errors="replace")[:500]
        return _failed(
            f"Received error ({error.code}) from runtime: {message}\nEnd of its log:\n{agent.last_words()}"
        )
    except OSError as error:
        raise (agent.ended() if agent.ends_within(1) else AgentError(f"{agent.name}: {error}")) from error


def _failed(message: str) -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": "RuntimeClientError"}
    return 424, headers, json.dumps({"__type": "RuntimeClientError", "message": message}).encode()
