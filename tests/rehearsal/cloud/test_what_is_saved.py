"""Which requests are saved before their answer, told from what is sent."""

from typing import Any

import pytest

from rehearsal.daemon.state.requests import Effect, Heard, effect
from rehearsal.daemon.state.stores import reader

JSON = (b"content-type", b"application/x-amz-json-1.1")
FORM = (b"content-type", b"application/x-www-form-urlencoded; charset=utf-8")


def heard(method: str = "POST", path: str = "/", headers: tuple[Any, ...] = (), body: bytes = b"") -> Heard:
    scope = {"method": method, "path": path, "headers": headers, "query_string": b""}
    return Heard(scope, bytearray(body))


def target(operation: str) -> Heard:
    return heard(headers=(JSON, (b"x-amz-target", f"Service_20200101.{operation}".encode())))


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("GetSecretValue", Effect.NONE),
        ("BatchGetItem", Effect.NONE),
        ("DescribeParameters", Effect.NONE),
        ("PutSecretValue", Effect.NOW),
        ("TestamentPut", Effect.NOW),
        ("GetCredentialsForIdentity", Effect.NOW),
    ],
)
def test_an_operation_is_a_change_unless_it_has_a_name_of_reading(operation: str, kind: Effect) -> None:
    assert effect("secretsmanager", target(operation)) is kind


def test_asking_for_a_stack_by_post_changes_nothing() -> None:
    assert effect("cloudformation", heard(headers=(FORM,), body=b"Action=DescribeStacks&a=b")) is Effect.NONE
    assert effect("cloudformation", heard(headers=(FORM,), body=b"Action=CreateStack&a=b")) is Effect.NOW


def test_an_api_without_operations_is_told_by_its_method() -> None:
    assert effect("s3", heard("GET", "/bucket/key")) is Effect.NONE
    assert effect("s3", heard("PUT", "/bucket/key")) is Effect.NOW


def test_nobody_waits_for_a_log_or_for_what_a_function_leaves() -> None:
    assert effect("logs", target("PutLogEvents")) is Effect.LATER
    assert effect("logs", target("CreateLogGroup")) is Effect.NOW
    invocation = heard(path="/2015-03-31/functions/name/invocations")
    assert effect("lambda", invocation) is Effect.LATER


def test_a_state_that_is_more_than_copies_is_asked_for_as_it_is() -> None:
    def more_than_copies() -> dict[str, Any]:
        return {"stores": {"JSON": JSON}}

    assert reader(more_than_copies) is more_than_copies
