"""SB-INT-1 to SB-INT-7 and SB-AUTH-8, with the traps T-INT-1 to T-INT-4 and T-AUTH-4 resolved."""

import json
from typing import Any

import pytest

INTEGRATIONS = "SecondBrainIntegrations"
SKILL = "amzn1.ask.skill.00000000-0000-0000-0000-000000000000"


@pytest.fixture
def of(environments: Any) -> Any:
    return lambda kind, environment="Dev": environments.resources(environment, INTEGRATIONS, kind)


@pytest.fixture
def handlers(of: Any) -> dict[str, dict[str, Any]]:
    return {
        key.partition("Function")[0]: found["Properties"]
        for key, found in of("AWS::Lambda::Function").items()
    }


def _granted(of: Any, role: str) -> set[str]:
    return {
        str(action)
        for policy in of("AWS::IAM::Policy").values()
        if any(str(name).startswith(f"{{'Ref': '{role}Role") for name in policy["Properties"]["Roles"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in _listed(statement["Action"])
        if not action.startswith(("ec2:", "xray:", "logs:"))
    }


def test_int_1_the_secret_waits_to_be_filled(of: Any) -> None:
    (secret,) = of("AWS::SecretsManager::Secret").values()
    discord = json.loads(secret["Properties"]["GenerateSecretString"]["SecretStringTemplate"])
    assert set(discord) == {"application_id", "public_key"}
    assert len(bytes.fromhex(discord["public_key"])) == 32


@pytest.mark.parametrize(
    ("function", "more"),
    [
        (
            "Discord",
            {"cognito-idp:DescribeUserPoolClient", "cognito-idp:AdminGetUser", "lambda:InvokeFunction"},
        ),
        ("Alexa", {"cognito-idp:AdminGetUser"}),
    ],
)
def test_int_2_permissions(of: Any, function: str, more: set[str]) -> None:
    assert _granted(of, function) == more | {
        "secretsmanager:GetSecretValue",
        "bedrock:InvokeModel",
        "bedrock-agentcore:InvokeAgentRuntime",
    }


def test_int_3_discord(handlers: Any) -> None:
    found = handlers["Discord"]
    assert (found["Timeout"], found["MemorySize"]) == (30, 256)
    told = found["Environment"]["Variables"]
    assert {"DISCORD_SECRET_ARN", "AGENTCORE_ENDPOINT", "USER_POOL_ID", "COGNITO_DOMAIN"} <= set(told)
    assert "discord/callback" in str(told["DISCORD_REDIRECT_URL"])


def test_int_4_alexa_answers_within_eight_seconds(handlers: Any) -> None:
    found = handlers["Alexa"]
    assert (found["Timeout"], found["MemorySize"]) == (8, 256)
    told = found["Environment"]["Variables"]
    assert told["ALEXA_SKILL_ID"] == SKILL
    assert {"AGENTCORE_ENDPOINT", "USER_POOL_ID", "ALEXA_CLIENT_ID"} <= set(told)


def test_int_5_and_t_int_3_only_this_skill_may_call(of: Any) -> None:
    permissions = [found["Properties"] for found in of("AWS::Lambda::Permission").values()]
    (alexa,) = [p for p in permissions if p["Principal"] == "alexa-appkit.amazon.com"]
    assert alexa["EventSourceToken"] == SKILL
    assert "AlexaFunction" in str(alexa["FunctionName"])


def test_int_6_and_t_int_1_routes_on_an_api_of_its_own(of: Any) -> None:
    resources = of("AWS::ApiGateway::Resource")
    methods = [found["Properties"] for found in of("AWS::ApiGateway::Method").values()]
    routes = {(m["HttpMethod"], resources[m["ResourceId"]["Ref"]]["Properties"]["PathPart"]) for m in methods}
    assert routes == {
        ("POST", "webhook"),
        ("GET", "link"),
        ("POST", "link"),
        ("GET", "callback"),
        ("POST", "confirm"),
    }
    assert {m["AuthorizationType"] for m in methods} == {"NONE"}
    assert all("DiscordFunction" in str(m["Integration"]["Uri"]) for m in methods)
    (stage,) = of("AWS::ApiGateway::Stage").values()
    assert stage["Properties"]["StageName"] == "v1"
    assert len(of("AWS::ApiGateway::Deployment")) == 1


def test_int_7_outputs(environments: Any) -> None:
    outputs = environments.template("Dev", INTEGRATIONS)["Outputs"]
    assert set(outputs) >= {"DiscordWebhookUrl", "AlexaLambdaArn"}
    assert str(outputs["DiscordWebhookUrl"]["Value"]).endswith("/v1/discord/webhook']]}")


def test_auth_8_and_t_auth_4_the_discord_client_calls_back_to_this_api(of: Any) -> None:
    (client,) = [found["Properties"] for found in of("AWS::Cognito::UserPoolClient").values()]
    assert client["GenerateSecret"] is True
    assert client["AllowedOAuthFlows"] == ["code"]
    assert set(client["AllowedOAuthScopes"]) == {"email", "openid"}
    assert client["SupportedIdentityProviders"] == ["COGNITO"]
    (callback,) = client["CallbackURLs"]
    assert callback["Fn::Join"][1][-1].endswith("/v1/discord/callback")
    assert "custom:family_id" not in client["WriteAttributes"]


@pytest.mark.parametrize(("environment", "may"), [("Dev", True), ("Staging", True), ("Prod", False)])
def test_smoke_tests_may_lend_discord_a_key_except_in_production(
    of: Any, environment: str, may: bool
) -> None:
    (policy,) = [
        found for key, found in of("AWS::IAM::Policy", environment).items() if key.startswith("SmokeAccess")
    ]
    assert ("secretsmanager:PutSecretValue" in str(policy)) is may


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
