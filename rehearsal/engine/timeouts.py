"""Time-outs of actions and rules, and the one thread that enforces every deadline."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

from rehearsal.model.action_types import known
from rehearsal.model.definition import Action, Rule

_log = logging.getLogger("rehearsal.engine")
_HOUR = 60


def timeout_minutes(action: Action) -> int:
    return action.timeout_minutes or known(action.type).timeout_minutes


def rule_timeout_minutes(rule: Rule) -> int:
    """One hour more than the rule's own waiting time."""
    waits = rule.configuration.get("WaitTime", "0")
    return rule.timeout_minutes or _HOUR + (int(waits) if waits.isdigit() else 0)


class Deadlines:
    """Calls a function when a deadline has passed, unless the deadline was cancelled."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._off: set[int] = set()
        self._numbers = itertools.count()
        threading.Thread(target=self._watch, name="deadlines", daemon=True).start()

    def after(self, seconds: float, callback: Callable[[], None]) -> int:
        """The deadline's number, with which it can be cancelled."""
        with self._changed:
            number = next(self._numbers)
            heapq.heappush(self._heap, (time.monotonic() + seconds, number, callback))
            if self._heap[0][1] == number:
                self._changed.notify()
            return number

    def off(self, number: int) -> None:
        with self._changed:
            self._off.add(number)
            while self._heap and self._heap[0][1] in self._off:
                self._off.remove(heapq.heappop(self._heap)[1])

    def _watch(self) -> None:
        while True:
            callback = self._due()
            try:
                callback()
            except Exception:
                _log.exception("a time-out could not be enforced")

    def _due(self) -> Callable[[], None]:
        with self._changed:
            while True:
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    _, number, callback = heapq.heappop(self._heap)
                    if number not in self._off:
                        return callback
                    self._off.remove(number)
                    continue
                self._changed.wait(wait)
