"""HTTP to an agent, over connections that begin with its token.

An agent listens on loopback, where every program of this machine and every page in its browser could call
it around AgentCore's authorization. A token in a header would need a change in each server that an agent may
be written with; one before the first byte of HTTP needs none (`launch.py` reads it off).
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
    """Opens addresses of the agent that has this token, whatever proxy the environment names."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), _Handler(token))
