"""Detects S3 objects that could not be written: ministack only logs that and answers 200.

It writes each object within the request that puts it. Its log message about a failure is intercepted and
attributed to that request, which is then answered with an error.
"""

import inspect
import logging
from contextvars import ContextVar

from rehearsal.emulator.guards import Guard

_PHRASE = "Failed to persist S3 "
_WRITERS = ("_persist_object", "_persist_delete_marker", "_persist_displaced_version")
_lost: ContextVar[list[str] | None] = ContextVar("lost", default=None)


def watch() -> list[str]:
    """The objects that cannot be written during this request, in threads that it starts too."""
    lost: list[str] = []
    _lost.set(lost)
    return lost


def apply() -> None:
    guard = Guard("S3 objects that cannot be written")
    module = guard.module("ministack.services.s3")
    for name in _WRITERS:
        source = inspect.getsource(guard.attribute(module, name))
        guard.that(f'logger.warning("{_PHRASE}' in source, f"s3.{name} does not log what it loses")
    guard.attribute(module, "logger").addHandler(_Losses(logging.WARNING))


class _Losses(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        lost = _lost.get()
        if lost is not None and str(record.msg).startswith(_PHRASE):
            lost.append(record.getMessage())
