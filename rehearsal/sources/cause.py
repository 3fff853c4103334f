"""Why an execution is started by a source: told to the engine inside the client request token.

StartPipelineExecution has no field for it, and it is the one way in that IAM sees. The token may
hold letters, digits and dashes only, so the detail is written in hexadecimal and cut to what fits.
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
    """`cause` is one of `PUSH`, `POLL` and `EVENT`; `detail` what was pushed or has changed."""

    cause: str
    detail: str

    def token(self) -> str:
        """A new client request token that says it."""
        detail = self.detail.encode()[:_LONGEST_DETAIL].hex()
        return f"slipway-{self.cause}-{uuid.uuid4().hex[:12]}-{detail}"


def trigger_of(token: str | None) -> Trigger | None:
    """What a token says, or None for one that somebody else made."""
    found = _TOKEN.fullmatch(token or "")
    if found is None or found["cause"] not in _KINDS:
        return None
    detail = bytes.fromhex(found["detail"]).decode(errors="replace")
    return Trigger(kind=_KINDS[found["cause"]], detail=detail)
