"""Which requests are attributed to which builds."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from rehearsal.builds.reuse.calls import CallTracker

WHO_AM_I = b"Action=GetCallerIdentity&Version=2011-06-15"


def send(tracker: CallTracker, scope: Mapping[str, Any], *body: bytes) -> bytes:
    """What the embedded AWS reads of the request's body."""
    chunks = [{"body": chunk, "more_body": True} for chunk in body] + [{"body": b"", "more_body": False}]
    read = b""

    async def receive() -> Mapping[str, Any]:
        return chunks.pop(0)

    async def app(_: object, receive: Any, __: object) -> None:
        nonlocal read
        more = True
        while more:
            message = await receive()
            read += message["body"]
            more = message["more_body"]

    asyncio.run(tracker.layer(app)(scope, receive, None))  # type: ignore[arg-type]
    return read


def http(*, key: str = "", service: str = "s3", **more: Any) -> dict[str, Any]:
    credential = f"AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/{service}/aws4_request, Signature=0"
    headers = [(b"authorization", credential.encode())] if key else []
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", **more}
    return {**scope, "headers": [*headers, *more.get("headers", ())]}


def test_the_end_of_one_build_leaves_the_others_tracked() -> None:
    """Neither has a key yet, so that nothing but their identity tells them apart."""
    tracker = CallTracker()
    with tracker.of_build() as longer:
        with tracker.of_build():
            pass
        longer.keys.add("ASIA1")
        send(tracker, http(key="ASIA1"))
        assert longer.called


TOUCHING = {
    "its key": (http(key="ASIA1"), b""),
    "an assumed role": (http(key="ASIA1", service="sts"), b"Action=AssumeRole&Version=2011-06-15"),
    "two questions at once": (http(key="ASIA1", service="sts"), WHO_AM_I + b"&Action=AssumeRole"),
    "a question about itself and more": (http(key="ASIA1", service="sts"), WHO_AM_I + b"&X=" + b"x" * 9000),
    "another operation in a header": (
        http(key="ASIA1", service="sts", headers=[(b"x-amz-target", b"AmazonSSM.PutParameter")]),
        WHO_AM_I,
    ),
    "a bucket's path": (http(key="ASIA1", service="sts", path="/bucket/key"), WHO_AM_I),
    "an operation in the query": (
        http(key="ASIA1", service="sts", query_string=b"Action=AssumeRole"),
        WHO_AM_I,
    ),
    "no signature": (http(), b""),
    "a token of an API": (http(headers=[(b"authorization", b"Bearer abc")]), b""),
    "a web socket": ({"type": "websocket", "path": "/", "headers": []}, b""),
    "somebody else's presigned URL": (
        http(query_string=b"X-Amz-Credential=ASIA2%2F20260101%2Feu-west-1%2Fs3%2Faws4_request"),
        b"",
    ),
    "an old presigned URL": (http(query_string=b"AWSAccessKeyId=ASIA2&Signature=x&Expires=1"), b""),
}
HARMLESS = {
    "who it is": (http(key="ASIA1", service="sts"), WHO_AM_I),
    "somebody else's key": (http(key="ASIA2"), b""),
    "somebody else's question": (http(key="ASIA2", service="sts"), b"Action=AssumeRole"),
    "a health check": (http(path="/_ministack/health"), b""),
}


@pytest.mark.parametrize(("scope", "body"), TOUCHING.values(), ids=list(TOUCHING))
def test_what_counts_as_a_call_of_a_build(scope: dict[str, Any], body: bytes) -> None:
    assert attributed(scope, body)


@pytest.mark.parametrize(("scope", "body"), HARMLESS.values(), ids=list(HARMLESS))
def test_what_does_not(scope: dict[str, Any], body: bytes) -> None:
    assert not attributed(scope, body)


def attributed(scope: dict[str, Any], body: bytes) -> bool:
    tracker = CallTracker()
    with tracker.of_build() as calls:
        calls.keys.add("ASIA1")
        halves: Sequence[bytes] = (body[: len(body) // 2], body[len(body) // 2 :])
        assert send(tracker, scope, *halves) == body
        return calls.called


def test_a_late_call_makes_a_stored_result_deleted_before_it_is_answered() -> None:
    tracker = CallTracker()
    events: list[str] = []
    with tracker.of_build() as calls:
        calls.keys.add("ASIA1")
        calls.on_call(lambda: events.append("deleted"))

    async def app(*_: object) -> None:
        events.append("reused")

    asyncio.run(tracker.layer(app)(http(key="ASIA1"), None, None))  # type: ignore[arg-type]
    assert events == ["deleted", "reused"]
