"""One SQLite file with a single writer and readers that never wait for it (write-ahead log).

Every transaction has a name: `writing("start an execution")`. Tests that kill the writer, or make its writes
fail, do so at each name; names are literals, so that all of them can be found in the sources. A nested
transaction joins the outermost. An effect that requires the commit (starting a thread, sending a notice) is
passed to `after_commit`; the undo of a change in memory is passed to `on_rollback`.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from rehearsal.record.schema import MIGRATIONS, VERSION

Row = sqlite3.Row
WriteError = sqlite3.OperationalError
"""Raised by a write that SQLite cannot do now, usually because the disk is full."""


class Observer(Protocol):
    """Called for every transaction; may raise `WriteError` as SQLite does."""

    def begin(self, name: str) -> None:
        """Called for joining transactions too."""

    def before_commit(self, name: str) -> None: ...

    def after_commit(self, name: str) -> None: ...


class _NoObserver:
    def begin(self, name: str) -> None:
        pass

    def before_commit(self, name: str) -> None:
        pass

    def after_commit(self, name: str) -> None:
        pass


@dataclass
class _Transaction:
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    on_rollback: list[Callable[[], None]] = field(default_factory=list)


class Database:
    """One connection, shared by the threads of one process with a lock."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.observer: Observer = _NoObserver()
        self._lock = threading.RLock()
        self._transaction: _Transaction | None = None
        self._connection = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, timeout=30, cached_statements=512
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._migrate(path)

    def _migrate(self, path: Path) -> None:
        if self._version() > VERSION:
            raise RecordTooNewError(path, self._version())
        if self._version() == VERSION:
            return
        with self.writing("create or migrate the tables") as db:
            # The version is read again, because another process may have migrated first.
            for statements in MIGRATIONS[self._version() :]:
                for statement in filter(str.strip, statements.split(";")):
                    db.execute(statement)
            db.execute(f"pragma user_version = {VERSION}")

    def _version(self) -> int:
        return int(self._connection.execute("pragma user_version").fetchone()[0])

    def rows(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
        with self._lock:
            return list(self._connection.execute(query, values))

    def row(self, query: str, values: Sequence[Any] = ()) -> Row | None:
        with self._lock:
            found: Row | None = self._connection.execute(query, values).fetchone()
            return found

    @contextmanager
    def writing(self, name: str) -> Iterator[sqlite3.Connection]:
        """A transaction of that name; nested ones join the outermost."""
        with self._lock:
            self.observer.begin(name)
            if self._transaction is not None:
                yield self._connection
                return
            self._connection.execute("begin immediate")
            transaction = self._transaction = _Transaction()
            try:
                yield self._connection
                self.observer.before_commit(name)
                self._connection.execute("commit")
            except BaseException:
                self._roll_back(transaction)
                raise
            finally:
                self._transaction = None
            self.observer.after_commit(name)
        for callback in transaction.after_commit:
            callback()

    def _roll_back(self, transaction: _Transaction) -> None:
        if self._connection.in_transaction:  # on a full disk SQLite has rolled back already
            self._connection.execute("rollback")
        for undo in reversed(transaction.on_rollback):
            undo()

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call it after the commit of the open transaction; at once if none is open."""
        with self._lock:
            if self._transaction is not None:
                self._transaction.after_commit.append(callback)
                return
        callback()

    def on_rollback(self, undo: Callable[[], None]) -> None:
        with self._lock:
            if self._transaction is not None:
                self._transaction.on_rollback.append(undo)

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class RecordTooNewError(Exception):
    def __init__(self, path: Path, found: int) -> None:
        super().__init__(
            f"{path} was written by a newer version (record format {found}, this one knows {VERSION}); "
            "update Slipway, or delete the file to forget the runs in it"
        )
