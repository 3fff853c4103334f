"""httpx over an agent's own connections, which begin with its token."""

import urllib.error
import urllib.request

import httpx

from rehearsal.cloud.agentcore.connection import opener


class AgentTransport(httpx.BaseTransport):
    def __init__(self, token: str) -> None:
        self._opener = opener(token)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = urllib.request.Request(  # noqa: S310 - an http address on loopback
            str(request.url),
            data=request.read() or None,
            headers=dict(request.headers),
            method=request.method,
        )
        try:
            with self._opener.open(asked, timeout=60) as answer:
                return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.read())
        except urllib.error.HTTPError as error:
            return httpx.Response(error.code, headers=dict(error.headers), content=error.read())
