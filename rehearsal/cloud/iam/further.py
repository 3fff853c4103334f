"""The permissions that a call needs beyond its own action on the first resource that it names.

These are `iam:PassRole` for a role that it passes to a service; its own action on every further parameter or
log group that it names, of which ministack checks only the first; and the objects that a transcription reads
and writes in the caller's place.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from rehearsal.cloud.iam.needs import Need
from rehearsal.cloud.iam.passed_roles import passed_by_call


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request, as far as it names resources."""

    service: str
    content_type: str
    body: bytes
    query: Mapping[str, Any]
    region: str
    account: str

    @cached_property
    def arguments(self) -> Mapping[str, Any]:
        """JSON members or form fields; none for S3, whose bodies are arbitrary data."""
        queried = {name: _first(value) for name, value in self.query.items()}
        return {**queried, **(self._sent() if self.service != "s3" else {})}

    def _sent(self) -> Mapping[str, Any]:
        if "form-urlencoded" in self.content_type:
            return _form(self.body)
        try:
            found = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def further_needs(action: str, call: Call) -> tuple[Need, ...]:
    arguments = call.arguments
    return (
        *passed_by_call(action, arguments, account=call.account),
        *_other_parameters(action, arguments, call),
        *_other_log_groups(action, arguments, call),
        *_objects_of_a_transcription(action, arguments),
    )


def _other_parameters(action: str, arguments: Mapping[str, Any], call: Call) -> Iterator[Need]:
    names = arguments.get("Names")
    if action in ("ssm:GetParameters", "ssm:DeleteParameters") and isinstance(names, list):
        prefix = f"arn:aws:ssm:{call.region}:{call.account}:parameter/"
        for name in names[1:]:
            # A version or a label is not part of the parameter's name.
            plain = str(name) if str(name).startswith("arn:") else prefix + _without_selector(str(name))
            yield Need(action=action, resource=plain)


def _without_selector(name: str) -> str:
    return name.partition(":")[0].strip("/")


def _other_log_groups(action: str, arguments: Mapping[str, Any], call: Call) -> Iterator[Need]:
    names = arguments.get("logGroupNames") or arguments.get("logGroupIdentifiers")
    if action == "logs:StartQuery" and isinstance(names, list):
        prefix = f"arn:aws:logs:{call.region}:{call.account}:log-group:"
        for name in names[1:]:
            yield Need(
                action=action, resource=str(name) if str(name).startswith("arn:") else f"{prefix}{name}"
            )


def _objects_of_a_transcription(action: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
    if action != "transcribe:StartTranscriptionJob":
        return
    media = arguments.get("Media")
    recording = str(media.get("MediaFileUri", "")) if isinstance(media, dict) else ""
    if recording.startswith("s3://"):
        yield Need(action="s3:GetObject", resource=f"arn:aws:s3:::{recording.removeprefix('s3://')}")
    if bucket := arguments.get("OutputBucketName"):
        key = arguments.get("OutputKey") or f"{arguments.get('TranscriptionJobName')}.json"
        yield Need(action="s3:PutObject", resource=f"arn:aws:s3:::{bucket}/{key}")


def _form(body: bytes) -> Mapping[str, Any]:
    fields = parse_qs(body.decode("utf-8", errors="replace"))
    return {name: _first(value) for name, value in fields.items()}


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value
