"""What other parts of the rehearsal add to the embedded AWS, and the one object they add it to.

A part offers `attach(cloud: Cloud) -> None`; the daemon calls it once, before the endpoint answers.
Everything added here runs on worker threads, never on the server's event loop, so a handler may
block and may call back into the endpoint (`cloud.session()`).
"""

import hashlib
import hmac
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import boto3

from rehearsal.emulator.gaps import GapLog
from rehearsal.home import Home

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import CredentialsTypeDef


@dataclass(frozen=True, kw_only=True)
class ServiceRequest:
    """One call of an AWS JSON 1.1 operation, authenticated and authorised."""

    operation: str
    """The API's own name, `StartPipelineExecution`."""
    payload: Mapping[str, Any]
    account: str
    region: str


Asgi = Callable[..., Awaitable[None]]

ServiceHandler = Callable[[ServiceRequest], Mapping[str, Any]]
"""Answers with the response body; raises `ServiceError`, or `NotExtendedError` to pass it on."""


ResourceArn = Callable[[ServiceRequest], str]
"""The ARN that IAM checks the operation against, `*` where it has none."""


class ServiceError(Exception):
    """Reaches the caller as the AWS error `code`, so that SDKs raise the exception of that name."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class NotExtendedError(Exception):
    """This operation is left to the emulator's own service of the same name."""


@dataclass(frozen=True, kw_only=True)
class ResourceRequest:
    """One create, update or delete of a resource in a stack; properties are fully resolved."""

    type_name: str
    logical_id: str
    properties: Mapping[str, Any]
    stack_name: str
    account: str
    region: str
    physical_id: str = ""
    """Empty on create."""
    old_properties: Mapping[str, Any] = field(default_factory=dict)
    """Filled on update."""


@dataclass(frozen=True, kw_only=True)
class ResourceResult:
    """`physical_id` is what `Ref` gives, `attributes` what `Fn::GetAtt` gives."""

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


class ResourceHandler(ABC):
    """One CloudFormation type. An exception fails the stack with its text as the reason."""

    @abstractmethod
    def create(self, request: ResourceRequest) -> ResourceResult: ...

    @abstractmethod
    def update(self, request: ResourceRequest) -> ResourceResult:
        """A different physical id means replacement: the stack then deletes the old one itself."""

    @abstractmethod
    def delete(self, request: ResourceRequest) -> None:
        """Must succeed where the resource is already gone."""


ResourceWrapper = Callable[[ResourceHandler], ResourceHandler]
"""Gets the native handler and answers with the one that takes its place."""


class Emulator(Protocol):
    """What the embedded AWS lets be added from outside; `rehearsal.emulator.ministack` is the adapter."""

    def add_service(
        self,
        name: str,
        *,
        target_prefix: str,
        handler: ServiceHandler,
        iam_namespace: str,
        resource_arn: ResourceArn | None = None,
    ) -> None: ...

    def knows(self, type_name: str) -> bool: ...

    def add_resource(self, type_name: str, handler: ResourceHandler) -> None: ...

    def wrap_resource(self, type_name: str, wrapper: ResourceWrapper) -> None: ...

    def session(self, *, account: str, region: str) -> boto3.session.Session: ...


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """The embedded AWS as a part that extends it sees it."""

    home: Home
    endpoint_url: str
    account: str
    region: str
    enforces_iam: bool
    gaps: GapLog
    emulator: Emulator
    start_callbacks: list[Callable[[], list[str]]] = field(default_factory=list)
    shutdown_callbacks: list[Callable[[], None]] = field(default_factory=list)
    layers: list[Callable[[Asgi], Asgi]] = field(default_factory=list)
    """Put around the server in `attach`, for a part that has to see every request."""

    def register_service(
        self,
        name: str,
        *,
        target_prefix: str,
        handler: ServiceHandler,
        iam_namespace: str,
        resource_arn: ResourceArn | None = None,
    ) -> None:
        """Serve an AWS JSON 1.1 API (`target_prefix` is `CodePipeline_20150709`) on the endpoint.

        A service that the emulator has under the same name keeps every operation for which
        `handler` raises `NotExtendedError`. Without `resource_arn`, a policy that grants the
        service's actions on anything but `*` does not match.
        """
        self.emulator.add_service(
            name,
            target_prefix=target_prefix,
            handler=handler,
            iam_namespace=iam_namespace,
            resource_arn=resource_arn,
        )

    def register_resource(self, type_name: str, handler: ResourceHandler) -> None:
        """Add a CloudFormation type, or take a native one's place."""
        self.emulator.add_resource(type_name, handler)

    def knows(self, type_name: str) -> bool:
        """Whether a template may contain this CloudFormation type."""
        return self.emulator.knows(type_name)

    def wrap_resource(self, type_name: str, wrapper: ResourceWrapper) -> None:
        """Extend a type that the emulator has; raises `KeyError` where it has none."""
        self.emulator.wrap_resource(type_name, wrapper)

    def session(self, *, account: str | None = None, region: str | None = None) -> boto3.session.Session:
        """That account's root, always against this endpoint."""
        return self.emulator.session(account=account or self.account, region=region or self.region)

    def on_start(self, callback: Callable[[], list[str]]) -> None:
        """Settle what the last daemon left unfinished; answers with sentences about what was done.

        Run in the order of registration when the endpoint answers and no stack is in progress any more.
        """
        self.start_callbacks.append(callback)

    @property
    def service_token(self) -> str:
        """What tells a service of the rehearsal from a person: both are root to the embedded AWS."""
        return hmac.new(self.home.secret.encode(), b"services", hashlib.sha256).hexdigest()

    def assume_as_service(
        self, role_arn: str, *, region: str, session_name: str, seconds: int
    ) -> "CredentialsTypeDef":
        """As a service whose trust in the role was looked up."""
        session = self.session(account=role_arn.split(":")[4], region=region)
        return session.client("sts").assume_role(
            RoleArn=role_arn,
            RoleSessionName=session_name,
            DurationSeconds=seconds,
            ExternalId=self.service_token,
        )["Credentials"]

    def on_shutdown(self, callback: Callable[[], None]) -> None:
        """Run at a graceful stop, newest first, while the endpoint still answers."""
        self.shutdown_callbacks.append(callback)

    def background(self, name: str, target: Callable[[], None]) -> threading.Thread:
        """Start a daemon thread; what it raises goes to the daemon's log."""
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread
