"""Evaluates CloudFormation's functions to readable text, for a template that is not deployed.

Values that only a deployment knows are named: a reference becomes the logical id, an attribute `Key.Arn`.
Pseudo parameters, parameters with defaults, mappings and conditions are evaluated, because a pipeline's shape
may depend on them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLACEHOLDER_ACCOUNT = "000000000000"
_NOTHING = object()
_PLACE = re.compile(r"\$\{([^!${}][^{}]*)\}")


@dataclass(frozen=True, kw_only=True)
class Template:
    body: Mapping[str, Any]
    stack: str
    account: str
    region: str

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        return self._section("Resources")

    def resolve(self, value: Any) -> Any:
        """The value without functions; what `AWS::NoValue` takes away is gone."""
        if isinstance(value, list):
            resolved = (self.resolve(item) for item in value)
            return [item for item in resolved if item is not _NOTHING]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref" or name.startswith("Fn::") or name == "Condition":
                return self._function(name.removeprefix("Fn::"), argument)
        items = ((key, self.resolve(item)) for key, item in value.items())
        return {key: item for key, item in items if item is not _NOTHING}

    def _function(self, name: str, argument: Any) -> Any:
        function = getattr(self, f"_{name.lower()}", None)
        if function is not None:
            return function(argument)
        return f"{name}({_words(self.resolve(argument))})"

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in (pseudo := self._pseudo_parameters()):
            return pseudo[name]
        default = self._section("Parameters").get(name, {}).get("Default")
        return name if default is None else default

    def _getatt(self, argument: Any) -> str:
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        if attribute == "Arn" and self.resources.get(logical_id, {}).get("Type") == "AWS::IAM::Role":
            return self.role_arn(logical_id)
        return f"{logical_id}.{self.resolve(attribute)}"

    def role_arn(self, name: str) -> str:
        return f"arn:aws:iam::{self.account}:role/{name}"

    def _join(self, argument: Any) -> str:
        separator, parts = argument
        resolved = self.resolve(parts)
        return str(separator).join(map(str, resolved)) if isinstance(resolved, list) else str(resolved)

    def _sub(self, argument: Any) -> str:
        text, values = (argument, {}) if isinstance(argument, str) else argument

        def value(found: re.Match[str]) -> str:
            name = found[1].strip()
            if name in values:
                return str(self.resolve(values[name]))
            return str(self._getatt(name) if "." in name else self._ref(name))

        return _PLACE.sub(value, text).replace("${!", "${")

    def _select(self, argument: Any) -> Any:
        index, parts = argument[0], self.resolve(argument[1])
        try:
            return parts[int(self.resolve(index))]
        except (IndexError, TypeError, ValueError):
            return f"Select({_words(parts)})"

    def _split(self, argument: Any) -> list[str]:
        return str(self.resolve(argument[1])).split(str(argument[0]))

    def _importvalue(self, argument: Any) -> str:
        return str(self.resolve(argument))

    def _base64(self, argument: Any) -> Any:
        return self.resolve(argument)

    def _findinmap(self, argument: Any) -> Any:
        name, *keys = (self.resolve(part) for part in argument[:3])
        found: Any = self._section("Mappings").get(name, {})
        for key in keys:
            found = found.get(key, {}) if isinstance(found, Mapping) else {}
        return found or f"FindInMap({_words([name, *keys])})"

    def _if(self, argument: Any) -> Any:
        name, yes, no = argument
        return self.resolve(yes if self._condition(name) else no)

    def _condition(self, name: str) -> bool:
        return bool(self.resolve(self._section("Conditions").get(name, False)))

    def _equals(self, argument: Any) -> bool:
        left, right = (str(self.resolve(side)) for side in argument)
        return left == right

    def _not(self, argument: Any) -> bool:
        return not self.resolve(argument[0])

    def _and(self, argument: Any) -> bool:
        return all(map(self.resolve, argument))

    def _or(self, argument: Any) -> bool:
        return any(map(self.resolve, argument))

    def _pseudo_parameters(self) -> Mapping[str, Any]:
        return {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": self.stack,
            "AWS::StackId": f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{self.stack}",
            "AWS::NotificationARNs": [],
        }

    def _section(self, name: str) -> Mapping[str, Any]:
        found = self.body.get(name) or {}
        return found if isinstance(found, Mapping) else {}


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
