"""The only writer of runs. Every change is written in one transaction with its event."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from rehearsal.model.definition import Action, PipelineKey
from rehearsal.model.options import ExecutionOptions
from rehearsal.model.position import Position
from rehearsal.model.results import ActionResult, Gap, S3Object, SourceRevision
from rehearsal.record.views import Trigger
from rehearsal.record.writing import ConditionRecorder, insert, update


@dataclass(frozen=True, kw_only=True)
class NewExecution:
    """The data of an execution when it starts."""

    execution_id: str
    key: PipelineKey
    version: int
    mode: str
    trigger: Trigger
    kind: str = "STANDARD"
    rollback_of: str | None = None
    restart_of: str | None = None
    client_token: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, SourceRevision] = field(default_factory=dict)
    position: Position | None = None
    options: ExecutionOptions = field(default_factory=ExecutionOptions)


class Recorder(ConditionRecorder):
    """Only the daemon has one; the engine determines statuses by the table of transitions."""

    def start_execution(self, new: NewExecution, *, status: str) -> int:
        """The execution's number; later executions have higher numbers."""
        now = time.time()
        overrides = {action: asdict(revision) for action, revision in new.overrides.items()}
        with self._db.writing("start an execution") as db:
            number = insert(
                db,
                "executions",
                execution_id=new.execution_id,
                account=new.key.account,
                region=new.key.region,
                pipeline=new.key.name,
                version=new.version,
                mode=new.mode,
                kind=new.kind,
                status=status,
                trigger_kind=new.trigger.kind,
                trigger_detail=new.trigger.detail,
                rollback_of=new.rollback_of,
                restart_of=new.restart_of,
                client_token=new.client_token,
                vals=json.dumps(dict(new.values)),
                overrides=json.dumps(overrides),
                position=json.dumps(new.position.as_json()) if new.position else None,
                options=json.dumps(new.options.as_json()),
                started=now,
                updated=now,
            )
            self.event(new.execution_id, "execution", new.key.name, status, new.trigger.kind)
            return number

    def execution(
        self, execution_id: str, *, pipeline: str, status: str, summary: str = "", final: bool
    ) -> None:
        now = time.time()
        with self._db.writing("change an execution") as db:
            db.execute(
                "update executions set status = ?, summary = ?, updated = ?, ended = ?, "
                "waiting_at = case when ? then null else waiting_at end where execution_id = ?",
                (status, summary, now, now if final else None, final, execution_id),
            )
            self.event(execution_id, "execution", pipeline, status, summary)

    def position(self, execution_id: str, position: Position) -> None:
        with self._db.writing("move on") as db:
            update(db, "executions", ("execution_id", execution_id), position=json.dumps(position.as_json()))

    def stopping(self, execution_id: str, *, reason: str) -> None:
        with self._db.writing("keep the reason of a stop") as db:
            update(db, "executions", ("execution_id", execution_id), stop_reason=reason)

    def rebind(self, execution_id: str, *, version: int) -> None:
        """Give an execution that has not begun the newest definition."""
        with self._db.writing("take the newest definition") as db:
            update(db, "executions", ("execution_id", execution_id), version=version)

    def waiting(self, execution_id: str, *, stage: str | None) -> None:
        with self._db.writing("wait at a stage") as db:
            update(db, "executions", ("execution_id", execution_id), waiting_at=stage, updated=time.time())
            if stage:
                self.event(execution_id, "stage", stage, "Waiting", "at the stage's door")

    def stage(
        self,
        execution_id: str,
        *,
        stage: str,
        attempt: int,
        status: str,
        message: str = "",
        retried_by: str = "",
    ) -> None:
        now = time.time()
        ended = None if status in ("InProgress", "Stopping") else now
        with self._db.writing("change a stage") as db:
            db.execute(
                "insert into stages values (?, ?, ?, ?, ?, ?, ?, ?) "
                "on conflict (execution_id, stage, attempt) do update "
                "set status = excluded.status, message = excluded.message, ended = excluded.ended",
                (execution_id, stage, attempt, status, message, retried_by, now, ended),
            )
            self.event(execution_id, "stage", stage, status, message)

    def start_action(
        self,
        action_execution_id: str,
        *,
        execution_id: str,
        stage: str,
        attempt: int,
        action: Action,
        status: str,
        inputs: Mapping[str, S3Object],
    ) -> None:
        now = time.time()
        with self._db.writing("start an action") as db:
            insert(
                db,
                "actions",
                action_execution_id=action_execution_id,
                execution_id=execution_id,
                stage=stage,
                attempt=attempt,
                action=action.name,
                provider=action.type.provider,
                category=action.type.category,
                run_order=action.run_order,
                status=status,
                configuration=json.dumps(dict(action.configuration)),
                inputs=_located(inputs),
                started=now,
                updated=now,
            )
            self.event(execution_id, "action", f"{stage}/{action.name}", status)

    def progress(self, action_execution_id: str, word: str) -> None:
        """Only while the action is in progress, because an abandoned build may still report phases."""
        now = time.time()
        with self._db.writing("tell progress") as db:
            db.execute(
                "update actions set progress = ?, updated = ? "
                "where action_execution_id = ? and ended is null",
                (word, now, action_execution_id),
            )
            db.execute(
                "insert into events (at, execution_id, kind, subject, status, message) "
                "select ?, execution_id, 'action', stage || '/' || action, status, ? "
                "from actions where action_execution_id = ? and ended is null",
                (now, word, action_execution_id),
            )

    def end_action(
        self,
        action_execution_id: str,
        *,
        execution_id: str,
        subject: str,
        status: str,
        result: ActionResult,
        updated_by: str = "",
    ) -> None:
        now, failure = time.time(), result.failure
        summary = result.summary or (failure.message if failure else "")
        with self._db.writing("end an action") as db:
            update(
                db,
                "actions",
                ("action_execution_id", action_execution_id),
                status=status,
                summary=summary,
                progress="",
                fidelity=str(result.fidelity),
                failure_code=failure.code if failure else None,
                failure_message=failure.message if failure else None,
                external_id=result.external_id,
                external_url=result.external_url,
                updated_by=updated_by,
                outputs=_located(result.output_artifacts),
                vars=json.dumps(dict(result.variables)),
                updated=now,
                ended=now,
            )
            for gap in result.gaps:
                self.gap(execution_id, gap, action_execution_id=action_execution_id)
            self.event(execution_id, "action", subject, status, summary)

    def artifacts(self, execution_id: str, found: Mapping[str, S3Object]) -> None:
        with self._db.writing("keep artifacts") as db:
            db.executemany(
                "insert or replace into artifacts values (?, ?, ?, ?, ?)",
                [(execution_id, name, at.bucket, at.key, at.version) for name, at in found.items()],
            )

    def outputs(self, execution_id: str, *, namespace: str, values: Mapping[str, str]) -> None:
        with self._db.writing("keep variables") as db:
            db.executemany(
                "insert or replace into outputs values (?, ?, ?, ?)",
                [(execution_id, namespace, name, value) for name, value in values.items()],
            )

    def revision(self, execution_id: str, *, action: str, artifact: str, found: SourceRevision) -> None:
        with self._db.writing("keep a source revision") as db:
            db.execute(
                "insert or replace into revisions values (?, ?, ?, ?, ?, ?, ?)",
                (execution_id, action, artifact, found.revision_id, found.summary, found.url, time.time()),
            )

    def ask(
        self, token: str, *, action_execution_id: str, expires: float, custom_data: str, link: str
    ) -> None:
        with self._db.writing("ask for an approval") as db:
            insert(
                db,
                "approvals",
                token=token,
                action_execution_id=action_execution_id,
                expires=expires,
                custom_data=custom_data,
                link=link,
                asked=time.time(),
            )

    def answer(self, token: str, *, status: str, summary: str, by: str) -> None:
        with self._db.writing("answer an approval") as db:
            update(
                db,
                "approvals",
                ("token", token),
                status=status,
                summary=summary,
                answered_by=by,
                answered=time.time(),
            )

    def gap(self, execution_id: str, gap: Gap, *, action_execution_id: str = "") -> None:
        with self._db.writing("note a gap") as db:
            db.execute(
                "insert or ignore into gaps values (?, ?, ?, ?, ?)",
                (execution_id, action_execution_id, gap.subject, str(gap.fidelity), gap.reason),
            )

    def log(self, action_execution_id: str, text: str) -> None:
        """One row for each line, however the text was split."""
        now = time.time()
        with self._db.writing("log") as db:
            db.executemany(
                "insert into logs (action_execution_id, at, text) values (?, ?, ?)",
                [(action_execution_id, now, line) for line in text.splitlines() or [""]],
            )


def _located(found: Mapping[str, S3Object]) -> str:
    return json.dumps([{"name": name, "bucket": at.bucket, "key": at.key} for name, at in found.items()])
