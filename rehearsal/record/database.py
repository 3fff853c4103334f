"""One SQLite file: a single writer, and readers that never wait for it (write-ahead log)."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rehearsal.record.schema import TABLES, VERSION

Row = sqlite3.Row


class Database:
    """One connection, shared by the threads of one process behind a lock."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, timeout=30, cached_statements=512
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._create(path)

    def _create(self, path: Path) -> None:
        found = int(self._connection.execute("pragma user_version").fetchone()[0])
        if found > VERSION:
            raise RecordTooNewError(path, found)
        if found < VERSION:
            self._connection.executescript(TABLES)
            self._connection.execute(f"pragma user_version = {VERSION}")

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        with self._lock:
            return list(self._connection.execute(query, values))

    def row(self, query: str, values: Sequence[Any] = ()) -> Row | None:
        with self._lock:
            found: Row | None = self._connection.execute(query, values).fetchone()
            return found

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction; nested ones join the outermost."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class RecordTooNewError(Exception):
    def __init__(self, path: Path, found: int) -> None:
        super().__init__(
            f"{path} was written by a newer version (record format {found}, this one knows {VERSION}); "
            "update Slipway, or delete the file to forget the runs in it"
        )
