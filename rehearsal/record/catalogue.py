"""The pipelines: every version of their definitions, with tags, transitions and webhooks."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.model.definition import Pipeline, PipelineKey
from rehearsal.model.parse import read
from rehearsal.model.render import render
from rehearsal.record.database import Database, Row

_OF = "account = ? and region = ? and name = ?"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The current state of one pipeline."""

    pipeline: Pipeline
    created: float
    updated: float
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Transition:
    """Whether executions may enter a stage."""

    stage: str
    enabled: bool = True
    reason: str = ""
    changed_by: str = ""
    at: float | None = None


class Catalogue:
    def __init__(self, database: Database) -> None:
        self._db = database
        self._parsed: dict[tuple[PipelineKey, int], Pipeline] = {}

    def save(self, pipeline: Pipeline, *, tags: Mapping[str, str] | None = None) -> None:
        """Add this version and make it the current one."""
        now, of = time.time(), _values(pipeline.key)
        with self._db.writing("save a definition") as db:
            db.execute(
                "insert into definitions values (?, ?, ?, ?, ?, ?, ?)",
                (*of, pipeline.version, json.dumps(render(pipeline)), pipeline.restart_on_update, now),
            )
            db.execute(
                "insert into pipelines values (?, ?, ?, ?, ?, ?, ?) on conflict (account, region, name) "
                "do update set version = excluded.version, updated = excluded.updated",
                (*of, pipeline.version, now, now, json.dumps(dict(tags or {}))),
            )

    def remove(self, key: PipelineKey) -> None:
        """Free the name; executions and definitions stay in the record."""
        with self._db.writing("delete a pipeline") as db:
            for table in ("pipelines", "transitions"):
                db.execute(f"delete from {table} where {_OF}", _values(key))  # noqa: S608

    def find(self, key: PipelineKey) -> Entry | None:
        row = self._db.row(f"select * from pipelines where {_OF}", _values(key))  # noqa: S608
        return self._entry(row) if row else None

    def entries(self, *, account: str | None = None, region: str | None = None) -> list[Entry]:
        rows = self._db.rows(
            "select * from pipelines where account = ifnull(?, account) and region = ifnull(?, region) "
            "order by name",
            (account, region),
        )
        return [self._entry(row) for row in rows]

    def definition(self, key: PipelineKey, version: int) -> Pipeline | None:
        """Cached, because a version never changes."""
        if (key, version) not in self._parsed:
            found = self._definition(key, version)
            if found is None:
                return None
            self._parsed[key, version] = found
            self._db.on_rollback(lambda: self._forget(key, version))
        return self._parsed[key, version]

    def _forget(self, key: PipelineKey, version: int) -> None:
        self._parsed.pop((key, version), None)

    def _definition(self, key: PipelineKey, version: int) -> Pipeline | None:
        row = self._db.row(
            f"select body, restart_on_update from definitions where {_OF} and version = ?",  # noqa: S608
            (*_values(key), version),
        )
        if row is None:
            return None
        parsed = read(json.loads(row["body"]), account=key.account, region=key.region, version=version)
        return replace(parsed, restart_on_update=bool(row["restart_on_update"]))

    def newest_version(self, key: PipelineKey) -> int:
        """0 if there never was a pipeline of that name; a reused name continues the numbering."""
        row = self._db.row(
            f"select max(version) from definitions where {_OF}",  # noqa: S608
            _values(key),
        )
        return int(row[0] or 0) if row else 0

    def set_tags(self, key: PipelineKey, tags: Mapping[str, str]) -> None:
        with self._db.writing("set tags") as db:
            db.execute(
                f"update pipelines set tags = ? where {_OF}",  # noqa: S608
                (json.dumps(dict(tags)), *_values(key)),
            )

    def set_transition(self, key: PipelineKey, transition: Transition) -> None:
        with self._db.writing("set a transition") as db:
            db.execute(
                "insert or replace into transitions values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *_values(key),
                    transition.stage,
                    transition.enabled,
                    transition.reason,
                    transition.changed_by,
                    time.time(),
                ),
            )

    def transitions(self, key: PipelineKey) -> dict[str, Transition]:
        """Only transitions that were ever changed."""
        rows = self._db.rows(f"select * from transitions where {_OF}", _values(key))  # noqa: S608
        return {row["stage"]: _transition(row) for row in rows}

    def save_webhook(self, key: PipelineKey, body: Mapping[str, Any]) -> None:
        with self._db.writing("save a webhook") as db:
            db.execute(
                "insert or replace into webhooks values (?, ?, ?, ?, ?)",
                (*_values(key), json.dumps(body), time.time()),
            )

    def remove_webhook(self, key: PipelineKey) -> None:
        with self._db.writing("delete a webhook") as db:
            db.execute(f"delete from webhooks where {_OF}", _values(key))  # noqa: S608

    def webhooks(self, *, account: str, region: str) -> list[Mapping[str, Any]]:
        rows = self._db.rows(
            "select body from webhooks where account = ? and region = ? order by name", (account, region)
        )
        return [json.loads(row["body"]) for row in rows]

    def _entry(self, row: Row) -> Entry:
        key = PipelineKey(account=row["account"], region=row["region"], name=row["name"])
        pipeline = self.definition(key, row["version"])
        if pipeline is None:
            raise LookupError(f"the record has no version {row['version']} of {key.name}")
        return Entry(
            pipeline=pipeline,
            created=row["created"],
            updated=row["updated"],
            tags=json.loads(row["tags"]),
        )


def _transition(row: Row) -> Transition:
    return Transition(
        stage=row["stage"],
        enabled=bool(row["enabled"]),
        reason=row["reason"],
        changed_by=row["changed_by"],
        at=row["at"],
    )


def _values(key: PipelineKey) -> tuple[str, str, str]:
    return key.account, key.region, key.name
