"""The ASGI layer that holds each response until the state that it acknowledges is on disk."""

import asyncio
from collections.abc import Mapping
from typing import Any

from rehearsal.daemon.state import objects
from rehearsal.daemon.state.finished import Ends, FinishedOperations
from rehearsal.daemon.state.requests import Effect, Heard, Services, effect
from rehearsal.daemon.state.saver import STACKS, Saver
from rehearsal.emulator.extension import Asgi
from rehearsal.emulator.guards import Guard

_REFUSED_FROM = 400


class Durable:
    def __init__(self, app: Asgi, saver: Saver) -> None:
        self._app = app
        self._saver = saver
        self._services = Services()
        self._finished = FinishedOperations()
        self.unsaved = False
        """Whether a request may have changed state that only the next full save writes."""
        guard = Guard("answers about a full disk")
        self._worded = guard.function(
            guard.module("ministack.core.iam_actions"),
            "access_denied_response",
            ("service", "action", "principal_arn", "request_id"),
        )

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_ministack"):
            await self._app(scope, receive, send)
            return
        request, lost = Heard(scope), objects.watch()
        refused = False

        async def send_when_kept(message: Mapping[str, Any]) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                problem = await self._problem(request, message["status"], lost)
                if refused := bool(problem):
                    await self._refuse(request, problem, send)
            if not refused:
                await send(message)

        await self._app(scope, request.listening(receive), send_when_kept)

    async def _problem(self, request: Heard, status: int, lost: list[str]) -> str:
        """The reason why the response must not be sent; empty if it may."""
        if lost:
            return lost[0]
        service = self._services.of(request)
        kind = effect(service, request)
        if kind is not Effect.NONE:
            self.unsaved = True
        ended = self._finished.unsaved() if service == STACKS else {}
        if ended:
            return await self._save(None, ended)
        if kind is Effect.NOW and status < _REFUSED_FROM:
            return await self._save(self._services.files(service), {})
        return ""

    async def _save(self, files: frozenset[str] | None, ended: Ends) -> str:
        if self._saver.is_quick(files):
            problems = self._saver.save(files)
        else:
            problems = await asyncio.to_thread(self._saver.save, files)
        if not problems:
            self._finished.saved(ended)
        return "; ".join(f"{name}: {why}" for name, why in problems.items())

    async def _refuse(self, request: Heard, problem: str, send: Any) -> None:
        service = self._services.of(request)
        _, headers, body = self._worded(
            service, "", "", "",
            error_code="InternalError" if service == "s3" else "InternalFailure",
            message=f"The rehearsal cannot write its state to disk: {problem}",
            headers=request.headers,
        )  # fmt: skip
        kept = {name.lower(): str(value) for name, value in headers.items()}
        kept["content-length"] = str(len(body))
        pairs = [(name.encode(), value.encode()) for name, value in kept.items()]
        await send({"type": "http.response.start", "status": 500, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})
