"""Restricts the Lambda runtime API of a function to that function's processes.

A custom runtime requests its next event from `http://127.0.0.1:PORT/2018-06-01/runtime/invocation/next`; the
protocol has no credential. On Lambda no other program can reach the address. Here every program of the
machine could take events of other functions. So the process at the other end of each connection is checked.
"""

import time
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.emulator.peers import is_held_by

_STARTED_WITHIN = 5.0
"""Seconds to wait: a fast runtime connects before its server knows the process."""


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
