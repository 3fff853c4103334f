"""HTTP connections to an agent, which start with its token.

An agent listens on loopback, where every program of this machine and every web page in its browser could call
it and bypass AgentCore's authorization. A token in a header would need a change in every server with which an
agent may be written; a token before the first byte of HTTP needs none (`launch.py` reads it).
"""

import http.client
import urllib.request
from functools import partial
from typing import Any


class _Connection(http.client.HTTPConnection):
    def __init__(self, host: str, *, token: str, **options: Any) -> None:
        super().__init__(host, **options)
        self._token = token

    def connect(self) -> None:
        super().connect()
        self.sock.sendall(self._token.encode())


class _Handler(urllib.request.HTTPHandler):
    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def http_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(partial(_Connection, token=self._token), request)


def opener(token: str) -> urllib.request.OpenerDirector:
    """Opens URLs of the agent that has this token, and ignores proxies of the environment."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), _Handler(token))
