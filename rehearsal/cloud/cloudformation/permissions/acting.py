"""The principal of a stack operation: the stack's role, or the caller if the stack has none.

A role is given with a request and stored in the stack for later requests, as on AWS. Without a role,
CloudFormation acts with the permissions of the caller (a forward access session).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from rehearsal.cloud.iam.evaluation import Principal

ROLE = "_slipway_role_arn"
"""The key under which a stack and a change set store the ARN of their role."""
SESSION = "AWSCloudFormation"


@dataclass(frozen=True, kw_only=True)
class Acting:
    """`find` reads the policies each time, because a stack may change those of its own role."""

    find: Callable[[], Principal | None]


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(who: Acting | None) -> Iterator[None]:
    """Set the principal for the block, and for tasks and threads that it starts."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def who_acts() -> Principal | None:
    """The principal; None outside of a stack operation and for an account's root, which are not checked."""
    found = _acting.get()
    return found.find() if found else None
