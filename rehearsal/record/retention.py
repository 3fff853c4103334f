"""Determines the executions whose artifacts are still needed."""

from dataclasses import dataclass

from rehearsal.model.definition import PipelineKey
from rehearsal.record.database import Database

_ROLL_BACK_TARGETS = 3
"""For each stage: the execution in it, one to roll back to, and one more."""

_KEPT = """
with own as (
    select * from executions where account = :account and region = :region and pipeline = :pipeline
), succeeded as (
    select stages.execution_id, row_number() over (partition by stage order by own.number desc) as place
    from stages join own on own.execution_id = stages.execution_id where stages.status = 'Succeeded'
)
select execution_id, started from own
    where number in (select number from own order by number desc limit :newest)
union select execution_id, started from own where status in ('InProgress', 'Stopping')
union select own.execution_id, started from own join succeeded on own.execution_id = succeeded.execution_id
    where place <= :targets
"""


@dataclass(frozen=True, kw_only=True)
class Retained:
    since: float
    """The start of the oldest retained execution; later objects are never old."""
    objects: frozenset[tuple[str, str]]
    """Bucket and key."""


class Retention:
    def __init__(self, database: Database) -> None:
        self._db = database

    def artifacts(self, key: PipelineKey, *, newest: int) -> Retained | None:
        """Artifacts of the newest, running and roll-back target executions; None if there are none."""
        values = {
            "account": key.account,
            "region": key.region,
            "pipeline": key.name,
            "newest": newest,
            "targets": _ROLL_BACK_TARGETS,
        }
        kept = self._db.rows(_KEPT, values)
        if not kept:
            return None
        marks = ", ".join("?" * len(kept))
        rows = self._db.rows(
            f"select bucket, key from artifacts where execution_id in ({marks})",  # noqa: S608 - marks only
            [row["execution_id"] for row in kept],
        )
        recent = sorted((row["started"] for row in kept), reverse=True)[:newest]
        return Retained(since=recent[-1], objects=frozenset((row["bucket"], row["key"]) for row in rows))
