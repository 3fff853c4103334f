"""Ends a daemon gracefully: saves all state within seconds, whatever still runs.

A stack operation may wait an hour for a custom resource, and a running thread cannot be cancelled. So
operations get two seconds; then their current state is saved with the rest, and the process exits without
waiting for its threads. The next start settles the interrupted operations.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from rehearsal.daemon.settling.stacks import is_cut_off
from rehearsal.daemon.state import Ending, Saver
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.processes import end_children, end_left_behind

_OPERATIONS_SECONDS = 2.0
_SERVER_SECONDS = 10.0
_POLL_SECONDS = 0.05
_log = logging.getLogger("rehearsal.cloud")


@dataclass(frozen=True)
class Leaving:
    cloud: Cloud
    saver: Saver

    async def leave(self, end_server: Callable[[], Awaitable[None]]) -> NoReturn:
        await self._operations_end()
        await asyncio.to_thread(self._run_shutdown_callbacks)
        await asyncio.wait({asyncio.ensure_future(end_server())}, timeout=_SERVER_SECONDS)
        cut_off = tuple(_in_progress())
        problems = await asyncio.to_thread(self.saver.save)
        ending = Ending(tuple(f"{name}: {why}" for name, why in problems.items()), cut_off)
        for what in (*ending.problems, *ending.cut_off):
            _log.warning("At shutdown: %s", what)
        ending.write(self.cloud.home.root)
        end_children()
        home = self.cloud.home
        end_left_behind(home.processes, (home.root, home.builds))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1 if problems else 0)

    async def _operations_end(self) -> None:
        deadline = time.monotonic() + _OPERATIONS_SECONDS
        while _in_progress() and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_SECONDS)

    def _run_shutdown_callbacks(self) -> None:
        for callback in reversed(self.cloud.shutdown_callbacks):
            try:
                callback()
            except Exception:
                _log.exception("An extension of the embedded AWS did not shut down cleanly")


def _in_progress() -> list[str]:
    stacks = Guard("stacks at shutdown").module("ministack.services.cloudformation")._stacks
    found: Mapping[Any, Mapping[str, Any]] = dict(stacks._data)
    return [
        f"stack {name} ({account}, {region}) was in {stack['StackStatus']}"
        for (account, region, name), stack in found.items()
        if is_cut_off(stack)
    ]
