"""The interface by which other packages extend the embedded AWS.

An extension is a function `attach(cloud: Cloud) -> None`, which the daemon calls once, before the endpoint
answers. Handlers run on worker threads, never on the server's event loop, so they may block and may call the
endpoint (`cloud.session()`).
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
from rehearsal.processes import Processes

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import CredentialsTypeDef


@dataclass(frozen=True, kw_only=True)
class ServiceRequest:
    """One authenticated and authorised call of an AWS JSON 1.1 operation."""

    operation: str
    """The API's own name, such as `StartPipelineExecution`."""
    payload: Mapping[str, Any]
    account: str
    region: str


Asgi = Callable[..., Awaitable[None]]

ServiceHandler = Callable[[ServiceRequest], Mapping[str, Any]]
"""Returns the response body; raises `ServiceError`, or `NotExtendedError` to pass the request on."""


ResourceArn = Callable[[ServiceRequest], str]
"""Returns the ARN with which IAM checks the operation, `*` if it has none."""


class ServiceError(Exception):
    """Sent to the caller as the AWS error `code`, so that SDKs raise the exception of that name."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class NotExtendedError(Exception):
    """The emulator's own service of the same name handles this operation."""


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
    """One CloudFormation type. An exception fails the stack operation with its text as the reason."""

    @abstractmethod
    def create(self, request: ResourceRequest) -> ResourceResult: ...

    @abstractmethod
    def update(self, request: ResourceRequest) -> ResourceResult:
        """A different physical id means replacement; the stack then deletes the old resource itself."""

    @abstractmethod
    def delete(self, request: ResourceRequest) -> None:
        """Must succeed if the resource is already gone."""


ResourceWrapper = Callable[[ResourceHandler], ResourceHandler]
"""Receives the native handler and returns its replacement."""


class Emulator(Protocol):
    """The ways to extend the embedded AWS; `rehearsal.emulator.ministack` implements them."""

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
    """The embedded AWS, as its extensions use it."""

    home: Home
    endpoint_url: str
    account: str
    region: str
    enforces_iam: bool
    gaps: GapLog
    emulator: Emulator
    processes: Processes
    start_callbacks: list[Callable[[], list[str]]] = field(default_factory=list)
    shutdown_callbacks: list[Callable[[], None]] = field(default_factory=list)
    layers: list[Callable[[Asgi], Asgi]] = field(default_factory=list)
    """Layers around the server, added in `attach` by extensions that process every request."""

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
        """Add a CloudFormation type, or replace a native one."""
        self.emulator.add_resource(type_name, handler)

    def knows(self, type_name: str) -> bool:
        """Whether a template may contain this CloudFormation type."""
        return self.emulator.knows(type_name)

    def wrap_resource(self, type_name: str, wrapper: ResourceWrapper) -> None:
        """Extend a native type; raises `KeyError` if there is none."""
        self.emulator.wrap_resource(type_name, wrapper)

    def session(self, *, account: str | None = None, region: str | None = None) -> boto3.session.Session:
        """The root of that account, always against this endpoint."""
        return self.emulator.session(account=account or self.account, region=region or self.region)

    def on_start(self, callback: Callable[[], list[str]]) -> None:
        """Register a function that settles the last daemon's interrupted work and returns sentences about it.

        Functions run in the order of registration, once the endpoint answers and no stack is in progress.
        """
        self.start_callbacks.append(callback)

    @property
    def service_token(self) -> str:
        """Identifies a service of the rehearsal, which is root in the embedded AWS as the person is."""
        return hmac.new(self.home.secret.encode(), b"services", hashlib.sha256).hexdigest()

    def assume_as_service(
        self, role_arn: str, *, region: str, session_name: str, seconds: int
    ) -> "CredentialsTypeDef":
        """Assume the role as a service whose trust was already checked."""
        session = self.session(account=role_arn.split(":")[4], region=region)
        return session.client("sts").assume_role(
            RoleArn=role_arn,
            RoleSessionName=session_name,
            DurationSeconds=seconds,
            ExternalId=self.service_token,
        )["Credentials"]

    def on_shutdown(self, callback: Callable[[], None]) -> None:
        """Register a function for a graceful stop; newest first, while the endpoint still answers."""
        self.shutdown_callbacks.append(callback)

    def background(self, name: str, target: Callable[[], None]) -> threading.Thread:
        """Start a daemon thread whose exceptions are written to the daemon's log."""
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread
