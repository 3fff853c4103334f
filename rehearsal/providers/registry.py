"""The only dispatch on an action's type: which code runs it, or an error that says why none does.

Adding a provider is one file beside this one and one line in `_ACTIONS` (or `_RULES`).
"""

from collections.abc import Mapping
from typing import NoReturn

from rehearsal.engine.ports import ActionProvider, RuleProvider, UnsupportedAction
from rehearsal.model.definition import ActionType

Key = tuple[str, str, str]
"""Category, owner and provider, as CodePipeline writes them."""

_ACTIONS: Mapping[Key, ActionProvider] = {}

_RULES: Mapping[str, RuleProvider] = {}


def provider_for(action_type: ActionType) -> ActionProvider:
    key = (action_type.category, action_type.owner, action_type.provider)
    return _ACTIONS.get(key) or _unsupported(action_type)


def rule_for(provider: str) -> RuleProvider:
    if rule := _RULES.get(provider):
        return rule
    raise UnsupportedAction(
        f"stage condition rule {provider!r} is not supported by the rehearsal; "
        f"supported are {', '.join(sorted(_RULES))}; see docs/rehearsal.md"
    )


def supported() -> tuple[Key, ...]:
    return tuple(sorted(_ACTIONS))


def _unsupported(action_type: ActionType) -> NoReturn:
    known = ", ".join("/".join(key) for key in supported())
    raise UnsupportedAction(
        f"action type {action_type.category}/{action_type.owner}/{action_type.provider} is not supported "
        f"by the rehearsal; supported are {known}; docs/rehearsal.md says how to add one"
    )
