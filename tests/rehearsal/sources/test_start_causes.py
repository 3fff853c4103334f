"""What an execution's client request token says of its cause."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.record.views import Trigger
from rehearsal.sources.cause import EVENT, POLL, PUSH, Cause, trigger_of


@pytest.mark.parametrize(
    ("cause", "kind"), [(PUSH, "WebhookV2"), (POLL, "PollForSourceChanges"), (EVENT, "CloudWatchEvent")]
)
def test_a_token_says_why(cause: str, kind: str) -> None:
    token = Cause(cause=cause, detail="refs/heads/main").token()
    assert trigger_of(token) == Trigger(kind=kind, detail="refs/heads/main")


@given(st.text())
def test_any_detail_fits_into_what_codepipeline_accepts(detail: str) -> None:
    token = Cause(cause=PUSH, detail=detail.encode(errors="replace").decode()).token()
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,128}", token)
    assert trigger_of(token)


@pytest.mark.parametrize("token", [None, "", "mine-1", "slipway-other-0123456789ab-00", "slipway-push-x-00"])
def test_other_tokens_say_nothing(token: str | None) -> None:
    assert trigger_of(token) is None
