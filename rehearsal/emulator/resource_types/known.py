"""The data from which a table row computes a resource's name, ARN or attributes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator.extension import ResourceRequest
from rehearsal.home import short_hash


@dataclass(frozen=True, kw_only=True)
class Known:
    request: ResourceRequest
    id: str = ""
    """The physical id; empty while the resource is being created."""
    seed: str = ""
    """The physical id of the replaced resource, so that a generated name differs from it."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """The service's description of the resource, if there is a service."""

    @property
    def properties(self) -> Mapping[str, Any]:
        return self.request.properties

    @property
    def unique(self) -> str:
        """Ten characters that stay the same until the resource is replaced."""
        it = self.request
        return short_hash("/".join((it.account, it.region, it.stack_name, it.logical_id, self.seed)))

    def name(self, property_name: str, *, limit: int = 64) -> str:
        """The name from the template, else one in CloudFormation's format."""
        given = self.properties.get(property_name)
        if given:
            return str(given)
        prefix = f"{self.request.stack_name}-{self.request.logical_id}"
        return f"{prefix[: limit - 11]}-{self.unique}"

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        region = self.request.region if regional else ""
        return f"arn:aws:{service}:{region}:{self.request.account}:{resource}"


Text = Callable[[Known], str]
Values = Callable[[Known], Mapping[str, Any]]


def nothing(_: Known) -> Mapping[str, Any]:
    return {}


def uuid_of(it: Known) -> str:
    return f"{it.unique[:8]}-0000-4000-8000-{it.unique}00"


def ec2_id(prefix: str) -> Text:
    """`i-0…`: seventeen hexadecimal digits that stay the same until the resource is replaced."""
    return lambda it: f"{prefix}-0{it.unique.encode().hex()[:16]}"


def also(*names: str) -> Values:
    """Attributes that equal `Ref`."""
    return lambda it: dict.fromkeys(names, it.id)
