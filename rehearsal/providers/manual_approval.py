"""The Approval action: waits until a person answers or the approval times out."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from rehearsal.engine.ports import ActionRequest, ApprovalAnswer
from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity
from rehearsal.providers.configuration import reading
from rehearsal.providers.identity import region_of, session_of
from rehearsal.providers.outcome import ActionFailure, reported

_SEVEN_DAYS = 7 * 24 * 60
_LISTEN_SECONDS = 0.5
"""How long to wait for the answer before checking whether the execution was stopped."""


@dataclass(frozen=True, kw_only=True)
class _Settings:
    custom_data: str
    link: str
    topic: str | None

    @classmethod
    def of(cls, action: Action) -> "_Settings":
        with reading(action) as values:
            values.artifacts(inputs=(0, 0), outputs=(0, 0))
            return cls(
                custom_data=values.text("CustomData", ""),
                link=values.text("ExternalEntityLink", ""),
                topic=values.optional("NotificationArn"),
            )


class ManualApproval:
    def check(self, action: Action) -> None:
        _Settings.of(action)

    @reported
    def run(self, request: ActionRequest) -> ActionResult:
        if request.approvals is None:
            raise ActionFailure("internal error: this approval cannot be answered", code="SystemUnavailable")
        settings = _Settings.of(request.action)
        minutes = request.action.timeout_minutes or _SEVEN_DAYS
        expires = request.approvals.expires or datetime.now(UTC) + timedelta(minutes=minutes)
        announced = request.approvals.announced
        token = request.approvals.ask(expires=expires, custom_data=settings.custom_data, link=settings.link)
        if settings.topic and not announced:
            _announce(request, settings, topic=settings.topic, token=token, expires=expires)
        return _result(_await_answer(request, token, expires))


def _await_answer(request: ActionRequest, token: str, expires: datetime) -> ApprovalAnswer:
    assert request.approvals is not None  # noqa: S101 - checked by `run`
    deadline = time.monotonic() + (expires - datetime.now(UTC)).total_seconds()
    while not request.cancelled.is_set():
        if answer := request.approvals.answer(token, wait_seconds=_LISTEN_SECONDS):
            return answer
        if time.monotonic() > deadline:
            raise ActionFailure("the approval was not given in time", code="TimedOut")
    raise ActionFailure("stopped while waiting for an approval")


def _result(answer: ApprovalAnswer) -> ActionResult:
    if not answer.approved:
        raise ActionFailure(f"Rejected: {answer.summary}" if answer.summary else "Rejected")
    return ActionResult(summary=answer.summary, fidelity=Fidelity.REAL)


def _announce(
    request: ActionRequest, settings: _Settings, *, topic: str, token: str, expires: datetime
) -> None:
    session_of(request).client("sns").publish(
        TopicArn=topic,
        Subject=f"APPROVAL NEEDED: AWS CodePipeline {request.pipeline} for action {request.action.name}"[
            :100
        ],
        Message=json.dumps(_message(request, settings, token=token, expires=expires)),
    )


def _message(
    request: ActionRequest, settings: _Settings, *, token: str, expires: datetime
) -> dict[str, object]:
    """The message in CodePipeline's documented format for approval notifications."""
    region = region_of(request)
    console = f"https://console.aws.amazon.com/codepipeline/home?region={region}#/view/{request.pipeline}"
    review = "/".join(quote(part) for part in (request.stage, request.action.name, "approve", token))
    approval = {
        "pipelineName": request.pipeline,
        "stageName": request.stage,
        "actionName": request.action.name,
        "token": token,
        "expires": expires.strftime("%Y-%m-%dT%H:%MZ"),
        "externalEntityLink": settings.link or None,
        "approvalReviewLink": f"{console}/{review}",
        "customData": settings.custom_data or None,
    }
    return {"region": region, "consoleLink": console, "approval": approval}
