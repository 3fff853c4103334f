"""Jobs hear what the recording carries; ministack's would write the same sentence for each.

A recording that says nothing fails its job, with a reason, as a recording without speech or of another format
does on AWS. Everything else of a job is ministack's: its states, its event, where it writes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from rehearsal.cloud.transcribe.hearing import NotHeardError, heard
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.model.results import Fidelity, Gap

_text: ContextVar[str] = ContextVar("heard", default="")
GAP = Gap(
    subject="Transcribe: StartTranscriptionJob",
    fidelity=Fidelity.EMULATED,
    reason="nobody listens: a job hears the text that an MP3, MP4, WAV, FLAC or Ogg file has as a comment "
    "and fails for any other file; every language counts as English",
)


def attach(cloud: Cloud) -> None:
    _Hearing(cloud, Guard("transcription jobs")).take_part()


class _Hearing:
    def __init__(self, cloud: Cloud, guard: Guard) -> None:
        self._cloud = cloud
        self._jobs = guard.module("ministack.services.transcribe")
        self._objects = guard.module("ministack.services.s3")
        self._run: Callable[..., Awaitable[None]] = guard.function(
            self._jobs, "_run_job_inner", ("job_name", "run_id", "netloc")
        )
        self._live = guard.function(self._jobs, "_live_job", ("job_name", "run_id"))
        self._locate = guard.function(self._jobs, "_parse_s3_uri", ("uri",))
        self._tell = guard.function(self._jobs, "_emit_state_change", ("job_name", "status"))
        self._read = guard.function(self._objects, "_get_object_data", ("bucket_name", "key"))
        guard.function(self._jobs, "_mock_transcript", ("media_uri", "redacted"))
        guard.attribute(self._jobs, "_JOB_RUN_SECONDS")

    def take_part(self) -> None:
        self._jobs._run_job_inner = self._hear_and_run
        self._jobs._mock_transcript = _transcript

    async def _hear_and_run(self, job_name: str, run_id: str, netloc: str) -> None:
        self._cloud.gaps.note(GAP)
        job = self._live(job_name, run_id)
        recording = job and self._read(*self._locate(job["Media"]["MediaFileUri"]))
        if recording is not None:
            try:
                _text.set(await asyncio.to_thread(heard, recording, media_format=job["MediaFormat"]))
            except NotHeardError as silence:
                await self._fail(job_name, run_id, str(silence))
                return
        await self._run(job_name, run_id, netloc)

    async def _fail(self, job_name: str, run_id: str, reason: str) -> None:
        await asyncio.sleep(self._jobs._JOB_RUN_SECONDS)
        job: dict[str, Any] | None = self._live(job_name, run_id)
        if job is not None:
            job.update(TranscriptionJobStatus="FAILED", FailureReason=reason, CompletionTime=time.time())
            self._tell(job_name, "FAILED")


def _transcript(_media_uri: str, redacted: bool = False) -> str:
    return "[PII]" if redacted else _text.get()
