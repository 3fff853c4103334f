"""Requests signed as Discord signs them, with a key that only a test environment takes.

A fresh environment's secret holds a key that nobody has the other half of. In a test environment the
checks put one of their own there, and keep its private half beside it for the next run. A secret that a
person has filled for a real application is left alone.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.smoke.second_brain.deployment import Deployment

PING = json.dumps({"type": 1}).encode()
NO_APPLICATION = "0"
_TEST_KEY = "smoke_signing_key"


@dataclass(frozen=True, kw_only=True)
class Discord:
    deployment: Deployment

    def ping(self, key: Ed25519PrivateKey) -> httpx.Response:
        moment = str(int(time.time()))
        signature = key.sign(moment.encode() + PING).hex()
        headers = {
            "Content-Type": "application/json",
            "X-Signature-Ed25519": signature,
            "X-Signature-Timestamp": moment,
        }
        url = self.deployment.discord_webhook_url
        return httpx.post(url, content=PING, headers=headers, timeout=30, trust_env=False)

    def forged_link_steps(self) -> list[int]:
        """How each page of linking an account answers a secret that nobody was given."""
        pages = self.deployment.discord_webhook_url.removesuffix("webhook")
        with httpx.Client(base_url=pages, timeout=30, trust_env=False) as browser:
            answers = (
                browser.get("link", params={"ticket": "forged"}),
                browser.post("link", data={"ticket": "forged"}),
                browser.get("callback", params={"state": "forged", "code": "forged"}),
                browser.post("confirm", data={"confirmation": "forged"}),
            )
        return [answer.status_code for answer in answers]

    def test_key(self) -> Ed25519PrivateKey | None:
        """None where the environment serves a real application of Discord's."""
        secrets = self.deployment.client("secretsmanager")
        secret = self.deployment.discord_secret_arn
        stored = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])
        if stored.get("application_id") != NO_APPLICATION:
            return None
        if kept := stored.get(_TEST_KEY):
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept))
        key = Ed25519PrivateKey.generate()
        secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(_with_key(stored, key)))
        return key


def _with_key(stored: dict[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    return {
        **stored,
        "public_key": key.public_key().public_bytes_raw().hex(),
        _TEST_KEY: key.private_bytes_raw().hex(),
    }
