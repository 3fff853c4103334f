"""A permission to check: an action on a resource, with the values of condition keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Value = str | Sequence[str] | None


@dataclass(frozen=True, kw_only=True)
class Need:
    action: str
    resource: str | None = None
    """None if the request does not determine it: then it may be any resource that a policy names."""
    context: Mapping[str, Value] = field(default_factory=dict)
    """Condition keys that the request determines, in lower case; None for an absent one."""
