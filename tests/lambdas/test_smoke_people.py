"""The function that makes test people, on a user pool of the embedded AWS: it touches nobody else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from blocks.smoke_people import handler
from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home

ANN = "ann@example.org"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    home = Home(tmp_path_factory.mktemp("people") / ".slipway")
    yield client.start(home)
    client.stop(home)


@pytest.fixture(scope="module")
def users(endpoint: Endpoint) -> Any:
    return client.session(endpoint).client("cognito-idp")


@pytest.fixture
def pool(users: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """With somebody in it who is not a test's."""
    custom = [
        {"Name": name, "AttributeDataType": "String", "Mutable": True} for name in ("family_id", "zone")
    ]
    pool = str(users.create_user_pool(PoolName="people", Schema=custom)["UserPool"]["Id"])
    made = users.create_user_pool_client(
        UserPoolId=pool, ClientName="smoke", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    users.admin_create_user(UserPoolId=pool, Username=ANN, MessageAction="SUPPRESS")
    monkeypatch.setenv("USER_POOL_ID", pool)
    monkeypatch.setenv("CLIENT_ID", made["UserPoolClient"]["ClientId"])
    monkeypatch.setenv("TENANT_ATTRIBUTE", "custom:family_id")
    monkeypatch.setenv("ATTRIBUTES", json.dumps({"custom:zone": "Europe/Berlin"}))
    monkeypatch.setattr(handler, "_users", lambda: users)
    return pool


def names(users: Any, pool: str) -> set[str]:
    return {user["Username"] for user in users.list_users(UserPoolId=pool)["Users"]}


def attributes(users: Any, pool: str, name: str) -> dict[str, str]:
    found = users.admin_get_user(UserPoolId=pool, Username=name)["UserAttributes"]
    return {each["Name"]: each["Value"] for each in found}


def test_a_person_comes_with_a_family_of_their_own_and_goes(users: Any, pool: str) -> None:
    ben, eve = (handler.handle({"join": {}}, None) for _ in range(2))
    assert ben["tenant"] != eve["tenant"]
    assert ben["token"].count(".") == 2
    found = attributes(users, pool, ben["email"])
    assert found["custom:family_id"] == ben["tenant"]
    assert found["custom:zone"] == "Europe/Berlin"
    assert handler.handle({"leave": ben["email"]}, None) == {"left": ben["email"]}
    assert names(users, pool) == {ANN, eve["email"]}


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"leave": ANN}, id="somebody else"),
        pytest.param({"leave": f"smoke-{ANN}"}, id="almost one of ours"),
        pytest.param({"leave": "smoke-12345678-1234-1234-1234-123456789012@example.com\n"}, id="a line more"),
        pytest.param({"leave": ["smoke"]}, id="a list"),
        pytest.param({"join": {"custom:family_id": "anns"}}, id="a family that is there"),
        pytest.param({"join": {}, "leave": ANN}, id="both"),
        pytest.param({"password": ANN}, id="something else"),
        pytest.param([], id="no object"),
        pytest.param(None, id="nothing"),
    ],
)
def test_nobody_else_is_touched(users: Any, pool: str, event: Any) -> None:
    before = attributes(users, pool, ANN)
    with pytest.raises(handler.RefusedError):
        handler.handle(event, None)
    assert names(users, pool) == {ANN}
    assert attributes(users, pool, ANN) == before


def test_who_cannot_sign_in_is_not_left_behind(
    users: Any, pool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_ID", "nobody-s-client")
    with pytest.raises(users.exceptions.ClientError):
        handler.handle({"join": {}}, None)
    assert names(users, pool) == {ANN}
