"""Tokens of a user pool, verified by the API's own authorizer."""

import json
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest

from rehearsal.emulator.urls import local_url
from rehearsal.home import Endpoint
from tests.rehearsal.cloud.every_type import att, ref
from tests.rehearsal.cloud.stacks import Stacks

PASSWORD = "Correct-horse-9"


def guarded_api() -> dict[str, Any]:
    """One method behind a Cognito authorizer, answered by a mock."""
    answer = {"StatusCode": "200", "ResponseTemplates": {"application/json": '{"hello": "you"}'}}
    integration = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
        "IntegrationResponses": [answer],
    }
    resources: dict[str, Any] = {
        "Pool": ("Cognito::UserPool", {}),
        "Client": ("Cognito::UserPoolClient", {"ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]}),
        "Api": ("ApiGateway::RestApi", {"Name": "guarded"}),
        "Authorizer": (
            "ApiGateway::Authorizer",
            {
                "Name": "pool",
                "Type": "COGNITO_USER_POOLS",
                "IdentitySource": "method.request.header.Authorization",
                "ProviderARNs": [att("Pool", "Arn")],
                "RestApiId": ref("Api"),
            },
        ),
        "Method": (
            "ApiGateway::Method",
            {
                "HttpMethod": "GET",
                "ResourceId": att("Api", "RootResourceId"),
                "RestApiId": ref("Api"),
                "AuthorizationType": "COGNITO_USER_POOLS",
                "AuthorizerId": ref("Authorizer"),
                "Integration": integration,
                "MethodResponses": [{"StatusCode": "200"}],
            },
        ),
        "Deployment": ("ApiGateway::Deployment", {"RestApiId": ref("Api")}),
        "Stage": (
            "ApiGateway::Stage",
            {"RestApiId": ref("Api"), "DeploymentId": ref("Deployment"), "StageName": "v1"},
        ),
    }
    resources["Client"][1]["UserPoolId"] = ref("Pool")
    typed: dict[str, Any] = {
        name: {"Type": f"AWS::{kind}", "Properties": properties}
        for name, (kind, properties) in resources.items()
    }
    typed["Deployment"]["DependsOn"] = ["Method"]
    return typed


def get(url: str, token: str | None) -> int:
    request = urllib.request.Request(url, headers={"Authorization": token} if token else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - an http address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def api(stacks: Stacks, cloud: Endpoint) -> dict[str, str]:
    url = {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/v1/"}
    made = stacks.deploy("guarded", guarded_api(), Url=url, Pool=ref("Pool"), Client=ref("Client"))
    return {**made, "Url": local_url(made["Url"], endpoint_url=cloud.url)}


@pytest.fixture(scope="module")
def token(api: dict[str, str], aws: boto3.session.Session) -> str:
    users: Any = aws.client("cognito-idp")
    users.admin_create_user(UserPoolId=api["Pool"], Username="ann", MessageAction="SUPPRESS")
    users.admin_set_user_password(UserPoolId=api["Pool"], Username="ann", Password=PASSWORD, Permanent=True)
    signed_in = users.admin_initiate_auth(
        UserPoolId=api["Pool"],
        ClientId=api["Client"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
    )
    return str(signed_in["AuthenticationResult"]["IdToken"])


def test_a_token_of_the_pool_is_let_in(api: dict[str, str], token: str) -> None:
    assert get(api["Url"], token) == 200


def test_nobody_and_a_changed_token_are_kept_out(api: dict[str, str], token: str) -> None:
    head, body, signature = token.split(".")
    changed = ".".join((head, body, signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")))
    assert [get(api["Url"], bad) for bad in (None, changed, "no-token")] == [401, 401, 401]


def test_the_pools_keys_are_published(api: dict[str, str], cloud: Endpoint) -> None:
    with urllib.request.urlopen(f"{cloud.url}/{api['Pool']}/.well-known/jwks.json") as found:  # noqa: S310
        assert {key["alg"] for key in json.load(found)["keys"]} == {"RS256"}


@pytest.mark.parametrize(
    ("token", "status", "error"),
    [
        (None, 400, "invalid_request"),
        ("Basic YTpi", 400, "invalid_request"),
        ("Bearer no-token", 401, "INVALID_TOKEN"),
    ],
    ids=["nobody", "no bearer", "a refused token"],
)
def test_who_asks_for_a_person_without_a_token_is_told_what_cognito_tells(
    cloud: Endpoint, token: str | None, status: int, error: str
) -> None:
    headers = {"Authorization": token} if token else {}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(f"{cloud.url}/oauth2/userInfo", headers=headers))  # noqa: S310
    assert refused.value.code == status
    assert error in refused.value.headers["WWW-Authenticate"]
