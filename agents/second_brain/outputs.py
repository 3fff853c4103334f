"""What the stacks of one stage tell about themselves, for programs that a person runs against it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_API = re.compile(r"https://(?P<api>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com/")
_NEEDED = ("ApiUrl", "UserPoolId", "SmokeClientId")


class NotDeployedError(Exception):
    """There is no such stage here; says which there are."""


def find_outputs(cloudformation: Any, *, stage: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Of `<stage>-SecondBrain…`, such as `Dev` or `Sandbox-ann`."""
    stacks = list(_stacks(cloudformation))
    found = {
        output["OutputKey"]: output["OutputValue"]
        for stack in stacks
        if stack["StackName"].startswith(f"{stage}-SecondBrain")
        for output in stack.get("Outputs", [])
    }
    if missing := [name for name in _NEEDED if name not in found]:
        raise NotDeployedError(
            f"no whole Second Brain in stage {stage} here ({', '.join(missing)} missing); "
            f"stages with one: {', '.join(_stages(stacks)) or 'none'}. "
            'For the rehearsal: run `slipway rehearse --keep` and `eval "$(slipway env)"` first.'
        )
    return {name: _reachable(value, environment) for name, value in found.items()}


def _stacks(cloudformation: Any) -> Iterator[Any]:
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        yield from page["Stacks"]


def _stages(stacks: list[Any]) -> list[str]:
    end = "-SecondBrainApi"
    names = [stack["StackName"] for stack in stacks]
    return sorted(name.removesuffix(end) for name in names if name.endswith(end))


def _reachable(value: str, environment: Mapping[str, str]) -> str:
    """An API's address, where AWS is not at AWS's own place, is a path on that place's endpoint."""
    elsewhere = environment.get("AWS_ENDPOINT_URL")
    if not elsewhere:
        return value
    return _API.sub(lambda found: f"{elsewhere.rstrip('/')}/_aws/execute-api/{found['api']}/", value)
