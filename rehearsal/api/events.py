"""Sends state changes to the account's default event bus, as CodePipeline does.

`PutEvents` refuses sources that start with `aws.` from any caller but AWS, so the event is passed to the
embedded EventBridge in the same way as by its own services.
"""

import contextvars
import json
import logging
import queue
from datetime import UTC, datetime
from typing import Any

from rehearsal.emulator.guards import Guard
from rehearsal.engine.ledger import Notice
from rehearsal.model.results import S3Object

_STATES = {
    "enter": "STARTED",
    "retry": "RESUMED",
    "override": "RESUMED",
    "succeed": "SUCCEEDED",
    "fail": "FAILED",
    "skip": "SKIPPED",
    "stop": "STOPPING",
    "stopped": "STOPPED",
    "cancel": "CANCELED",
    "abandon": "ABANDONED",
    "supersede": "SUPERSEDED",
}
_log = logging.getLogger("rehearsal.api.events")


class EventBus:
    """Delivers events in order in its own thread, so that no execution waits for a rule's targets."""

    def __init__(self) -> None:
        guard = Guard("codepipeline events")
        events = guard.module("ministack.services.eventbridge")
        context = guard.module("ministack.core.responses")
        self._put = guard.function(events, "_put_events", ("data", "allow_aws_source"))
        self._set_account = guard.function(context, "set_request_account_id", ("access_key_id",))
        self._set_region = guard.function(context, "set_request_region", ("region",))
        self._waiting: queue.SimpleQueue[tuple[Notice, dict[str, Any]]] = queue.SimpleQueue()

    def post(self, notice: Notice) -> None:
        """Create the event now, while the execution has the state that it describes."""
        self._waiting.put((notice, entry_for(notice)))

    def deliver(self) -> None:
        while True:
            notice, entry = self._waiting.get()
            try:
                contextvars.copy_context().run(self._send, notice, entry)
            except Exception:
                _log.exception("an event of pipeline %s was not delivered", notice.key.name)

    def _send(self, notice: Notice, entry: dict[str, Any]) -> None:
        self._set_account(notice.key.account)
        self._set_region(notice.key.region)
        self._put({"Entries": [entry]}, True)


def entry_for(notice: Notice) -> dict[str, Any]:
    return {
        "Source": "aws.codepipeline",
        "DetailType": f"CodePipeline {notice.kind} Execution State Change",
        "Detail": json.dumps(detail_of(notice)),
        "Resources": [notice.execution.pipeline.arn],
    }


def detail_of(notice: Notice) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "pipeline": notice.key.name,
        "execution-id": notice.execution.id,
        "start-time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "state": _STATES[notice.event],
        "version": notice.version,
        "pipeline-execution-attempt": float(notice.attempt),
    }
    if notice.kind == "Pipeline":
        return {**detail, **_about_execution(notice)}
    detail["stage"] = notice.stage
    return {**detail, **_about_action(notice)} if notice.action else detail


def _about_execution(notice: Notice) -> dict[str, Any]:
    execution = notice.execution
    about: dict[str, Any] = {
        "execution-trigger": {
            "trigger-type": execution.trigger.kind,
            "trigger-detail": execution.trigger.detail,
        },
        "execution-mode": execution.mode,
        "execution-type": execution.kind,
    }
    if execution.rollback_of:
        about["rollback-metadata"] = {"rollback-target-pipeline-execution-id": execution.rollback_of}
    return about


def _about_action(notice: Notice) -> dict[str, Any]:
    action = notice.action
    assert action is not None  # noqa: S101 - checked by the caller
    about: dict[str, Any] = {
        "action": action.name,
        "action-execution-id": notice.action_execution_id,
        "region": action.region or notice.key.region,
        "type": {
            "owner": action.type.owner,
            "provider": action.type.provider,
            "category": action.type.category,
            "version": action.type.version,
        },
    }
    if notice.inputs:
        about["input-artifacts"] = _artifacts(notice.inputs)
    if notice.result.output_artifacts:
        about["output-artifacts"] = _artifacts(dict(notice.result.output_artifacts))
    result = _result(notice)
    return {**about, "execution-result": result} if result else about


def _result(notice: Notice) -> dict[str, str]:
    found = notice.result
    named = {
        "external-execution-url": found.external_url,
        "external-execution-summary": found.summary or (found.failure.message if found.failure else ""),
        "external-execution-id": found.external_id,
        "error-code": found.failure.code if found.failure else "",
    }
    return {name: value for name, value in named.items() if value}


def _artifacts(found: dict[str, S3Object]) -> list[dict[str, Any]]:
    return [{"name": name, "s3location": {"bucket": at.bucket, "key": at.key}} for name, at in found.items()]
