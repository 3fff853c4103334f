"""Replaces `#{namespace.name}` in an action's configuration by its value.

Three kinds of namespace exist: `codepipeline` is CodePipeline's own, `variables` holds the
pipeline's variables, and every other belongs to the action that declares it. CDK Pipelines uses
`@` in those. Nothing is read here; the caller passes the execution's values.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rehearsal.model.definition import Action, Rule, Variable

BUILT_IN = "codepipeline"
PIPELINE_VARIABLES = "variables"
_REFERENCE = re.compile(r"#\{([A-Za-z0-9@_\-]+)\.([A-Za-z0-9@_\-]+)\}")

Scope = Mapping[str, Mapping[str, str]]
"""Values by namespace, then by name."""


@dataclass(frozen=True)
class Reference:
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"#{{{self.namespace}.{self.name}}}"


class UnresolvedVariable(LookupError):  # noqa: N818 - it names what is not resolved
    """A reference whose namespace or name has no value in this execution."""

    def __init__(self, reference: Reference, scope: Scope) -> None:
        known = scope.get(reference.namespace)
        there = ", ".join(sorted(known or scope)) or "nothing"
        what = f"{reference.namespace} holds {there}" if known is not None else f"known namespaces: {there}"
        super().__init__(f"the variable {reference} has no value in this execution; {what}")
        self.reference = reference


def references(text: str) -> Iterator[Reference]:
    return (Reference(*match.groups()) for match in _REFERENCE.finditer(text))


def resolve(text: str, scope: Scope) -> str:
    """The text with every reference replaced; raises `UnresolvedVariable`."""

    def value(match: re.Match[str]) -> str:
        namespace, name = match.groups()
        try:
            return scope[namespace][name]
        except KeyError:
            raise UnresolvedVariable(Reference(namespace, name), scope) from None

    return _REFERENCE.sub(value, text)


def resolve_action(action: Action, scope: Scope) -> Action:
    return replace(action, configuration=_resolved(action.configuration, scope))


def resolve_rule(rule: Rule, scope: Scope) -> Rule:
    return replace(rule, configuration=_resolved(rule.configuration, scope))


def _resolved(configuration: Mapping[str, str], scope: Scope) -> dict[str, str]:
    return {key: resolve(value, scope) for key, value in configuration.items()}


class VariableError(ValueError):
    """Values given for a start that do not fit the pipeline's variables."""


def pipeline_values(declared: tuple[Variable, ...], given: Mapping[str, str]) -> dict[str, str]:
    """What every pipeline variable is in an execution that was started with these values."""
    names = {variable.name for variable in declared}
    if unknown := sorted(set(given) - names):
        raise VariableError(
            f"the pipeline has no variable {unknown[0]!r}; it declares {', '.join(sorted(names)) or 'none'}"
        )
    values = {v.name: v.default for v in declared if v.default is not None} | dict(given)
    if missing := sorted(names - set(values)):
        raise VariableError(f"the variable {missing[0]!r} has no default; start the pipeline with a value")
    return values
