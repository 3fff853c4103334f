"""What has to be allowed for something to be done: an action on a resource, and what conditions may ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Value = str | Sequence[str] | None


@dataclass(frozen=True, kw_only=True)
class Need:
    action: str
    resource: str | None = None
    """None where the request does not determine it: any resource that a policy names may be the one."""
    context: Mapping[str, Value] = field(default_factory=dict)
    """Condition keys that the request determines, in lower case; None for one that it does not have."""
