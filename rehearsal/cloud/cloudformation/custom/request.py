"""One event of a custom resource, and the function that handles it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rehearsal.emulator.environment import AccessKey
from rehearsal.emulator.extension import Cloud, ResourceResult
from rehearsal.emulator.sessions import LocalSession

Kind = Literal["Create", "Update", "Delete"]


@dataclass(frozen=True, kw_only=True)
class Provider:
    """The function that the template names as `ServiceToken`."""

    arn: str
    name: str
    handler: str
    variables: Mapping[str, str]
    key: AccessKey
    """Credentials of its execution role, so that a replacement has the function's permissions."""


@dataclass(frozen=True, kw_only=True)
class CustomRequest:
    cloud: Cloud
    kind: Kind
    type_name: str
    logical_id: str
    physical_id: str
    """Empty on create."""
    properties: Mapping[str, Any]
    """As CloudFormation sends them: every scalar is a string."""
    stack_name: str
    stack_id: str
    region: str
    provider: Provider
    old_properties: Mapping[str, Any] = field(default_factory=dict)

    def client(self, service: str, *, region: str | None = None) -> Any:
        """An AWS client with the permissions of the function that would have run."""
        return self.session(region=region).client(service)

    def session(self, *, region: str | None = None) -> LocalSession:
        return LocalSession(
            endpoint_url=self.cloud.endpoint_url, region=region or self.region, key=self.provider.key
        )

    def answer(self, physical_id: str = "", **attributes: Any) -> ResourceResult:
        """A result with the given id, else the current one, else a new one."""
        chosen = physical_id or self.physical_id or f"{self.stack_name}-{self.logical_id}"
        return ResourceResult(physical_id=chosen, attributes=attributes)

    @property
    def is_delete(self) -> bool:
        return self.kind == "Delete"


CustomHandler = Callable[[CustomRequest], ResourceResult]
