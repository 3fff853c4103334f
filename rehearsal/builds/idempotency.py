"""Idempotency tokens: a request runs once; a different request with the same token is refused."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator.extension import ServiceError, ServiceRequest

_VALID_SECONDS = 300.0

Body = Mapping[str, Any]
_Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class IdempotencyTokens:
    clock: Callable[[], float] = time.monotonic
    _answers: dict[_Key, tuple[float, Body, Body]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self, request: ServiceRequest, carry_out: Callable[[], Body]) -> Body:
        """Serialized, so that two identical requests that arrive together also run once."""
        token = str(request.payload.get("idempotencyToken") or "")
        if not token:
            return carry_out()
        key = (request.account, request.region, request.operation, token)
        with self._lock:
            self._forget_old()
            if key in self._answers:
                return self._again(key, request)
            answer = carry_out()
            self._answers[key] = (self.clock(), request.payload, answer)
            return answer

    def _again(self, key: _Key, request: ServiceRequest) -> Body:
        _, payload, answer = self._answers[key]
        if payload != request.payload:
            raise ServiceError(
                "InvalidInputException",
                "The idempotency token was given with other parameters less than five minutes ago; "
                "repeat the same request or choose another token.",
            )
        return answer

    def _forget_old(self) -> None:
        now = self.clock()
        for key in [key for key, (given, _, _) in self._answers.items() if now - given > _VALID_SECONDS]:
            del self._answers[key]
