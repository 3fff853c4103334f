"""Options that a command leaves for the execution that it is about to start, under its client token.

StartPipelineExecution has no field for them. The command writes them into the record, to which only the
person's own processes have access, and then starts the execution with the same token. The daemon takes
them into the execution in the transaction that starts it.
"""

import json
import time

from rehearsal.model.options import ExecutionOptions
from rehearsal.record.database import Database

_KEPT_SECONDS = 24 * 3600


class StartOptions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def leave(self, client_token: str, options: ExecutionOptions) -> None:
        """Call it before the start; what was left for a start that never came is cleared away."""
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
