"""Writes events and stage conditions."""

import json
import sqlite3
import time

from rehearsal.model.definition import Rule
from rehearsal.model.results import Failure
from rehearsal.record.database import Database


class EventRecorder:
    def __init__(self, database: Database) -> None:
        self._db = database

    def event(self, execution_id: str, kind: str, subject: str, status: str, message: str = "") -> None:
        with self._db.writing("add an event") as db:
            insert(
                db,
                "events",
                at=time.time(),
                execution_id=execution_id,
                kind=kind,
                subject=subject,
                status=status,
                message=message,
            )


class ConditionRecorder(EventRecorder):
    """Evaluations of stage conditions and of the rules in them."""

    def start_condition(
        self, execution_id: str, *, stage: str, attempt: int, kind: str, result: str, status: str
    ) -> int:
        with self._db.writing("start a condition") as db:
            number = insert(
                db,
                "conditions",
                execution_id=execution_id,
                stage=stage,
                attempt=attempt,
                kind=kind,
                result=result,
                status=status,
                started=time.time(),
            )
            self.event(execution_id, "condition", f"{stage}/{kind}", status)
            return number

    def end_condition(
        self, number: int, *, execution_id: str, subject: str, status: str, summary: str
    ) -> None:
        with self._db.writing("end a condition") as db:
            update(db, "conditions", ("number", number), status=status, summary=summary, ended=time.time())
            self.event(execution_id, "condition", subject, status, summary)

    def start_rule(
        self,
        rule_execution_id: str,
        *,
        execution_id: str,
        stage: str,
        condition: int,
        rule: Rule,
        status: str,
    ) -> None:
        with self._db.writing("start a rule") as db:
            insert(
                db,
                "rules",
                rule_execution_id=rule_execution_id,
                condition=condition,
                rule=rule.name,
                provider=rule.provider,
                status=status,
                configuration=json.dumps(dict(rule.configuration)),
                started=time.time(),
            )
            self.event(execution_id, "rule", f"{stage}/{rule.name}", status)

    def end_rule(
        self, rule_execution_id: str, *, execution_id: str, subject: str, status: str, failure: Failure | None
    ) -> None:
        code, message = (failure.code, failure.message) if failure else (None, None)
        with self._db.writing("end a rule") as db:
            update(
                db,
                "rules",
                ("rule_execution_id", rule_execution_id),
                status=status,
                summary=message or "",
                failure_code=code,
                failure_message=message,
                ended=time.time(),
            )
            self.event(execution_id, "rule", subject, status, message or "")


def insert(db: sqlite3.Connection, table: str, **values: str | float | None) -> int:
    """Insert the row and return its number."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    cursor = db.execute(f"insert into {table} ({names}) values ({marks})", tuple(values.values()))  # noqa: S608
    return int(cursor.lastrowid or 0)


def update(
    db: sqlite3.Connection, table: str, which: tuple[str, str | int], **values: str | float | None
) -> None:
    column, value = which
    changes = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"update {table} set {changes} where {column} = ?", (*values.values(), value))  # noqa: S608
