"""Resolves a build's variables from their declarations.

StartBuild's values override the project's, and the project's override the buildspec's.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from rehearsal.builds.buildspec.model import Environment, SecretReference
from rehearsal.builds.running.phases import PhaseError

VariableType = Literal["PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER"]


@dataclass(frozen=True, kw_only=True)
class Variable:
    name: str
    value: str
    type: VariableType = "PLAINTEXT"


class VariableStores(Protocol):
    """Reads the values of secret variables, with the project's service role."""

    def parameters(self, names: Sequence[str]) -> Mapping[str, str]:
        """The parameters that exist, decrypted."""

    def secret(self, reference: SecretReference) -> str:
        """The whole secret string; raises `LookupError` with AWS's message."""


@dataclass(frozen=True, kw_only=True)
class Resolved:
    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """The values that logs must mask."""


def declared(environment: Environment, *layers: Iterable[Variable]) -> tuple[Variable, ...]:
    """The buildspec's variables overridden by the layers; the last layer wins."""
    found = {name: Variable(name=name, value=value) for name, value in environment.variables.items()}
    for name, value in environment.parameter_store.items():
        found[name] = Variable(name=name, value=value, type="PARAMETER_STORE")
    for name, value in environment.secrets_manager.items():
        found[name] = Variable(name=name, value=value, type="SECRETS_MANAGER")
    for layer in layers:
        found.update({variable.name: variable for variable in layer})
    return tuple(found.values())


def resolve(variables: Iterable[Variable], stores: VariableStores) -> Resolved:
    variables = tuple(variables)
    plain = {item.name: item.value for item in variables if item.type == "PLAINTEXT"}
    hidden = {**_parameters(variables, stores), **_secrets(variables, stores)}
    return Resolved(values={**plain, **hidden}, secrets=hidden)


def _parameters(variables: Sequence[Variable], stores: VariableStores) -> Mapping[str, str]:
    wanted = {item.name: item.value for item in variables if item.type == "PARAMETER_STORE"}
    if not wanted:
        return {}
    found = stores.parameters(sorted(set(wanted.values())))
    missing = sorted(name for name in wanted.values() if name not in found)
    if missing:
        raise PhaseError("Decrypted Variables Error", f"parameter does not exist: {', '.join(missing)}")
    return {name: found[parameter] for name, parameter in wanted.items()}


def _secrets(variables: Sequence[Variable], stores: VariableStores) -> Mapping[str, str]:
    return {
        item.name: _secret(SecretReference.parse(item.value), stores)
        for item in variables
        if item.type == "SECRETS_MANAGER"
    }


def _secret(reference: SecretReference, stores: VariableStores) -> str:
    try:
        whole = stores.secret(reference)
    except LookupError as error:
        raise PhaseError("Secrets Manager Error Message", str(error.args[0])) from error
    if not reference.json_key:
        return whole
    try:
        value = json.loads(whole)[reference.json_key]
    except (ValueError, KeyError, TypeError) as error:
        raise PhaseError(
            "Secrets Manager Error Message",
            f"secret {reference.secret_id} has no JSON key {reference.json_key!r}",
        ) from error
    return value if isinstance(value, str) else json.dumps(value)
