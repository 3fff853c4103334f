"""A log of each step of a running stack operation, for the case that the daemon is killed before its end.

A service's state is saved when a request to it is answered, a stack's when an operation starts and ends. In
between, the operation creates and deletes resources, some in files of their own: databases, pipelines,
objects. Writing a line takes some ten microseconds, and the line survives a kill.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.home import short_hash


@dataclass
class Progress:
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The stack's record of each created or updated resource, by logical id, in order."""
    begun: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The resources whose creation was started but not completed."""
    deleted: set[str] = field(default_factory=set)
    """Physical ids of deleted resources. A service that was not saved since has the resource again."""


@dataclass(frozen=True)
class Journal:
    folder: Path

    def begin(self, stack_id: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file(stack_id).write_bytes(b"")

    def note(self, stack_id: str, step: str, **what: Any) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._file(stack_id).open("a") as file:
            file.write(json.dumps({"step": step, **what}, default=str) + "\n")

    def progress(self, stack_id: str) -> Progress:
        found = Progress()
        for line in self._lines(stack_id):
            _STEPS[line["step"]](found, line)
        return found

    def _lines(self, stack_id: str) -> list[dict[str, Any]]:
        """All complete lines. A partial last line is ignored: no response can have depended on that step."""
        if not self._file(stack_id).exists():
            return []
        *whole, _ = self._file(stack_id).read_text().split("\n")
        return [json.loads(line) for line in whole]

    def _file(self, stack_id: str) -> Path:
        return self.folder / f"{short_hash(stack_id)}.jsonl"


def _begun(progress: Progress, line: Mapping[str, Any]) -> None:
    progress.begun[line["logical_id"]] = line["resource"]


def _made(progress: Progress, line: Mapping[str, Any]) -> None:
    logical_id, resource = line["logical_id"], line["resource"]
    progress.begun.pop(logical_id, None)
    progress.made.pop(logical_id, None)  # reinserted at the end, in the order of the latest step
    progress.made[logical_id] = resource
    progress.deleted.discard(resource["PhysicalResourceId"])


def _failed(progress: Progress, line: Mapping[str, Any]) -> None:
    progress.begun.pop(line["logical_id"], None)


def _deleted(progress: Progress, line: Mapping[str, Any]) -> None:
    progress.deleted.add(line["physical_id"])


_STEPS = {"begun": _begun, "made": _made, "failed": _failed, "deleted": _deleted}
