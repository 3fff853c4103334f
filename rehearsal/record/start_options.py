"""Passes options from a command to the execution that it starts, by client token.

A deployment of a pipeline's stack gets them by the stack's name while the command deploys it.

StartPipelineExecution has no field for them. The command writes them to the record, which only the person's
own processes can access, and then starts the execution with the same token. The daemon moves them to the
execution in the transaction that starts it.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rehearsal.model.options import ExecutionOptions
from rehearsal.record.database import Database

_KEPT_SECONDS = 24 * 3600


class StartOptions:
    def __init__(self, database: Database) -> None:
        self._db = database

    @contextmanager
    def during_deployment(self, stack: str, options: ExecutionOptions) -> Iterator[None]:
        """Make `of_deployment` return the options for this stack, and for no longer than this block."""
        token = _deployment(stack)
        self.take(token)  # left there by a command that was killed
        self.leave(token, options)
        try:
            yield
        finally:
            self.take(token)

    def of_deployment(self, stack: str) -> ExecutionOptions:
        row = self._db.row("select body from start_options where client_token = ?", (_deployment(stack),))
        return ExecutionOptions.of_json(json.loads(row["body"])) if row else ExecutionOptions()

    def leave(self, client_token: str, options: ExecutionOptions) -> None:
        """Call before the start; also deletes options of starts that never happened."""
        now = time.time()
        with self._db.writing("leave options for a start") as db:
            db.execute("delete from start_options where at < ?", (now - _KEPT_SECONDS,))
            db.execute(
                "insert into start_options values (?, ?, ?)",
                (client_token, json.dumps(options.as_json()), now),
            )

    def take(self, client_token: str | None) -> ExecutionOptions | None:
        with self._db.writing("take the options of a start") as db:
            row = db.execute(
                "select body from start_options where client_token = ?", (client_token,)
            ).fetchone()
            db.execute("delete from start_options where client_token = ?", (client_token,))
        return ExecutionOptions.of_json(json.loads(row["body"])) if row else None


def _deployment(stack: str) -> str:
    """No client token, which has no spaces."""
    return f"deployment of {stack}"
