"""Tokens as a Cognito user pool signs them, and as forgers would."""

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

POOL = "us-east-1_pool"


class Issuer:
    """One signing key of a pool."""

    def __init__(self, key_id: str = "key-1") -> None:
        self.key_id = key_id
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def published(self) -> dict[str, Any]:
        numbers = self._key.public_key().public_numbers()
        return {"kid": self.key_id, "n": _number(numbers.n), "e": _number(numbers.e), "kty": "RSA"}

    def token(self, *, algorithm: str = "RS256", **claims: Any) -> str:
        head = _part({"alg": algorithm, "kid": self.key_id})
        issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
        body = _part({"iss": issuer, "exp": int(time.time()) + 3600, **claims})
        signature = self._key.sign(f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{head}.{body}.{_text(signature)}"


def tampered(token: str, **claims: Any) -> str:
    """The same signature under other claims."""
    head, body, signature = token.split(".")
    decoded = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{head}.{_part({**decoded, **claims})}.{signature}"


def unsigned(**claims: Any) -> str:
    return f"{_part({'alg': 'none', 'kid': 'key-1'})}.{_part(claims)}."


def _part(content: dict[str, Any]) -> str:
    return _text(json.dumps(content).encode())


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
