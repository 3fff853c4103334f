"""SB-AUTH-1 to SB-AUTH-10, with the traps T-AUTH-1 to T-AUTH-7 resolved."""

import json
from typing import Any

import pytest

AUTH, INTEGRATIONS = "SecondBrainAuth", "SecondBrainIntegrations"
CLIENT, PROVIDER = "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolIdentityProvider"


@pytest.fixture
def pool(environments: Any) -> Any:
    return lambda environment="Dev": environments.properties(environment, AUTH, "AWS::Cognito::UserPool")


@pytest.fixture
def client(environments: Any) -> Any:
    def find(name: str, environment: str = "Dev", stack: str = AUTH) -> dict[str, Any]:
        found = environments.resources(environment, stack, CLIENT).values()
        (properties,) = [
            c["Properties"] for c in found if c["Properties"]["ClientName"].endswith(f"second-brain-{name}")
        ]
        return dict(properties)

    return find


def test_auth_1_people_sign_up_themselves_with_a_verified_e_mail(pool: Any) -> None:
    assert pool()["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is False
    assert pool()["UsernameAttributes"] == ["email"]
    assert pool()["AutoVerifiedAttributes"] == ["email"]
    assert pool()["AccountRecoverySetting"]["RecoveryMechanisms"] == [
        {"Name": "verified_email", "Priority": 1}
    ]


@pytest.mark.parametrize(
    ("environment", "deletion", "protection"),
    [("Dev", "Delete", "INACTIVE"), ("Staging", "Retain", "INACTIVE"), ("Prod", "Retain", "ACTIVE")],
)
def test_auth_1_users_outlive_the_stack_except_in_development(
    environments: Any, pool: Any, environment: str, deletion: str, protection: str
) -> None:
    (found,) = environments.resources(environment, AUTH, "AWS::Cognito::UserPool").values()
    assert found["DeletionPolicy"] == deletion
    assert pool(environment).get("DeletionProtection", "INACTIVE") == protection


def test_auth_2_attributes(pool: Any) -> None:
    schema = {entry["Name"]: entry for entry in pool()["Schema"]}
    assert (schema["email"]["Required"], schema["email"]["Mutable"]) == (True, True)
    assert (schema["name"]["Required"], schema["name"]["Mutable"]) == (False, True)
    for name in ("family_id", "timezone"):
        assert (schema[name]["AttributeDataType"], schema[name]["Mutable"]) == ("String", True)


def test_auth_3_password_and_second_factor(pool: Any) -> None:
    policy = pool()["Policies"]["PasswordPolicy"]
    assert (policy["MinimumLength"], policy["RequireSymbols"]) == (8, False)
    assert policy["RequireLowercase"] is policy["RequireUppercase"] is policy["RequireNumbers"] is True
    assert (pool()["MfaConfiguration"], pool()["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])


@pytest.mark.parametrize(
    ("kind", "scopes"), [("Google", "email profile openid"), ("LoginWithAmazon", "profile")]
)
def test_auth_4_and_5_providers_take_their_credentials_from_secrets(
    environments: Any, kind: str, scopes: str
) -> None:
    providers = environments.resources("Dev", AUTH, PROVIDER).values()
    (provider,) = [p["Properties"] for p in providers if p["Properties"]["ProviderType"] == kind]
    assert provider["ProviderDetails"]["authorize_scopes"] == scopes
    assert provider["AttributeMapping"] == {"email": "email", "name": "name"}
    secrets = environments.resources("Dev", AUTH, "AWS::SecretsManager::Secret")
    for field in ("client_id", "client_secret"):
        before, secret, after = provider["ProviderDetails"][field]["Fn::Join"][1]
        assert before == "{{resolve:secretsmanager:"
        assert secret["Ref"] in secrets, "T-AUTH-1: a secret that this stack creates"
        assert after == f":SecretString:{field}::}}}}"


def test_auth_6_web_client(client: Any) -> None:
    web = client("web")
    assert web["GenerateSecret"] is False
    assert web["AllowedOAuthFlows"] == ["code"]
    assert set(web["AllowedOAuthScopes"]) == {"email", "openid", "profile"}
    assert web["CallbackURLs"] == [
        "http://localhost:3000/callback",
        "https://app.secondbrain.example.com/callback",
    ]
    assert web["LogoutURLs"] == ["http://localhost:3000", "https://app.secondbrain.example.com"]
    assert (web["AccessTokenValidity"], web["IdTokenValidity"]) == (60, 60)
    assert web["RefreshTokenValidity"] == 30 * 24 * 60


def test_auth_7_alexa_client(client: Any) -> None:
    alexa = client("alexa")
    assert alexa["GenerateSecret"] is True
    assert set(alexa["AllowedOAuthScopes"]) == {"email", "openid", "profile"}
    assert alexa["CallbackURLs"] == [
        f"https://{host}/api/skill/link/M00000000000000"
        for host in ("layla.amazon.com", "alexa.amazon.co.jp", "pitangui.amazon.com")
    ]


def test_auth_9_hosted_pages_have_an_address_of_their_own(environments: Any) -> None:
    domain = environments.properties("Dev", AUTH, "AWS::Cognito::UserPoolDomain")["Domain"]
    assert domain == {"Fn::Join": ["", ["slipway-dev-second-brain-", {"Ref": "AWS::AccountId"}]]}


def test_auth_10_outputs(environments: Any) -> None:
    outputs = environments.template("Dev", AUTH)["Outputs"]
    assert set(outputs) >= {"UserPoolId", "UserPoolArn", "WebClientId", "CognitoDomain", "SmokeClientId"}


def test_t_auth_2_a_client_waits_for_the_providers_it_lists(environments: Any) -> None:
    providers = environments.resources("Dev", AUTH, PROVIDER)
    for found in environments.resources("Dev", AUTH, CLIENT).values():
        listed = found["Properties"]["SupportedIdentityProviders"]
        referenced = {entry["Ref"] for entry in listed if isinstance(entry, dict)}
        assert "COGNITO" in listed
        assert referenced <= set(providers)
        assert referenced == set(found.get("DependsOn", []))


def test_t_auth_3_redirects_are_whole_addresses(environments: Any) -> None:
    for found in environments.resources("Prod", AUTH, CLIENT).values():
        assert not any("*" in url for url in found["Properties"].get("CallbackURLs", []))


@pytest.mark.parametrize("environment", ["Dev", "Staging", "Prod"])
def test_t_auth_4_no_client_has_the_implicit_grant(environments: Any, environment: str) -> None:
    for found in environments.resources(environment, AUTH, CLIENT).values():
        assert found["Properties"].get("AllowedOAuthFlows", []) in ([], ["code"])


def test_t_auth_5_each_kind_of_client_has_its_own_flow_and_nobody_sends_a_password(client: Any) -> None:
    assert client("web")["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert client("alexa")["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    smoke = client("smoke")
    assert smoke["ExplicitAuthFlows"] == ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert smoke["AllowedOAuthFlowsUserPoolClient"] is False
    assert smoke["SupportedIdentityProviders"] == ["COGNITO"]


def test_t_auth_6_no_client_may_write_the_family(environments: Any) -> None:
    for found in environments.resources("Dev", AUTH, CLIENT).values():
        assert found["Properties"]["WriteAttributes"] == ["custom:timezone", "email", "name"]


@pytest.mark.parametrize("environment", ["Staging", "Prod"])
def test_t_auth_7_only_development_comes_back_to_localhost(client: Any, environment: str) -> None:
    urls = [*client("web", environment)["CallbackURLs"], *client("web", environment)["LogoutURLs"]]
    assert not any("localhost" in url for url in urls)


@pytest.mark.parametrize("environment", ["Dev", "Staging", "Prod"])
def test_smoke_tests_touch_no_account_of_the_pool(environments: Any, environment: str) -> None:
    """They may call the function that makes test people, which knows no others."""
    allowed = [
        statement
        for file in environments.folder.glob(f"assembly-{environment}/*.template.json")
        for name, policy in json.loads(file.read_text())["Resources"].items()
        if policy["Type"] == "AWS::IAM::Policy" and name.startswith("SmokeAccess")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert allowed
    assert "cognito" not in json.dumps(allowed)
    people = environments.resources(environment, AUTH, "AWS::Lambda::Function")
    (function,) = (name for name in people if name.startswith("SmokePeople"))
    assert any(
        statement["Action"] == "lambda:InvokeFunction" and function in json.dumps(statement["Resource"])
        for statement in allowed
    )
