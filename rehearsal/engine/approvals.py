"""Approvals by people and jobs for functions: an action opens them, the API answers them.

Approvals are stored in the record, so that they survive a restart of the daemon. Jobs are not: after a
restart no action waits for their results any more.
"""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rehearsal.engine.errors import EngineError
from rehearsal.engine.ports import ApprovalAnswer, JobAnswer
from rehearsal.model.definition import PipelineKey
from rehearsal.record.record import Record


class ApprovalDesk:
    def __init__(self, record: Record) -> None:
        self._record = record
        self._changed = threading.Condition()

    def ask(self, action_execution_id: str, *, expires: datetime, custom_data: str, link: str) -> str:
        found = self._record.details.approval_of(action_execution_id)
        if found:
            return found.token
        token = str(uuid.uuid4())
        self._record.recorder.ask(
            token,
            action_execution_id=action_execution_id,
            expires=expires.timestamp(),
            custom_data=custom_data,
            link=link,
        )
        return token

    def expires(self, action_execution_id: str) -> datetime | None:
        """None if the approval was not requested yet."""
        found = self._record.details.approval_of(action_execution_id)
        return datetime.fromtimestamp(found.expires, UTC) if found else None

    def asked_at(self, action_execution_id: str) -> float | None:
        found = self._record.details.approval_of(action_execution_id)
        return found.asked if found else None

    def answer(self, token: str, *, wait_seconds: float) -> ApprovalAnswer | None:
        end = time.monotonic() + wait_seconds
        with self._changed:
            while True:
                found = self._record.details.approval(token)
                if found and found.status:
                    return ApprovalAnswer(approved=found.status == "Approved", summary=found.summary)
                if (left := end - time.monotonic()) <= 0:
                    return None
                self._changed.wait(left)

    def decide(
        self, key: PipelineKey, subject: str, token: str, *, status: str, summary: str, by: str
    ) -> None:
        """`subject` is stage/action. Raises `EngineError` unless that action waits with that token."""
        with self._changed, self._record.database.writing("decide an approval"):
            found = self._record.details.approval(token)
            if found is None or (found.key, f"{found.stage}/{found.action}") != (key, subject):
                raise EngineError(
                    "InvalidApprovalTokenException", f"{subject} has no pending approval with that token"
                )
            if not found.waits and not found.status:
                raise EngineError(
                    "InvalidApprovalTokenException", "the approval's action is no longer waiting"
                )
            if found.status:
                raise EngineError(
                    "ApprovalAlreadyCompletedException",
                    f"this approval was already {found.status.lower()}"
                    + (f" by {found.answered_by}" if found.answered_by else ""),
                )
            self._record.recorder.answer(token, status=status, summary=summary, by=by)
            self._record.database.after_commit(self._tell)

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def answered_by(self, action_execution_id: str) -> str:
        found = self._record.details.approval_of(action_execution_id)
        return found.answered_by if found else ""


@dataclass(frozen=True)
class Question:
    """The `Approvals` port of one action."""

    desk: ApprovalDesk
    action_execution_id: str
    announced: bool
    expires: datetime | None
    asked: Callable[[], None]
    """Called after the token was recorded, so that watchers can read it."""

    def ask(self, *, expires: datetime, custom_data: str = "", link: str = "") -> str:
        token = self.desk.ask(self.action_execution_id, expires=expires, custom_data=custom_data, link=link)
        self.asked()
        return token

    def answer(self, token: str, *, wait_seconds: float) -> ApprovalAnswer | None:
        return self.desk.answer(token, wait_seconds=wait_seconds)


@dataclass(frozen=True, kw_only=True)
class Job:
    key: PipelineKey
    data: Mapping[str, Any]


class JobDesk:
    """Jobs of all pipelines, opened by actions (`JobsOfAction`) and answered through the API."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: dict[str, Job] = {}
        self._answers: dict[str, JobAnswer] = {}

    def open(self, job_id: str, job: Job) -> None:
        with self._changed:
            self._open[job_id] = job
            self._answers.pop(job_id, None)

    def answer(self, job_id: str, *, wait_seconds: float) -> JobAnswer | None:
        with self._changed:
            self._changed.wait_for(lambda: job_id in self._answers, wait_seconds)
            return self._answers.pop(job_id, None)

    def details(self, job_id: str, *, account: str, region: str) -> Mapping[str, Any]:
        with self._changed:
            job = self._open.get(job_id)
            if job is None or (job.key.account, job.key.region) != (account, region):
                raise EngineError("JobNotFoundException", f"no job {job_id} is known")
            return job.data

    def complete(self, job_id: str, answer: JobAnswer, *, account: str, region: str) -> None:
        with self._changed:
            self.details(job_id, account=account, region=region)
            if job_id in self._answers:
                raise EngineError("InvalidJobStateException", f"the job {job_id} already has a result")
            self._answers[job_id] = answer
            self._changed.notify_all()


@dataclass(frozen=True)
class JobsOfAction:
    """The `Jobs` port of one action."""

    desk: JobDesk
    key: PipelineKey
    context: Mapping[str, Any]
    """What `GetJobDetails` returns in addition to the function's event."""

    def open(self, job_id: str, data: Mapping[str, Any]) -> None:
        self.desk.open(job_id, Job(key=self.key, data={**self.context, **data}))

    def answer(self, job_id: str, *, wait_seconds: float) -> JobAnswer | None:
        return self.desk.answer(job_id, wait_seconds=wait_seconds)
