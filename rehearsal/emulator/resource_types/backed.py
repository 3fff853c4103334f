"""CloudFormation types that correspond to one resource of a service of the embedded AWS.

A row names the operations that create, update, read and delete the resource, and how the response gives `Ref`
and the attributes. The operations are called on the endpoint, so that the service's own API shows resources
of stacks.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.emulator.extension import Cloud, ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.emulator.resource_types.known import Known, Text, Values, nothing
from rehearsal.emulator.resource_types.shapes import to_api
from rehearsal.model.results import Fidelity, Gap

Act = Callable[[Any, Known], object]
"""A function with the service's client, if a single operation is not enough."""
Look = Callable[[Any, Known], Mapping[str, Any]]
_GONE = ("NotFound", "NotFoundException", "NoSuchEntity", "DoesNotExist", "NotExists", "UnknownTrail")


@dataclass(frozen=True, kw_only=True)
class Backed:
    """One type. `key` names the resource in the operations that update, read and delete it."""

    type_name: str
    service: str
    create: str
    ref: Text
    key: Values
    delete: str | Act
    update: str | None = None
    read: str | Look | None = None
    attributes: Values = nothing
    arguments: Values = nothing
    """Arguments of `create` and `update` that are not properties of the same name."""
    tagged_as: str | None = None
    """EC2's resource type in `TagSpecifications`."""
    immutable: frozenset[str] = frozenset()
    """Properties whose change replaces the resource."""
    limits: str = ""
    """Features of this type that are not supported here, for the fidelity report."""
    after_create: Act | None = None
    after_update: Act | None = None


class BackedResource(ResourceHandler):
    def __init__(self, cloud: Cloud, row: Backed) -> None:
        self._cloud = cloud
        self._row = row

    def create(self, request: ResourceRequest) -> ResourceResult:
        row, client = self._row, self._client(request)
        known = Known(request=request, seed=request.physical_id)
        known = dataclasses.replace(known, answer=self._call(client, row.create, known))
        made = dataclasses.replace(known, id=row.ref(known))
        if row.after_create:
            row.after_create(client, made)
        self._note(request)
        return self._result(client, made)

    def update(self, request: ResourceRequest) -> ResourceResult:
        changed = _changed(request)
        if changed <= {"Tags"}:
            return self._result(self._client(request), Known(request=request, id=request.physical_id))
        if self._row.update is None or changed & self._row.immutable:
            return self.create(request)
        known = Known(request=request, id=request.physical_id)
        client = self._client(request)
        answer = self._call(client, self._row.update, known, self._row.key(known))
        if self._row.after_update:
            self._row.after_update(client, known)
        return self._result(client, dataclasses.replace(known, answer=answer))

    def delete(self, request: ResourceRequest) -> None:
        known = Known(request=request, id=request.physical_id)
        client, operation = self._client(request), self._row.delete
        try:
            if isinstance(operation, str):
                getattr(client, operation)(**self._row.key(known))
            else:
                operation(client, known)
        except ClientError as error:
            if not is_gone(error):
                raise

    def _client(self, request: ResourceRequest) -> Any:
        session = self._cloud.session(account=request.account, region=request.region)
        return session.client(self._row.service)  # type: ignore[call-overload]

    def _call(
        self, client: Any, operation: str, known: Known, key: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        method = client.meta.method_to_api_mapping[operation]
        shape = client.meta.service_model.operation_model(method).input_shape
        arguments = to_api(self._properties(known, shape), shape)
        answer: Mapping[str, Any] = getattr(client, operation)(**{**arguments, **(key or {})})
        return answer

    def _properties(self, known: Known, shape: Any) -> dict[str, Any]:
        sent = known.properties.items()
        if known.id:
            sent = {name: value for name, value in sent if name not in self._row.immutable}.items()
        properties = {**dict(sent), **self._row.arguments(known)}
        if self._row.tagged_as and "TagSpecifications" in shape.members and known.properties.get("Tags"):
            tags = properties.pop("Tags")
            properties["TagSpecifications"] = [{"ResourceType": self._row.tagged_as, "Tags": tags}]
        return properties

    def _result(self, client: Any, known: Known) -> ResourceResult:
        """Attributes are read again, so that they are right after an update of tags alone, too."""
        look = self._row.read
        if look:
            seen = (
                getattr(client, look)(**self._row.key(known))
                if isinstance(look, str)
                else look(client, known)
            )
            known = dataclasses.replace(known, answer={**known.answer, **seen})
        return ResourceResult(physical_id=known.id, attributes=self._row.attributes(known))

    def _note(self, request: ResourceRequest) -> None:
        if self._row.limits:
            gap = Gap(subject=self._row.type_name, fidelity=Fidelity.EMULATED, reason=self._row.limits)
            self._cloud.gaps.note(gap, stack=request.stack_name)


def is_gone(error: ClientError) -> bool:
    return any(word in error.response["Error"]["Code"] for word in _GONE)


def _changed(request: ResourceRequest) -> set[str]:
    old, new = request.old_properties, request.properties
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}
