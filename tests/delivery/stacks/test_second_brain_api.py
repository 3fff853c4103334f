"""SB-API-1 to SB-API-9, with the traps T-API-1 to T-API-7, T-1 and T-RUST-2 resolved."""

from typing import Any

import pytest

API = "SecondBrainApi"
FUNCTIONS = {"query": 30, "ingest": 30, "briefing": 60, "calendar": 30, "voicenoteskeeper": 60}
ASK_NOBODY = {"voicenoteskeeper"}
"""Functions without the agent."""


@pytest.fixture
def of(environments: Any) -> Any:
    return lambda kind, environment="Dev": environments.resources(environment, API, kind)


@pytest.fixture
def handlers(of: Any) -> dict[str, dict[str, Any]]:
    return {
        key.partition("Function")[0].lower(): found["Properties"]
        for key, found in of("AWS::Lambda::Function").items()
    }


@pytest.fixture
def routes(of: Any) -> dict[tuple[str, str], dict[str, Any]]:
    resources = {key: found["Properties"] for key, found in of("AWS::ApiGateway::Resource").items()}

    def path(resource: Any) -> str:
        if "Fn::GetAtt" in resource:
            return ""
        parent = resources[resource["Ref"]]
        return f"{path(parent['ParentId'])}/{parent['PathPart']}"

    methods = [found["Properties"] for found in of("AWS::ApiGateway::Method").values()]
    return {(method["HttpMethod"], path(method["ResourceId"])): method for method in methods}


def _granted(of: Any, function: str) -> set[str]:
    return {
        action
        for key, policy in of("AWS::IAM::Policy").items()
        if key.lower().startswith(f"{function}role")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in _listed(statement["Action"])
    }


@pytest.mark.parametrize(
    ("function", "more"),
    [
        ("query", {"bedrock:InvokeModel", "bedrock-agentcore:InvokeAgentRuntime"}),
        ("ingest", {"bedrock:InvokeModel", "geo:SearchPlaceIndexForText", "s3:PutObject"}),
        ("briefing", {"bedrock-agentcore:InvokeAgentRuntime", "polly:SynthesizeSpeech"}),
        ("calendar", set()),
    ],
)
def test_api_1_each_function_has_a_role_with_what_it_needs(of: Any, function: str, more: set[str]) -> None:
    common = {"logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue"}
    assert _granted(of, function) == common | more


def test_api_2_every_function_is_told_of_the_database_and_the_agent(handlers: Any) -> None:
    assert set(handlers) == set(FUNCTIONS)
    for name, found in handlers.items():
        told = found["Environment"]["Variables"]
        assert told["DATABASE_NAME"] == "second_brain"
        assert told["RUST_LOG"] == "info"
        assert {"DATABASE_URL_SECRET_ARN", "DATABASE_HOST"} <= set(told)
        if name not in ASK_NOBODY:
            assert "AgentRuntimeArn" in str(told["AGENTCORE_ENDPOINT"]), "T-1: the agent is deployed before"


def test_api_3_functions(handlers: Any) -> None:
    assert {name: found["Timeout"] for name, found in handlers.items()} == FUNCTIONS
    for found in handlers.values():
        assert (found["Runtime"], found["Handler"]) == ("provided.al2023", "bootstrap")
        assert (found["Architectures"], found["MemorySize"]) == (["arm64"], 256)
        assert found["TracingConfig"] == {"Mode": "Active"}
        assert "FunctionGroup" in str(found["VpcConfig"]["SecurityGroupIds"])
        assert "PrivateSubnet" in str(found["VpcConfig"]["SubnetIds"])


def test_t_rust_2_logs_are_named_by_cloudformation_and_go_with_the_stack(of: Any) -> None:
    for found in of("AWS::Logs::LogGroup").values():
        assert "LogGroupName" not in found["Properties"]
        assert found["Properties"]["RetentionInDays"] == 14
        assert found["DeletionPolicy"] == "Delete"


