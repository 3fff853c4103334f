"""`SynthesizeSpeech`, for text as MP3: what Second Brain calls. Every other call is refused by name."""

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.cloud.polly.recording import recording
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.model.results import Fidelity, Gap

_BILLED = 3000
"""Characters of one call."""
Response = tuple[int, dict[str, str], bytes]

GAP = Gap(
    subject="Polly: SynthesizeSpeech",
    fidelity=Fidelity.EMULATED,
    reason="nobody speaks: the MP3 file is silent, lasts as the text would, carries the text as a comment; "
    "only plain text as MP3 is taken, and any voice",
)


def attach(cloud: Cloud) -> None:
    guard = Guard("speech")
    services = guard.attribute(guard.module("ministack.app"), "SERVICE_HANDLERS")
    guard.that("polly" not in services, "it has a service polly of its own")
    actions = guard.module("ministack.core.iam_actions")
    namespaces = guard.attribute(actions, "SERVICE_TO_IAM_NAMESPACE")
    models = guard.attribute(actions, "_BOTOCORE_SERVICE_MAP")
    patterns = guard.attribute(guard.module("ministack.core.router"), "SERVICE_PATTERNS")

    async def handle(method: str, path: str, _headers: Any, body: bytes, _query: Any) -> Response:
        cloud.gaps.note(GAP)
        return _answer(method, path, body)

    services["polly"] = handle
    patterns["polly"] = {"host_patterns": [r"polly\."]}
    namespaces["polly"] = "polly"
    models["polly"] = ["polly"]


def _answer(method: str, path: str, body: bytes) -> Response:
    if (method, path) != ("POST", "/v1/speech"):
        return _failure("InvalidAction", f"{method} {path} is not emulated; SynthesizeSpeech is", 501)
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        return _failure("SerializationException", "The body is not JSON", 400)
    return _speak(asked)


def _speak(asked: Mapping[str, Any]) -> Response:
    text = asked.get("Text")
    if not isinstance(text, str) or not text or not asked.get("VoiceId"):
        return _failure("ValidationException", "Text and VoiceId are needed", 400)
    if asked.get("OutputFormat") != "mp3" or asked.get("TextType", "text") != "text":
        return _failure("InvalidParameterValueException", "only text as mp3 is emulated", 501)
    if len(text) > _BILLED:
        return _failure("TextLengthExceededException", "Maximum text length has been exceeded", 400)
    headers = {"Content-Type": "audio/mpeg", "x-amzn-RequestCharacters": str(len(text))}
    return 200, headers, recording(text)


def _failure(code: str, message: str, status: int) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"__type": code, "message": message}).encode()
