"""Events as API Gateway's REST proxy integration makes them, and people to send them."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.lambdas.runtime_api import Function


@dataclass(frozen=True)
class Person:
    """Somebody who signed in: what the Cognito authorizer would find in their token."""

    subject: str = field(default_factory=lambda: str(uuid.uuid4()))
    family: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def claims(self) -> dict[str, str]:
        return {"sub": self.subject, "token_use": "id", "custom:family_id": self.family, "aud": "web"}


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def field(self) -> str:
        """The field that a refusal names."""
        return str(self.body["error"].get("field", ""))


def event(
    method: str,
    resource: str,
    *,
    claims: Mapping[str, Any] | None = None,
    body: Any = None,
    query: Mapping[str, str] | None = None,
    path: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    base64: bool = False,
) -> dict[str, Any]:
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    return {
        "httpMethod": method,
        "resource": resource,
        "path": resource,
        "headers": dict(headers or {}),
        "queryStringParameters": dict(query) if query else None,
        "pathParameters": dict(path) if path else None,
        "body": text,
        "isBase64Encoded": base64,
        "requestContext": {
            "requestId": "request-1",
            "domainName": "api.example.com",
            "stage": "v1",
            "authorizer": {"claims": dict(claims)} if claims is not None else None,
        },
    }


def call(function: Function, method: str, resource: str, **parts: Any) -> Reply:
    person = parts.pop("person", None)
    claims = parts.pop("claims", person.claims if person else None)
    return send(function, event(method, resource, claims=claims, **parts))


def send(function: Function, whole_event: Any) -> Reply:
    outcome = function.invoke(whole_event)
    assert not outcome.failed, outcome.payload
    payload = outcome.payload
    return Reply(status=payload["statusCode"], headers=payload["headers"], text=payload["body"])
