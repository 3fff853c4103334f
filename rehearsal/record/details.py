"""Details of single executions of actions and rules for the API, failed attempts included."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.model.definition import PipelineKey
from rehearsal.model.results import Failure, S3Object
from rehearsal.record.database import Database, Row


@dataclass(frozen=True, kw_only=True)
class ActionDetail:
    execution_id: str
    version: int
    action_execution_id: str
    stage: str
    attempt: int
    name: str
    status: str
    summary: str
    started: float
    updated: float
    updated_by: str
    resolved: Mapping[str, str]
    inputs: Mapping[str, S3Object]
    outputs: Mapping[str, S3Object]
    variables: Mapping[str, str]
    failure: Failure | None
    external_id: str
    external_url: str
    token: str | None


@dataclass(frozen=True, kw_only=True)
class RuleDetail:
    execution_id: str
    version: int
    rule_execution_id: str
    stage: str
    name: str
    provider: str
    status: str
    summary: str
    started: float
    updated: float
    resolved: Mapping[str, str]
    failure: Failure | None


@dataclass(frozen=True, kw_only=True)
class ApprovalDetail:
    """One approval; `status` is None until it is answered.

    `waits` is false once its action has ended, in whatever way.
    """

    token: str
    action_execution_id: str
    execution_id: str
    stage: str
    action: str
    expires: float
    custom_data: str
    """The comment for who approves, with its variables resolved."""
    link: str
    status: str | None
    summary: str
    answered_by: str
    waits: bool
    asked: float
    account: str
    region: str
    pipeline: str

    @property
    def key(self) -> PipelineKey:
        return PipelineKey(account=self.account, region=self.region, name=self.pipeline)


class Details:
    def __init__(self, database: Database) -> None:
        self._db = database

    def actions(self, key: PipelineKey, *, execution_id: str | None = None) -> list[ActionDetail]:
        """Newest first."""
        rows = self._db.rows(
            "select a.*, e.version, p.token from actions a join executions e using (execution_id) "
            "left join approvals p on p.action_execution_id = a.action_execution_id and p.status is null "
            "and a.status = 'InProgress' where e.account = ? and e.region = ? and e.pipeline = ? "
            "and e.execution_id = ifnull(?, e.execution_id) order by a.number desc",
            (key.account, key.region, key.name, execution_id),
        )
        return [_action(row) for row in rows]

    def latest_action(self, key: PipelineKey, *, stage: str, action: str) -> ActionDetail | None:
        rows = self._db.rows(
            "select a.*, e.version, p.token from actions a join executions e using (execution_id) "
            "left join approvals p on p.action_execution_id = a.action_execution_id and p.status is null "
            "and a.status = 'InProgress' where e.account = ? and e.region = ? and e.pipeline = ? "
            "and a.stage = ? and a.action = ? order by a.number desc limit 1",
            (key.account, key.region, key.name, stage, action),
        )
        return _action(rows[0]) if rows else None

    def rules(self, key: PipelineKey, *, execution_id: str | None = None) -> list[RuleDetail]:
        """Newest first."""
        rows = self._db.rows(
            "select r.*, c.execution_id, c.stage, e.version from rules r join conditions c "
            "on c.number = r.condition join executions e using (execution_id) where e.account = ? "
            "and e.region = ? and e.pipeline = ? and e.execution_id = ifnull(?, e.execution_id) "
            "order by r.number desc",
            (key.account, key.region, key.name, execution_id),
        )
        return [_rule(row) for row in rows]

    def artifacts(self, execution_id: str) -> dict[str, S3Object]:
        """The artifacts that the execution produced, by name."""
        rows = self._db.rows("select * from artifacts where execution_id = ?", (execution_id,))
        return {
            row["name"]: S3Object(bucket=row["bucket"], key=row["key"], version=row["version"])
            for row in rows
        }

    def outputs(self, execution_id: str) -> dict[str, dict[str, str]]:
        """The variables that its actions produced, by namespace."""
        found: dict[str, dict[str, str]] = {}
        for row in self._db.rows("select * from outputs where execution_id = ?", (execution_id,)):
            found.setdefault(row["namespace"], {})[row["name"]] = row["value"]
        return found

    def started_with(self, key: PipelineKey, client_token: str) -> str | None:
        row = self._db.row(
            "select execution_id from executions where account = ? and region = ? and pipeline = ? "
            "and client_token = ?",
            (key.account, key.region, key.name, client_token),
        )
        return row["execution_id"] if row else None

    def succeeded_in(self, key: PipelineKey, *, stage: str, version: int) -> list[str]:
        """Executions to which the stage can be rolled back, newest success first."""
        rows = self._db.rows(
            "select e.execution_id from executions e join stages s using (execution_id) where e.account = ? "
            "and e.region = ? and e.pipeline = ? and e.version = ? and e.kind = 'STANDARD' and s.stage = ? "
            "and s.status = 'Succeeded' and s.attempt = (select max(attempt) from stages "
            "where execution_id = s.execution_id and stage = s.stage) order by s.ended desc, e.number desc",
            (key.account, key.region, key.name, version, stage),
        )
        return [row["execution_id"] for row in rows]

    def latest_in(self, key: PipelineKey, *, stage: str) -> str | None:
        """The last execution that entered the stage."""
        row = self._db.row(
            "select e.execution_id from executions e join stages s using (execution_id) where e.account = ? "
            "and e.region = ? and e.pipeline = ? and s.stage = ? "
            "order by s.started desc, e.number desc limit 1",
            (key.account, key.region, key.name, stage),
        )
        return row["execution_id"] if row else None

    def approval(self, token: str) -> ApprovalDetail | None:
        return self._approval(token=token)

    def approval_of(self, action_execution_id: str) -> ApprovalDetail | None:
        return self._approval(action_execution_id=action_execution_id)

    def _approval(
        self, *, token: str | None = None, action_execution_id: str | None = None
    ) -> ApprovalDetail | None:
        row = self._db.row(
            "select p.*, a.execution_id, a.stage, a.action, a.ended is null as waits, "
            "e.account, e.region, e.pipeline from approvals p join actions a using (action_execution_id) "
            "join executions e using (execution_id) where p.token = ? or p.action_execution_id = ?",
            (token, action_execution_id),
        )
        if row is None:
            return None
        return ApprovalDetail(**{name: row[name] for name in ApprovalDetail.__dataclass_fields__})


def failure_in(row: Row) -> Failure | None:
    if row["failure_code"] is None:
        return None
    return Failure(code=row["failure_code"], message=row["failure_message"] or "")


def _action(row: Row) -> ActionDetail:
    return ActionDetail(
        name=row["action"],
        resolved=json.loads(row["configuration"]),
        inputs=_objects(row["inputs"]),
        outputs=_objects(row["outputs"]),
        variables=json.loads(row["vars"]),
        failure=failure_in(row),
        **{name: row[name] for name in _SAME_IN_ACTIONS},
    )


_SAME_IN_ACTIONS = (
    "execution_id",
    "version",
    "action_execution_id",
    "stage",
    "attempt",
    "status",
    "summary",
    "started",
    "updated",
    "updated_by",
    "external_id",
    "external_url",
    "token",
)


def _rule(row: Row) -> RuleDetail:
    return RuleDetail(
        execution_id=row["execution_id"],
        version=row["version"],
        rule_execution_id=row["rule_execution_id"],
        stage=row["stage"],
        name=row["rule"],
        provider=row["provider"],
        status=row["status"],
        summary=row["summary"],
        started=row["started"],
        updated=row["ended"] or row["started"],
        resolved=json.loads(row["configuration"]),
        failure=failure_in(row),
    )


def _objects(stored: str) -> dict[str, S3Object]:
    return {item["name"]: S3Object(bucket=item["bucket"], key=item["key"]) for item in json.loads(stored)}
