"""Waiting for what happens in its own time: generous, so that a busy machine fails no test."""

import time
from collections.abc import Callable

PATIENCE = 120.0


def until(true: Callable[[], bool], complaint: str | Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, complaint if isinstance(complaint, str) else complaint()
        time.sleep(0.02)
