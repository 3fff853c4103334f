"""A disk that is full while it matters."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Disk:
    """Fails every transaction for which `full` says so."""

    full: Callable[[str], bool] = lambda _: False
    failed: list[str] = field(default_factory=list)

    def begin(self, name: str) -> None:
        pass

    def before_commit(self, name: str) -> None:
        if self.full(name):
            self.failed.append(name)
            raise sqlite3.OperationalError("database or disk is full")

    def after_commit(self, name: str) -> None:
        pass
