"""Implements `Emulator` of `rehearsal.emulator.extension` with ministack.

ministack looks up services and resource types in module-level tables. This adapter adds small functions to
those tables that have ministack's calling convention and make typed requests. ministack provisions most types
on its event loop, where a handler that calls the endpoint would deadlock. Types added here are therefore
registered as blocking.
"""

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from rehearsal.emulator.environment import AccessKey
from rehearsal.emulator.extension import (
    NotExtendedError,
    ResourceArn,
    ResourceHandler,
    ResourceRequest,
    ResourceResult,
    ResourceWrapper,
    ServiceError,
    ServiceHandler,
    ServiceRequest,
)
from rehearsal.emulator.guards import Guard
from rehearsal.emulator.sessions import LocalSession

Response = tuple[int, dict[str, str], bytes]
NativeTable = dict[str, Any]
_deleting: ContextVar[tuple[str, str]] = ContextVar("deleting", default=("", ""))
"""Stack and logical id of the resource being deleted, which ministack does not pass to the handler."""


class Ministack:
    """The tables of the imported ministack, each checked before use."""

    def __init__(self, *, endpoint_url: str, secret: str) -> None:
        guard = Guard("services and resource types")
        self._endpoint_url, self._secret = endpoint_url, secret
        self._app = guard.module("ministack.app")
        self._router = guard.module("ministack.core.router")
        self._actions = guard.module("ministack.core.iam_actions")
        self._context = guard.module("ministack.core.responses")
        self._provisioners = guard.module("ministack.services.cloudformation.provisioners")
        self._stacks = guard.module("ministack.services.cloudformation.stacks")
        self._run_blocking = guard.function(
            guard.module("ministack.core.concurrency"), "run_reentrant", ("fn", "args")
        )
        self._services: NativeTable = guard.attribute(self._app, "SERVICE_HANDLERS")
        self._patterns: NativeTable = guard.attribute(self._router, "SERVICE_PATTERNS")
        self._namespaces: NativeTable = guard.attribute(self._actions, "SERVICE_TO_IAM_NAMESPACE")
        self._handlers: NativeTable = guard.attribute(self._provisioners, "_RESOURCE_HANDLERS")
        guard.that(len(self._handlers) > 100, f"it knows only {len(self._handlers)} resource types")
        guard.attribute(self._context, "get_account_id")
        guard.attribute(self._context, "get_region")
        self._sessions: dict[tuple[str, str], LocalSession] = {}
        self._blocking: set[str] = set()
        self._arns: dict[str, ResourceArn] = {}
        self._provision_on_threads(guard)
        self._tell_deletes_their_stack(guard)
        self._authorise_added_services(guard)
        self._bear_any_body(guard)

    def session(self, *, account: str, region: str) -> LocalSession:
        """Cached by account and region, because creating a client takes tens of milliseconds."""
        key = (account, region)
        if key not in self._sessions:
            self._sessions[key] = LocalSession(
                endpoint_url=self._endpoint_url,
                region=region,
                key=AccessKey.of_root(account, secret=self._secret),
            )
        return self._sessions[key]

    def add_service(
        self,
        name: str,
        *,
        target_prefix: str,
        handler: ServiceHandler,
        iam_namespace: str,
        resource_arn: ResourceArn | None = None,
    ) -> None:
        native = self._services.get(name)
        self._services[name] = self._service(handler, native)
        if native is None:
            # First in the table: an exact target must win over a native service's looser pattern.
            known = dict(self._patterns)
            self._patterns.clear()
            self._patterns.update({name: {"target_prefixes": [f"{target_prefix}."]}, **known})
        self._namespaces[name] = iam_namespace
        if resource_arn:
            self._arns[name] = resource_arn

    def knows(self, type_name: str) -> bool:
        return type_name in self._handlers

    def add_resource(self, type_name: str, handler: ResourceHandler) -> None:
        self._blocking.add(type_name)
        self._handlers[type_name] = self._resource(type_name, handler)

    def wrap_resource(self, type_name: str, wrapper: ResourceWrapper) -> None:
        native = self._handlers[type_name]
        if "create" not in native:
            raise KeyError(f"{type_name} has no handler of its own to wrap")
        self.add_resource(type_name, wrapper(NativeResource(native)))
        extras = {key: native[key] for key in ("snapshot", "import") if key in native}
        self._handlers[type_name].update(extras)

    def _service(self, handler: ServiceHandler, native: Callable[..., Any] | None) -> Callable[..., Any]:
        async def handle(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
        ) -> Response:
            try:
                request = self._service_request(headers, body)
                answer = await self._run_blocking(handler, request)
            except NotExtendedError:
                if native is None:
                    return _error(_unknown_operation(request))
                return await native(method, path, headers, body, query)  # type: ignore[no-any-return]
            except ServiceError as error:
                return _error(error)
            return _json_response(200, answer)

        return handle

    def _service_request(self, headers: Mapping[str, str], body: bytes) -> ServiceRequest:
        return ServiceRequest(
            operation=headers.get("x-amz-target", "").rpartition(".")[2],
            payload=_payload(body),
            account=self._context.get_account_id(),
            region=self._context.get_region(),
        )

    def _resource(self, type_name: str, handler: ResourceHandler) -> NativeTable:
        def request(
            logical_id: str, properties: Mapping[str, Any], stack: str, **more: Any
        ) -> ResourceRequest:
            return ResourceRequest(
                type_name=type_name,
                logical_id=logical_id,
                properties=properties,
                stack_name=stack,
                account=self._context.get_account_id(),
                region=self._context.get_region(),
                **more,
            )

        def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
            return _as_native(handler.create(request(logical_id, properties, stack)))

        def update(
            physical_id: str,
            old: Mapping[str, Any],
            properties: Mapping[str, Any],
            stack: str,
            logical_id: str | None = None,
        ) -> tuple[str, dict[str, Any]]:
            return _as_native(
                handler.update(
                    request(
                        logical_id or physical_id,
                        properties,
                        stack,
                        physical_id=physical_id,
                        old_properties=old,
                    )
                )
            )

        def delete(physical_id: str, properties: Mapping[str, Any]) -> None:
            stack, logical_id = _deleting.get()
            handler.delete(request(logical_id, properties, stack, physical_id=physical_id))

        return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}

    def _provision_on_threads(self, guard: Guard) -> None:
        native = guard.function(self._stacks, "_runs_on_worker_thread", ("resource_type",))
        self._stacks._runs_on_worker_thread = lambda resource_type: (
            resource_type in self._blocking or native(resource_type)
        )

    def _tell_deletes_their_stack(self, guard: Guard) -> None:
        parameters = ("resource_type", "physical_id", "props", "stack_name", "logical_id")
        native = guard.function(self._provisioners, "_delete_resource", parameters)
        guard.that(
            guard.attribute(self._stacks, "_delete_resource") is native,
            "stacks._delete_resource is not provisioners._delete_resource",
        )

        def delete(
            resource_type: str,
            physical_id: str,
            props: Mapping[str, Any],
            stack_name: str | None = None,
            logical_id: str | None = None,
        ) -> None:
            token = _deleting.set((stack_name or "", logical_id or ""))
            try:
                native(resource_type, physical_id, props, stack_name, logical_id)
            finally:
                _deleting.reset(token)

        self._provisioners._delete_resource = delete
        self._stacks._delete_resource = delete

    def _authorise_added_services(self, guard: Guard) -> None:
        """Authorise calls with the resource's ARN: a policy that names a pipeline would not match `*`."""
        native = guard.function(
            self._actions, "extract_resource_arn", ("service", "method", "path", "headers")
        )

        def extract(
            service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any
        ) -> str:
            if service in self._arns:
                try:
                    return self._arns[service](self._service_request(headers, body))
                except ServiceError:
                    return "*"  # the service itself says what is wrong with it
            return native(service, method, path, headers, body, *rest)  # type: ignore[no-any-return]

        self._actions.extract_resource_arn = extract

    def _bear_any_body(self, guard: Guard) -> None:
        """Tolerate any body here, because tags are read from it before the service checks that it is JSON."""
        native = guard.function(
            self._actions, "request_tag_context", ("service", "iam_action", "body", "params")
        )

        def tags(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
            try:
                return native(service, iam_action, body, params)  # type: ignore[no-any-return]
            except (ValueError, RecursionError):
                return {}

        self._actions.request_tag_context = tags


class NativeResource(ResourceHandler):
    """ministack's own handler of a type, as a `ResourceHandler` that a wrapper can extend."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table

    def create(self, request: ResourceRequest) -> ResourceResult:
        return _as_result(
            self._table["create"](request.logical_id, dict(request.properties), request.stack_name)
        )

    def update(self, request: ResourceRequest) -> ResourceResult:
        if "update" not in self._table:
            return self.create(request)
        arguments: list[Any] = [
            request.physical_id, dict(request.old_properties), dict(request.properties), request.stack_name
        ]  # fmt: skip
        if self._table.get("update_with_logical_id"):
            arguments.append(request.logical_id)
        return _as_result(self._table["update"](*arguments))

    def delete(self, request: ResourceRequest) -> None:
        arguments: list[Any] = [request.physical_id, dict(request.properties)]
        if self._table.get("delete_with_logical_id"):
            arguments.append(request.logical_id)
        self._table["delete"](*arguments)


def _as_native(result: ResourceResult) -> tuple[str, dict[str, Any]]:
    return result.physical_id, dict(result.attributes)


def _as_result(native: tuple[str, Mapping[str, Any] | None]) -> ResourceResult:
    return ResourceResult(physical_id=native[0], attributes=native[1] or {})


def _payload(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise ServiceError("SerializationException", f"The body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ServiceError("SerializationException", "The body is not a JSON object.")
    return found


def _error(error: ServiceError) -> Response:
    return _json_response(error.status, {"__type": error.code, "message": str(error)}, code=error.code)


def _unknown_operation(request: ServiceRequest) -> ServiceError:
    return ServiceError(
        "UnknownOperationException", f"The rehearsal does not support the operation {request.operation}."
    )


def _json_response(status: int, body: Mapping[str, Any], *, code: str = "") -> Response:
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    return (
        status,
        {**headers, "x-amzn-ErrorType": code} if code else headers,
        json.dumps(body, default=str).encode(),
    )
