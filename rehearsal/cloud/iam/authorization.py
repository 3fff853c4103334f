"""The resource of a request, for calls where ministack derives none and a scoped grant would be denied.

Without a derived resource, ministack checks `*`; policies that grant one model, one parameter or one memory
then never match. This table derives the resources that templates commonly grant. A call that names several
parameters is checked here against the first.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

_MODEL = re.compile(r"^/model/(?P<id>.+?)/(?:invoke|converse)")
_PROFILE = re.compile(r"^(?:us|eu|apac|jp|au|ca|us-gov|global)\.")
_PLACE_INDEX = re.compile(r"^/places/v0/indexes/(?P<name>[^/]+)")
_MEMORY = re.compile(r"^/memories/(?P<id>[^/]+)/")
_RUNTIME = re.compile(r"^/runtimes/(?P<id>[^/]+)")
Derive = Callable[[str, Mapping[str, Any], str, str], str]
"""From path, JSON body, region and account to an ARN, or None."""


def apply(cloud: Cloud) -> None:
    if not cloud.enforces_iam:
        return
    actions = (guard := Guard("resource of a request")).module("ministack.core.iam_actions")
    native = guard.attribute(actions, "extract_resource_arn")

    def extract(
        service: str,
        method: str,
        path: str,
        headers: Any,
        body: bytes,
        query_params: Any,
        region: str,
        account_id: str,
    ) -> str:
        found: str = native(service, method, path, headers, body, query_params, region, account_id)
        derive = _DERIVED.get(service)
        if found != "*" or derive is None:
            return found
        return derive(path, _json(body), region, account_id) or found

    actions.extract_resource_arn = extract


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _model(path: str, _body: Mapping[str, Any], region: str, account: str) -> str:
    found = _MODEL.match(path)
    if not found:
        return ""
    model = unquote(found["id"])
    if model.startswith("arn:"):
        return model
    if _PROFILE.match(model):
        return f"arn:aws:bedrock:{region}:{account}:inference-profile/{model}"
    return f"arn:aws:bedrock:{region}::foundation-model/{model}"


def _parameter(_path: str, body: Mapping[str, Any], region: str, account: str) -> str:
    names = body.get("Names") or [body.get("Path", "")]
    first = str(names[0]).strip("/")
    return f"arn:aws:ssm:{region}:{account}:parameter/{first}" if first else ""


def _place_index(path: str, _body: Mapping[str, Any], region: str, account: str) -> str:
    found = _PLACE_INDEX.match(path)
    return f"arn:aws:geo:{region}:{account}:place-index/{found['name']}" if found else ""


def _agentcore(path: str, _body: Mapping[str, Any], region: str, account: str) -> str:
    for pattern, kind in ((_MEMORY, "memory"), (_RUNTIME, "runtime")):
        if found := pattern.match(path):
            identifier = unquote(found["id"])
            named = identifier.startswith("arn:")
            return (
                identifier if named else f"arn:aws:bedrock-agentcore:{region}:{account}:{kind}/{identifier}"
            )
    return ""


def _log_group(_path: str, body: Mapping[str, Any], region: str, account: str) -> str:
    named = body.get("logGroupIdentifier") or next(iter(body.get("logGroupNames") or ()), "")
    if not named or str(named).startswith("arn:"):
        return str(named)
    return f"arn:aws:logs:{region}:{account}:log-group:{named}"


def _transcription_job(_path: str, body: Mapping[str, Any], region: str, account: str) -> str:
    """Of jobs that are there: on AWS no resource limits which jobs may be started."""
    if "Media" in body or "TranscriptionJobName" not in body:
        return ""
    return f"arn:aws:transcribe:{region}:{account}:transcription-job/{body['TranscriptionJobName']}"


def _rest_api(path: str, _body: Mapping[str, Any], region: str, _account: str) -> str:
    return f"arn:aws:apigateway:{region}::{path}"


_DERIVED: Mapping[str, Derive] = {
    "bedrock-runtime": _model,
    "ssm": _parameter,
    "location": _place_index,
    "bedrock-agentcore": _agentcore,
    "logs": _log_group,
    "apigateway": _rest_api,
    "transcribe": _transcription_job,
}
