"""Builds a `Run` from the definition's plan and the rows of the tables."""

import json
from collections.abc import Iterator

from rehearsal.model.definition import Action, Pipeline, PipelineKey
from rehearsal.model.options import ExecutionOptions
from rehearsal.model.plan import groups
from rehearsal.model.position import Position
from rehearsal.model.results import Fidelity, Gap, SourceRevision
from rehearsal.record.catalogue import Catalogue
from rehearsal.record.database import Database, Row
from rehearsal.record.details import failure_in
from rehearsal.record.views import ActionRun, ConditionRun, Revision, RuleRun, Run, StageRun, Trigger


class Runs:
    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self._db = database
        self._catalogue = catalogue

    def of(self, row: Row) -> Run:
        """The run of this row of `executions`."""
        key = PipelineKey(account=row["account"], region=row["region"], name=row["pipeline"])
        pipeline = self._catalogue.definition(key, row["version"])
        return Run(
            execution_id=row["execution_id"],
            account=key.account,
            region=key.region,
            pipeline=key.name,
            version=row["version"],
            status=row["status"],
            status_summary=row["summary"],
            trigger=Trigger(kind=row["trigger_kind"], detail=row["trigger_detail"]),
            rollback_of=row["rollback_of"],
            started=row["started"],
            ended=row["ended"],
            revisions=self.revisions(row["execution_id"]),
            stages=tuple(self._stages(row["execution_id"], pipeline)) if pipeline else (),
            waiting_at=row["waiting_at"],
            variables=tuple(json.loads(row["vals"]).items()),
            kind=row["kind"],
            mode=row["mode"],
            updated=row["updated"],
            stop_reason=row["stop_reason"],
            restart_of=row["restart_of"],
            position=Position.of_json(json.loads(row["position"])) if row["position"] else None,
            options=options_in(row["options"]),
            number=row["number"],
            overrides={
                action: SourceRevision(**found) for action, found in json.loads(row["overrides"]).items()
            },
        )

    def revisions(self, execution_id: str) -> tuple[Revision, ...]:
        rows = self._db.rows("select * from revisions where execution_id = ? order by at", (execution_id,))
        names = ("action", "artifact", "revision_id", "summary", "url")
        return tuple(Revision(**{name: row[name] for name in names}) for row in rows)

    def _stages(self, execution_id: str, pipeline: Pipeline) -> Iterator[StageRun]:
        entered = self._newest("stages", "stage", execution_id)
        actions = self._actions(execution_id)
        conditions = self._conditions(execution_id)
        for stage in pipeline.stages:
            row = entered.get(stage.name)
            planned = (action for group in groups(stage) for action in group)
            yield StageRun(
                name=stage.name,
                status=row["status"] if row else None,
                attempt=row["attempt"] if row else 0,
                started=row["started"] if row else None,
                ended=row["ended"] if row else None,
                actions=tuple(actions.get((stage.name, a.name)) or _not_started(a) for a in planned),
                conditions=tuple(conditions.get(stage.name, ())),
                message=row["message"] if row else "",
                retried_by=row["retried_by"] if row else "",
            )

    def _newest(self, table: str, column: str, execution_id: str) -> dict[str, Row]:
        """The row of the last attempt, for each."""
        rows = self._db.rows(
            f"select * from {table} where execution_id = ? order by attempt",  # noqa: S608
            (execution_id,),
        )
        return {row[column]: row for row in rows}

    def _actions(self, execution_id: str) -> dict[tuple[str, str], ActionRun]:
        rows = self._db.rows("select * from actions where execution_id = ? order by number", (execution_id,))
        tokens = self._tokens(execution_id)
        gaps = self._gaps(execution_id)
        return {
            (row["stage"], row["action"]): _started(
                row, tokens.get(row["action_execution_id"]), gaps.get(row["action_execution_id"], ())
            )
            for row in rows
        }

    def _tokens(self, execution_id: str) -> dict[str, str]:
        rows = self._db.rows(
            "select p.token, p.action_execution_id from approvals p "
            "join actions a using (action_execution_id) "
            "where a.execution_id = ? and p.status is null and a.status = 'InProgress'",
            (execution_id,),
        )
        return {row["action_execution_id"]: row["token"] for row in rows}

    def _gaps(self, execution_id: str) -> dict[str, tuple[Gap, ...]]:
        found: dict[str, tuple[Gap, ...]] = {}
        for row in self._db.rows("select * from gaps where execution_id = ?", (execution_id,)):
            action = row["action_execution_id"]
            found[action] = (*found.get(action, ()), gap_in(row))
        return found

    def _conditions(self, execution_id: str) -> dict[str, list[ConditionRun]]:
        rules: dict[int, list[RuleRun]] = {}
        for row in self._db.rows(
            "select r.* from rules r join conditions c on c.number = r.condition "
            "where c.execution_id = ? order by r.number",
            (execution_id,),
        ):
            rules.setdefault(row["condition"], []).append(_rule(row))
        found: dict[str, list[ConditionRun]] = {}
        for row in self._db.rows(
            "select * from conditions where execution_id = ? order by number", (execution_id,)
        ):
            found.setdefault(row["stage"], []).append(_condition(row, tuple(rules.get(row["number"], ()))))
        return found


def options_in(stored: str | None) -> ExecutionOptions:
    return ExecutionOptions.of_json(json.loads(stored)) if stored else ExecutionOptions()


def gap_in(row: Row) -> Gap:
    return Gap(subject=row["subject"], fidelity=Fidelity(row["fidelity"]), reason=row["reason"])


def _not_started(action: Action) -> ActionRun:
    return ActionRun(
        action_execution_id="",
        name=action.name,
        provider=action.type.provider,
        category=action.type.category,
        run_order=action.run_order,
    )


def _started(row: Row, token: str | None, gaps: tuple[Gap, ...]) -> ActionRun:
    return ActionRun(
        action_execution_id=row["action_execution_id"],
        name=row["action"],
        provider=row["provider"],
        category=row["category"],
        run_order=row["run_order"],
        status=row["status"],
        summary=row["summary"],
        progress=row["progress"],
        started=row["started"],
        ended=row["ended"],
        fidelity=Fidelity(row["fidelity"]) if row["fidelity"] else None,
        failure=failure_in(row),
        external_id=row["external_id"],
        external_url=row["external_url"],
        token=token,
        gaps=gaps,
        updated_by=row["updated_by"],
        attempt=row["attempt"],
    )


def _condition(row: Row, rules: tuple[RuleRun, ...]) -> ConditionRun:
    return ConditionRun(
        kind=row["kind"],
        result=row["result"],
        status=row["status"],
        summary=row["summary"],
        started=row["started"],
        ended=row["ended"],
        rules=rules,
        attempt=row["attempt"],
        number=row["number"],
    )


def _rule(row: Row) -> RuleRun:
    return RuleRun(
        rule_execution_id=row["rule_execution_id"],
        name=row["rule"],
        provider=row["provider"],
        status=row["status"],
        summary=row["summary"],
        started=row["started"],
        ended=row["ended"],
        failure=failure_in(row),
    )
