"""Resources of an assembly with their references resolved as far as a policy's resources need it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.assembly import AssemblyStack
from rehearsal.cloud.cloudformation.permissions.arns import Place, resource_arn
from rehearsal.cloud.cloudformation.permissions.catalogue import Operation
from rehearsal.cloud.cloudformation.permissions.requirements import ResourceOperation

ACCOUNT, REGION = "111122223333", "us-east-1"
_PSEUDO = {"AWS::Partition": "aws", "AWS::AccountId": ACCOUNT, "AWS::Region": REGION}


class UnresolvedError(Exception):
    """The value is known only after a deployment."""


@dataclass(frozen=True)
class Templated:
    stack: AssemblyStack
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, stack: AssemblyStack) -> "Templated":
        return cls(stack, stack.template().get("Resources", {}))

    def operations(self) -> Iterator[ResourceOperation]:
        for logical_id, resource in self.resources.items():
            for operation in Operation:
                yield ResourceOperation(
                    operation=operation,
                    type_name=resource["Type"],
                    place=self._place(logical_id),
                    properties=self._properties(logical_id),
                )

    def _place(self, logical_id: str) -> Place:
        named = self._properties(logical_id).get("Roles")
        roles = {
            name: role for name, role in self._roles().items() if isinstance(named, list) and name in named
        }
        return Place(
            account=ACCOUNT,
            region=REGION,
            stack=self.stack.stack_name,
            logical_id=logical_id,
            boundaries={name: role.get("PermissionsBoundary") for name, role in roles.items()},
        )

    def _roles(self) -> dict[str, Mapping[str, Any]]:
        return {
            self._reference(logical_id): self._properties(logical_id)
            for logical_id, resource in self.resources.items()
            if resource["Type"] == "AWS::IAM::Role"
        }

    def _properties(self, logical_id: str) -> dict[str, Any]:
        found = self.resources[logical_id].get("Properties", {})
        return dict(self._members(found))

    def _members(self, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, item in value.items():
            try:
                yield key, self._resolved(item)
            except UnresolvedError:
                continue

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        if not isinstance(value, dict):
            return value
        match list(value):
            case ["Ref"]:
                return _PSEUDO.get(value["Ref"]) or self._reference(value["Ref"])
            case ["Fn::GetAtt"]:
                return self._attribute(*value["Fn::GetAtt"])
            case ["Fn::Join"]:
                separator, parts = value["Fn::Join"]
                return str(separator).join(map(str, self._resolved(parts)))
            case [one] if one.startswith("Fn::"):
                raise UnresolvedError(json.dumps(value))
        return dict(self._members(value))

    def _reference(self, logical_id: str) -> str:
        arn = self._arn(logical_id)
        return arn if ":sns:" in arn else arn.rpartition("/")[2].rpartition(":")[2]

    def _attribute(self, logical_id: str, name: str) -> str:
        if name != "Arn":
            raise UnresolvedError(f"{logical_id}.{name}")
        return self._arn(logical_id)

    def _arn(self, logical_id: str) -> str:
        resource = self.resources.get(logical_id)
        if resource is None:
            raise UnresolvedError(logical_id)
        properties = {
            key: value for key, value in resource.get("Properties", {}).items() if isinstance(value, str)
        }
        place = Place(account=ACCOUNT, region=REGION, stack=self.stack.stack_name, logical_id=logical_id)
        arn = resource_arn(resource["Type"], properties, place)
        if arn is None:
            raise UnresolvedError(logical_id)
        return arn
