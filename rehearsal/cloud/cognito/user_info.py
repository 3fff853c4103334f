"""A question to `/oauth2/userInfo` without a token is a malformed one, as Cognito documents it: 400.

ministack answers 401, as it does for a token that is refused.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

Answer = tuple[int, dict[str, str], bytes]
_DESCRIPTION = "Bad OAuth2 request at UserInfo Endpoint"
_CHALLENGE = f'error="invalid_request", error_description="{_DESCRIPTION}"'


def apply(_cloud: Cloud) -> None:
    guard = Guard("Cognito's userInfo without a token")
    cognito = guard.module("ministack.services.cognito")
    parameters = ("method", "path", "headers", "body", "query_params")
    native: Callable[..., Answer] = guard.function(cognito, "handle_oauth2_userinfo", parameters)

    def answer(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
    ) -> Answer:
        if not headers.get("authorization", "").lower().startswith("bearer "):
            answer = {"error": "invalid_request", "error_description": _DESCRIPTION}
            challenge = {"Content-Type": "application/json", "WWW-Authenticate": _CHALLENGE}
            return 400, challenge, json.dumps(answer).encode()
        return native(method, path, headers, body, query_params)

    cognito.handle_oauth2_userinfo = answer
