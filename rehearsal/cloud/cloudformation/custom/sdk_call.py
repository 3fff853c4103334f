"""`AwsCustomResource`: one AWS SDK call for each life-cycle event, written as JSON in the template.

CDK's Node function uses the JavaScript SDK. Its calls have the API's names and parameters, so boto3 makes the
same calls; only the spelling differs: `@aws-sdk/client-ssm` or `SSM` for `ssm`, and `putParameter` or
`PutParameterCommand` for `put_parameter`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from rehearsal import expressions
from rehearsal.cloud.cloudformation.custom.request import CustomRequest
from rehearsal.emulator.environment import AccessKey
from rehearsal.emulator.extension import ResourceResult
from rehearsal.emulator.resource_types.shapes import to_api
from rehearsal.emulator.sessions import LocalSession

_PHYSICAL_ID = "PHYSICAL:RESOURCEID:"
_NAMES = {
    "cloudwatchlogs": "logs",
    "cloudwatchevents": "events",
    "eventbridge": "events",
    "cognitoidentityserviceprovider": "cognito-idp",
    "cognitoidentityprovider": "cognito-idp",
    "sfn": "stepfunctions",
    "elasticloadbalancingv2": "elbv2",
    "applicationautoscaling": "application-autoscaling",
    "configservice": "config",
    "directoryservice": "ds",
    "elasticsearchservice": "es",
    "costandusagereportservice": "cur",
}


def is_sdk_call(properties: Mapping[str, Any]) -> bool:
    """`AwsCustomResource` may have any resource type; only it has this property."""
    return "InstallLatestAwsSdk" in properties


def run(request: CustomRequest) -> ResourceResult:
    call = _call(request.properties.get(request.kind))
    physical_id = _given_id(request)
    if not call:
        return request.answer(physical_id)
    answer = _flat(_made(request, call, request.physical_id or physical_id))
    path = (call.get("physicalResourceId") or {}).get("responsePath")
    if path:
        physical_id = str(answer.get(path) or physical_id)
    return ResourceResult(physical_id=physical_id, attributes=_selected(answer, call))


def _call(text: Any) -> Mapping[str, Any]:
    return json.loads(text) if isinstance(text, str) else (text or {})


def _given_id(request: CustomRequest) -> str:
    """The id of the event's own call; on create, else that of the other calls, else the logical id."""
    kinds = ("Create", "Update", "Delete") if request.kind == "Create" else (request.kind,)
    for kind in kinds:
        named = (_call(request.properties.get(kind)).get("physicalResourceId") or {}).get("id")
        if named:
            return str(named)
    return request.physical_id or request.logical_id


def _made(request: CustomRequest, call: Mapping[str, Any], physical_id: str) -> Mapping[str, Any]:
    session = _session(request, call)
    client: Any = session.client(_service(session, call["service"]))
    method = _method(client, call)
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    parameters = to_api(_with_id(call.get("parameters") or {}, physical_id), shape)
    try:
        answer: Mapping[str, Any] = getattr(client, method)(**parameters)
    except ClientError as error:
        ignored = call.get("ignoreErrorCodesMatching")
        if ignored and expressions.found_in(ignored, error.response["Error"]["Code"]):
            return {}
        raise
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _session(request: CustomRequest, call: Mapping[str, Any]) -> LocalSession:
    session, role = request.session(region=call.get("region")), call.get("assumedRoleArn")
    if not role:
        return session
    client: Any = session.client("sts")
    lent = client.assume_role(RoleArn=role, RoleSessionName=request.logical_id[:64].ljust(2, "-"))[
        "Credentials"
    ]
    key = AccessKey(key_id=lent["AccessKeyId"], secret=lent["SecretAccessKey"], token=lent["SessionToken"])
    return LocalSession(endpoint_url=session.endpoint_url, region=session.region_name, key=key)


def _service(session: LocalSession, name: str) -> str:
    plain = _plain(name.removeprefix("@aws-sdk/client-"))
    if plain in _NAMES:
        return _NAMES[plain]
    for known in session.get_available_services():
        if _plain(known) == plain:
            return str(known)
    raise ValueError(f"AwsCustomResource names the service {name!r}, which boto3 does not know")


def _method(client: Any, call: Mapping[str, Any]) -> str:
    wanted = _plain(str(call["action"]).removesuffix("Command"))
    for method in client.meta.method_to_api_mapping:
        if _plain(method) == wanted:
            return str(method)
    raise ValueError(f"AwsCustomResource names {call['service']}.{call['action']}, which is no operation")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _with_id(value: Any, physical_id: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_id(item, physical_id) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_id(item, physical_id) for item in value]
    return physical_id if value == _PHYSICAL_ID else value


def _flat(answer: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_leaves(answer, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Values by path as `getResponseField` writes it, such as `Vpcs.0.VpcId`."""
    if isinstance(value, Mapping):
        parts: Any = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        yield path, _text(value)
        return
    for name, item in parts:
        yield from _leaves(item, f"{path}.{name}" if path else str(name))


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "read"):
        value = value.read()
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _selected(answer: Mapping[str, Any], call: Mapping[str, Any]) -> dict[str, Any]:
    paths = call.get("outputPaths") or ([call["outputPath"]] if call.get("outputPath") else [])
    return {name: value for name, value in answer.items() if not paths or name.startswith(tuple(paths))}
