"""Which changes the person asked for, decided before anything else has been read.

The router sees the person's own words and nothing else. While it is at work it can allow a change;
as soon as another member starts, and with it retrieved text comes into play, nothing more is allowed.
What was allowed is good for one change of that kind.
"""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, get_args

Change = Literal["add_event", "add_reminder", "invite", "join_family"]
CHANGES: tuple[str, ...] = get_args(Change)
_MOST_CHANGES = 5


class NotAllowedError(Exception):
    """The change is not one that the person asked for; the text tells the model what to do instead."""


@dataclass
class Permissions:
    _open: bool = True
    _left: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allow(self, change: Change, *, times: int) -> None:
        with self._lock:
            if not self._open:
                raise NotAllowedError("changes can only be allowed before anything has been read")
            self._left[change] = max(self._left[change], min(max(times, 1), _MOST_CHANGES))

    def close(self) -> None:
        with self._lock:
            self._open = False

    def spend(self, change: Change) -> None:
        with self._lock:
            if self._left[change] < 1:
                raise NotAllowedError(
                    f"{change} was not asked for by the person; answer without it, and tell them what you "
                    "would have changed so that they can ask for it"
                )
            self._left[change] -= 1
