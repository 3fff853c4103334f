"""JSON lines with the request's ids, and without anybody's words.

An exception's text may quote what a person wrote or a model said, so of an exception only its type and
its place are logged, also by the libraries.
"""

import logging
import sys
import traceback
from types import TracebackType

from bedrock_agentcore.runtime.app import RequestContextFormatter

_LIBRARY = "bedrock_agentcore.app"


class DiscreetFormatter(RequestContextFormatter):
    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            record.msg, record.args = f"{record.getMessage()}: {_told(error)}", ()
        record.exc_info = record.exc_text = None
        return str(super().format(record))  # type: ignore[no-untyped-call]


def write_logs() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(DiscreetFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger(_LIBRARY).handlers = [logging.NullHandler()]


def _told(error: BaseException) -> str:
    cause = error.__cause__ or error.__context__
    because = f" because of {_told(cause)}" if cause else ""
    return f"{type(error).__name__}{_place(error.__traceback__)}{because}"


def _place(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    return f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
