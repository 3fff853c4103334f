"""Encodes why a source starts an execution in the client request token.

StartPipelineExecution has no field for it, and an API call is required so that IAM is evaluated. The token
may contain only letters, digits and dashes, so the detail is written in hexadecimal and cut to the token's
length.
"""

import re
import uuid
from dataclasses import dataclass

from rehearsal.record.views import Trigger

PUSH, POLL, EVENT = "push", "poll", "event"
_KINDS = {PUSH: "WebhookV2", POLL: "PollForSourceChanges", EVENT: "CloudWatchEvent"}
_TOKEN = re.compile(r"slipway-(?P<cause>[a-z]+)-[0-9a-f]{12}-(?P<detail>(?:[0-9a-f]{2})*)")
_LONGEST_DETAIL = 48


@dataclass(frozen=True, kw_only=True)
class Cause:
    """`cause` is `PUSH`, `POLL` or `EVENT`; `detail` is what was pushed or has changed."""

    cause: str
    detail: str

    def token(self) -> str:
        """A new client request token that contains the cause."""
        detail = self.detail.encode()[:_LONGEST_DETAIL].hex()
        return f"slipway-{self.cause}-{uuid.uuid4().hex[:12]}-{detail}"


def trigger_of(token: str | None) -> Trigger | None:
    """The trigger in a token, or None for another client's token."""
    found = _TOKEN.fullmatch(token or "")
    if found is None or found["cause"] not in _KINDS:
        return None
    detail = bytes.fromhex(found["detail"]).decode(errors="replace")
    return Trigger(kind=_KINDS[found["cause"]], detail=detail)