def test_api_4_stage(environments: Any) -> None:
    api = environments.properties("Dev", API, "AWS::ApiGateway::RestApi")
    assert (api["Name"], api["Description"]) == ("slipway-dev-second-brain-api", "Second Brain REST API")
    assert api["EndpointConfiguration"]["Types"] == ["REGIONAL"], "T-API-6"
    stage = environments.properties("Dev", API, "AWS::ApiGateway::Stage")
    assert stage["StageName"] == "v1"
    (settings,) = stage["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (100, 50)
    assert (settings["LoggingLevel"], settings["MetricsEnabled"]) == ("INFO", True)
    assert settings["DataTraceEnabled"] is False, "T-API-4"


@pytest.mark.parametrize("environment", ["Dev", "Prod"])
def test_api_5_and_t_api_5_configured_origins_only(of: Any, environment: str) -> None:
    for found in of("AWS::ApiGateway::Method", environment).values():
        if found["Properties"]["HttpMethod"] != "OPTIONS":
            continue
        (answer,) = found["Properties"]["Integration"]["IntegrationResponses"]
        headers = answer["ResponseParameters"]
        origin = headers["method.response.header.Access-Control-Allow-Origin"]
        app, local = "'https://app.secondbrain.example.com'", "'http://localhost:3000'"
        assert origin == (local if environment == "Dev" else app)
        allowed = headers["method.response.header.Access-Control-Allow-Methods"]
        assert allowed == "'GET,POST,PUT,DELETE,OPTIONS'"
        assert (
            headers["method.response.header.Access-Control-Allow-Headers"] == "'Content-Type,Authorization'"
        )


def test_api_6_every_route_is_behind_the_user_pool(of: Any, routes: Any, environments: Any) -> None:
    authorizer = environments.properties("Dev", API, "AWS::ApiGateway::Authorizer")
    assert (authorizer["Type"], authorizer["IdentitySource"]) == (
        "COGNITO_USER_POOLS",
        "method.request.header.Authorization",
    )
    (key,) = of("AWS::ApiGateway::Authorizer")
    for (method, _), found in routes.items():
        if method != "OPTIONS":
            assert (found["AuthorizationType"], found["AuthorizerId"]) == ("COGNITO_USER_POOLS", {"Ref": key})


def test_api_7_and_t_api_1_routes(routes: Any) -> None:
    found = {
        (method, path): str(route["Integration"]["Uri"])
        for (method, path), route in routes.items()
        if method != "OPTIONS"
    }
    expected = {
        ("POST", "/query"): "Query",
        ("POST", "/ingest"): "Ingest",
        ("POST", "/voice-notes"): "Ingest",
        ("GET", "/voice-notes/{voice_note_id}"): "Ingest",
        ("GET", "/briefing"): "Briefing",
        ("GET", "/calendar"): "Calendar",
        ("POST", "/calendar"): "Calendar",
        ("GET", "/entities/{entity_id}"): "Query",
        ("GET", "/links"): "Calendar",
        ("DELETE", "/links/{link_id}"): "Calendar",
        ("GET", "/family"): "Calendar",
        ("POST", "/family"): "Calendar",
        ("POST", "/family/join"): "Calendar",
        ("POST", "/family/leave"): "Calendar",
        ("GET", "/family/invitations"): "Calendar",
        ("POST", "/family/invitations"): "Calendar",
        ("DELETE", "/family/invitations/{invitation_id}"): "Calendar",
        ("PUT", "/family/members/{member_id}"): "Calendar",
        ("DELETE", "/family/members/{member_id}"): "Calendar",
        ("GET", "/person"): "Calendar",
        ("POST", "/person/codes"): "Calendar",
        ("POST", "/person/link"): "Calendar",
        ("POST", "/person/confirm"): "Calendar",
        ("DELETE", "/person/accounts/{account_id}"): "Calendar",
    }
    assert set(found) == set(expected)
    assert all(f"{function}Function" in found[route] for route, function in expected.items())


def test_api_8_what_is_no_json_object_is_refused_first(routes: Any, environments: Any) -> None:
    assert environments.properties("Dev", API, "AWS::ApiGateway::Model")["Schema"]["type"] == "object"
    for (method, _), found in routes.items():
        assert ("application/json" in found.get("RequestModels", {})) is (method in ("POST", "PUT"))
        assert ("RequestValidatorId" in found) is (method != "OPTIONS")


def test_api_8_access_log_traces_and_readable_refusals(of: Any, environments: Any) -> None:
    stage = environments.properties("Dev", API, "AWS::ApiGateway::Stage")
    assert stage["TracingEnabled"] is True
    assert "requestId" in stage["AccessLogSetting"]["Format"]
    answers = {
        found["Properties"]["ResponseType"]: found["Properties"]["ResponseParameters"]
        for found in of("AWS::ApiGateway::GatewayResponse", "Prod").values()
    }
    assert set(answers) == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for headers in answers.values():
        origin = headers["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert origin == "'https://app.secondbrain.example.com'"


def test_api_9_outputs(environments: Any) -> None:
    assert set(environments.template("Dev", API)["Outputs"]) >= {"ApiUrl", "ApiId"}


def test_t_api_3_one_environment_owns_the_accounts_role_and_nothing_deletes_it(environments: Any) -> None:
    owned = [path for path in environments.templates() if "EnvironmentGatewayLogs" in path.name]
    assert [path.parent.name for path in owned] == ["assembly-Dev"]
    for kind in ("AWS::IAM::Role", "AWS::ApiGateway::Account"):
        (found,) = environments.resources("Dev", "EnvironmentGatewayLogs", kind).values()
        assert found["DeletionPolicy"] == found["UpdateReplacePolicy"] == "Retain"
    for environment in ("Dev", "Staging", "Prod"):
        assert environments.resources(environment, API, "AWS::ApiGateway::Account") == {}


def test_t_api_7_the_agent_is_asked_through_its_standing_endpoint(of: Any) -> None:
    (resources,) = [
        statement["Resource"]
        for key, policy in of("AWS::IAM::Policy").items()
        if key.startswith("BriefingRole")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] == "bedrock-agentcore:InvokeAgentRuntime"
    ]
    assert str(resources[1]).endswith("'/runtime-endpoint/DEFAULT']]}")
    assert "*" not in str(resources)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
