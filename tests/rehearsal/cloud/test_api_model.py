"""What AWS's model of an API lets in."""

from typing import Any

import pytest

from rehearsal.emulator.api_model import ApiModel
from rehearsal.emulator.extension import ServiceError, ServiceRequest

API = ApiModel(service="codebuild", code="InvalidInputException")


def request(operation: str, **payload: Any) -> ServiceRequest:
    return ServiceRequest(operation=operation, payload=payload, account="111122223333", region="eu-west-1")


def test_members_that_are_null_are_absent() -> None:
    found = API.checked(request("StartBuild", projectName="demo", sourceVersion=None, cacheOverride=None))
    assert found.payload == {"projectName": "demo"}


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({}, "Value null at 'projectName' failed to satisfy constraint: Member must not be null"),
        ({"projectName": None}, "Member must not be null"),
        ({"projectName": 7}, "Member must be text"),
        ({"projectName": ""}, "length greater than or equal to 1"),
        ({"projectName": "\ud800"}, "must be valid Unicode"),
        ({"projectName": "x", "timeoutInMinutesOverride": "5"}, "must be a whole number"),
        ({"projectName": "x", "timeoutInMinutesOverride": True}, "must be a whole number"),
        ({"projectName": "x", "timeoutInMinutesOverride": 4}, "greater than or equal to 5"),
        ({"projectName": "x", "privilegedModeOverride": "true"}, "must be true or false"),
        ({"projectName": "x", "sourceTypeOverride": "SVN"}, "enum value set"),
        ({"projectName": "x", "environmentVariablesOverride": {}}, "must be a list"),
        ({"projectName": "x", "environmentVariablesOverride": [None]}, "must be an object"),
        (
            {"projectName": "x", "environmentVariablesOverride": [{"name": "A"}]},
            "'environmentVariablesOverride.1.member.value'",
        ),
        ({"projectName": "x", "projectNam": "y"}, "'projectNam' is not a member of StartBuildInput"),
    ],
)
def test_what_does_not_fit_is_named(payload: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceError) as error:
        API.checked(request("StartBuild", **payload))
    assert error.value.code == "InvalidInputException"
    assert message in str(error.value)
    assert API.resource_arn(lambda _: "arn")(request("StartBuild", **payload)) == "*"


def test_patterns_in_java_s_dialect_are_understood() -> None:
    tags = [{"key": "Größe", "value": "ok"}]
    payload: dict[str, Any] = {
        "name": "group",
        "type": "TEST",
        "exportConfig": {"exportConfigType": "NO_EXPORT"},
    }
    assert API.checked(request("CreateReportGroup", **payload, tags=tags))
    with pytest.raises(ServiceError, match="regular expression pattern"):
        API.checked(request("CreateReportGroup", **payload, tags=[{"key": "a#b", "value": "ok"}]))


def test_an_operation_that_does_not_exist_is_named() -> None:
    with pytest.raises(ServiceError, match="codebuild has no operation 'Fly'"):
        API.checked(request("Fly"))
