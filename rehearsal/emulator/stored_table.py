"""A small store for the rehearsal's own services: one file, written at each change."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class StoredTable:
    """Records by account, region and name."""

    file: Path
    lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def put(self, account: str, region: str, name: str, thing: Mapping[str, Any]) -> None:
        with self.lock:
            self._write({**self._read(), self._key(account, region, name): dict(thing)})

    def get(self, account: str, region: str, name: str) -> Mapping[str, Any] | None:
        return self._read().get(self._key(account, region, name))

    def remove(self, account: str, region: str, name: str) -> bool:
        with self.lock:
            things = self._read()
            found = things.pop(self._key(account, region, name), None)
            self._write(things)
            return found is not None

    def all(self, account: str, region: str) -> tuple[Mapping[str, Any], ...]:
        prefix = self._key(account, region, "")
        return tuple(thing for key, thing in sorted(self._read().items()) if key.startswith(prefix))

    @staticmethod
    def _key(account: str, region: str, name: str) -> str:
        return f"{account}/{region}/{name}"

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            found: dict[str, dict[str, Any]] = json.loads(self.file.read_text())
        except FileNotFoundError:
            return {}
        return found

    def _write(self, things: Mapping[str, Any]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        pending = self.file.with_suffix(".new")
        pending.write_text(json.dumps(things))
        pending.rename(self.file)
