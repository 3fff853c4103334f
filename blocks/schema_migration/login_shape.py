"""What a stack says of a database login. It needs no CDK, so that anything may read a list of logins."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LoginShape:
    role: str
    connections: int
    """At most so many at the same time."""
    description: str
