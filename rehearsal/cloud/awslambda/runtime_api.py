"""The Lambda runtime API answers the processes of its own function and nobody else.

A custom runtime asks `http://127.0.0.1:PORT/2018-06-01/runtime/invocation/next` for its next event; the
protocol has no credential. On Lambda nobody else can reach the address. Here everybody on the machine
could, and take events that are not theirs: so each connection is looked up by the process that made it.
"""

import time
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.emulator.peers import is_held_by

_STARTED_WITHIN = 5.0
"""Seconds; a quick runtime connects before its server knows its process."""


def apply(_cloud: Cloud) -> None:
    guard = Guard("Lambda runtime API")
    worker = guard.attribute(guard.module("ministack.core.lambda_runtime"), "ProvidedWorker")
    native = guard.function(worker, "_build_handler_class", ("self", "generation", "pending"))

    def build(self: Any, generation: int, pending: Any) -> type:
        handler: Any = native(self, generation, pending)

        class OwnFunctionOnly(handler):  # type: ignore[misc]
            def handle(self) -> None:
                process = _process(worker_of_this)
                peer, own = self.client_address[:2], self.server.server_address[:2]
                if process is not None and is_held_by(process, peer=peer, own=own):
                    super().handle()

        worker_of_this = self
        return OwnFunctionOnly

    worker._build_handler_class = build


def _process(worker: Any) -> int | None:
    deadline = time.monotonic() + _STARTED_WITHIN
    while worker._proc is None and time.monotonic() < deadline:
        time.sleep(0.005)
    return None if worker._proc is None else int(worker._proc.pid)
