"""Writes a build's log to CloudWatch Logs in batches."""

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.builds.running.phases import PhaseError

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import InputLogEventTypeDef

_SECONDS_BETWEEN = 0.5
_EVENTS_AT_ONCE = 1000


class CloudWatchSink:
    """Raises `PhaseError` at once if the role may not write the log, as on AWS."""

    def __init__(self, session: boto3.session.Session, *, group: str, stream: str, build_arn: str) -> None:
        self._client = session.client("logs")
        self._group, self._stream = group, stream
        self._waiting: list[InputLogEventTypeDef] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._open(build_arn)
        self._thread = threading.Thread(target=self._keep_sending, name="build-log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        with self._lock:
            self._waiting.append({"timestamp": int(time.time() * 1000), "message": line or " "})

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._send()

    def _open(self, build_arn: str) -> None:
        try:
            self._create(self._client.create_log_stream, logStreamName=self._stream)
        except self._client.exceptions.ResourceNotFoundException:
            self._allowed(build_arn, self._client.create_log_group)
            self._allowed(build_arn, self._client.create_log_stream, logStreamName=self._stream)
        except ClientError as error:
            raise _not_allowed(error, build_arn) from error

    def _allowed(self, build_arn: str, call: Any, **arguments: str) -> None:
        try:
            self._create(call, **arguments)
        except ClientError as error:
            raise _not_allowed(error, build_arn) from error

    def _create(self, call: Any, **arguments: str) -> None:
        try:
            call(logGroupName=self._group, **arguments)
        except self._client.exceptions.ResourceAlreadyExistsException:
            return

    def _keep_sending(self) -> None:
        while not self._ended.wait(_SECONDS_BETWEEN):
            self._send()

    def _send(self) -> None:
        with self._lock:
            events, self._waiting = self._waiting, []
        with contextlib.suppress(ClientError, BotoCoreError):  # a lost log line must not end a build
            for start in range(0, len(events), _EVENTS_AT_ONCE):
                self._client.put_log_events(
                    logGroupName=self._group,
                    logStreamName=self._stream,
                    logEvents=events[start : start + _EVENTS_AT_ONCE],
                )


def _not_allowed(error: ClientError, build_arn: str) -> PhaseError:
    return PhaseError(
        "ACCESS_DENIED",
        "Service role does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams "
        f"for build {build_arn}. Error message: {error.response['Error'].get('Message')}",
    )
