"""Answers approvals by token through the CodePipeline API, as a person would."""

from typing import Literal

from botocore.exceptions import ClientError

from rehearsal.conductor.follow import Waiting, waiting_in
from rehearsal.emulator.sessions import LocalSession
from rehearsal.record.record import Record

Decision = Literal["Approved", "Rejected"]
_SUMMARY_LIMIT = 512  # characters that PutApprovalResult accepts
_TOO_LATE = ("ApprovalAlreadyCompletedException", "InvalidApprovalTokenException")


class TooLateError(Exception):
    """The approval was already answered, or is not pending any more."""


def waiting_approvals(record: Record) -> list[Waiting]:
    """All pending approvals of all executions, oldest first."""
    return [waiting for run in reversed(record.unfinished()) for waiting in waiting_in(run)]


def decide(session: LocalSession, waiting: Waiting, decision: Decision, comment: str) -> None:
    try:
        session.client("codepipeline", region_name=waiting.run.region).put_approval_result(
            pipelineName=waiting.run.pipeline,
            stageName=waiting.stage.name,
            actionName=waiting.action.name,
            token=waiting.action.token,
            result={"status": decision, "summary": comment[:_SUMMARY_LIMIT]},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _TOO_LATE:
            raise TooLateError(error.response["Error"]["Message"]) from error
        raise
