"""A REST API: regional, throttled, traced, with an access log that holds no body and no token.

API Gateway's own log is at INFO, never with data: bodies are what people keep to themselves. Refusals
that API Gateway makes on its own, such as a 401 or a 504, carry the headers that let a browser read
them; they can name one origin only, so they name the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from blocks.waivers import acknowledge

RATE, BURST = 100, 50
METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS")
HEADERS = ("Content-Type", "Authorization")
_OPEN = ("AwsSolutions-APIG4", "AwsSolutions-COG4")
_PREFLIGHT = (
    "A browser's preflight carries no token; it is answered by API Gateway and reveals only what CORS does"
)

_NO_FIREWALL = (
    "A web firewall is billed for each API; calls are throttled, and every one proves who makes it before a "
    "function believes it"
)


@dataclass(frozen=True, kw_only=True)
class RestApiShape:
    name: str
    description: str
    stage: str
    origins: Sequence[str] = ()
    """Web origins whose scripts may call; none for an API that no browser calls."""
    binary: Sequence[str] = ()
    """Content types that a function answers in base64, decoded for who accepts one of them first."""


class RestApi(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, shape: RestApiShape) -> None:
        super().__init__(scope, construct_id)
        self._shape = shape
        self._methods: list[apigateway.Method] = []
        self._asking: set[apigateway.Method] = set()
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=shape.name,
            description=shape.description,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            binary_media_types=list(shape.binary) or None,
            deploy_options=self._stage(),
            default_cors_preflight_options=self._cors(),
        )
        acknowledge(self.api.deployment_stage, {"AwsSolutions-APIG3": _NO_FIREWALL})
        self._validator = self.api.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )
        if shape.origins:
            self._readable_refusals()

    def url(self, path: str = "") -> str:
        """Without a reference to the stage, so that what the API calls may know it."""
        host = f"{self.api.rest_api_id}.execute-api.{Stack.of(self).region}.{Stack.of(self).url_suffix}"
        return f"https://{host}/{self._shape.stage}/{path}"

    def route(
        self,
        method: str,
        path: str,
        *,
        function: lambda_.IFunction,
        authorizer: apigateway.IAuthorizer | None = None,
        takes_json: bool = False,
        asks_agent: bool = False,
    ) -> apigateway.Method:
        """`takes_json`: what is no JSON object is refused before the function is started.

        `asks_agent`: whoever calls waits for an agent, which may take many seconds on a good day.
        """
        added = self.api.root.resource_for_path(path).add_method(
            method,
            apigateway.LambdaIntegration(function, allow_test_invoke=False),
            authorizer=authorizer,
            authorization_type=apigateway.AuthorizationType.COGNITO if authorizer else None,
            request_validator=self._validator,
            request_models={"application/json": self._json_object()} if takes_json else None,
        )
        if asks_agent:
            self._asking.add(added)
        self._methods.append(added)
        return added

    def open_route(
        self, method: str, path: str, *, function: lambda_.IFunction, reason: str
    ) -> apigateway.Method:
        """One that anybody may call; `reason` says what guards it instead of an authorizer."""
        opened = self.route(method, path, function=function)
        acknowledge(opened, dict.fromkeys(_OPEN, reason))
        return opened

    def latencies(self, *, of_asking: bool, statistic: str, period: Duration) -> list[cloudwatch.Metric]:
        """One for each route, because percentiles of several routes cannot be put together.

        The stage publishes them for each method (`metrics_enabled`).
        """
        return [
            method.metric_latency(self.api.deployment_stage, statistic=statistic, period=period)
            for method in self._methods
            if (method in self._asking) == of_asking
        ]

    def acknowledge_preflights(self) -> None:
        """After the last route: every resource has one."""
        for found in self.node.find_all():
            if isinstance(found, apigateway.Method) and found.http_method == "OPTIONS":
                acknowledge(found, dict.fromkeys(_OPEN, _PREFLIGHT))

    def _json_object(self) -> apigateway.IModel:
        """Says no more than that: the function's own refusals name the field, API Gateway's do not."""
        found = self.node.try_find_child("JsonObject")
        if isinstance(found, apigateway.Model):
            return found
        return apigateway.Model(
            self,
            "JsonObject",
            rest_api=self.api,
            content_type="application/json",
            description="A JSON object; its fields are checked by the function",
            schema=apigateway.JsonSchema(
                schema=apigateway.JsonSchemaVersion.DRAFT4, type=apigateway.JsonSchemaType.OBJECT
            ),
        )

    def _stage(self) -> apigateway.StageOptions:
        log_group = logs.LogGroup(
            self,
            "AccessLogs",
            retention=logs.RetentionDays.TWO_WEEKS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        return apigateway.StageOptions(
            stage_name=self._shape.stage,
            throttling_rate_limit=RATE,
            throttling_burst_limit=BURST,
            logging_level=apigateway.MethodLoggingLevel.INFO,
            data_trace_enabled=False,
            metrics_enabled=True,
            tracing_enabled=True,
            access_log_destination=apigateway.LogGroupLogDestination(log_group),
            access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
                caller=False,
                http_method=True,
                ip=True,
                protocol=True,
                request_time=True,
                resource_path=True,
                response_length=True,
                status=True,
                user=False,
            ),
        )

    def _cors(self) -> apigateway.CorsOptions | None:
        if not self._shape.origins:
            return None
        return apigateway.CorsOptions(
            allow_origins=list(self._shape.origins),
            allow_methods=list(METHODS),
            allow_headers=list(HEADERS),
        )

    def _readable_refusals(self) -> None:
        for construct_id, kind in (
            ("ClientErrors", apigateway.ResponseType.DEFAULT_4_XX),
            ("ServerErrors", apigateway.ResponseType.DEFAULT_5_XX),
        ):
            self.api.add_gateway_response(
                construct_id,
                type=kind,
                response_headers={
                    "Access-Control-Allow-Origin": f"'{self._shape.origins[0]}'",
                    "Access-Control-Allow-Headers": f"'{','.join(HEADERS)}'",
                    "Vary": "'Origin'",
                },
            )
