"""Who acts while CloudFormation works on a stack: its role, or whoever asked where it has none.

A role is given with the request, and the stack remembers it for later requests, as on AWS. Without one,
CloudFormation acts with the permissions of the caller (a forward access session).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from rehearsal.cloud.iam.evaluation import Principal

ROLE = "_slipway_role_arn"
"""Where a stack and a change set keep the ARN of their role."""
SESSION = "AWSCloudFormation"


@dataclass(frozen=True, kw_only=True)
class Acting:
    """`find` looks at policies anew, because a stack may change those of its own role."""

    find: Callable[[], Principal | None]


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(who: Acting | None) -> Iterator[None]:
    """For what is done inside, and for the tasks and threads that it starts."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def who_acts() -> Principal | None:
    """Nobody whose permissions count: outside of a stack operation, and for an account's root."""
    found = _acting.get()
    return found.find() if found else None
