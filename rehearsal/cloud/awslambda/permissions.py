"""Lets EventBridge, SNS, S3 and API Gateway invoke a function only if its resource policy allows it.

ministack invokes every function that they name. On AWS the event is lost, and an API answers 500, without a
reason; here the report gives the reason.
"""

import json
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from rehearsal.cloud.iam.evaluation import Layer, Policy, Principal, decide
from rehearsal.cloud.iam.needs import Need
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.gaps import GapLog
from rehearsal.emulator.guards import Guard
from rehearsal.model.results import Fidelity, Gap

_log = logging.getLogger("rehearsal.cloud")
_rule: ContextVar[str] = ContextVar("rule", default="")
"""The ARN of the rule whose target is invoked."""
_API = "apigateway.amazonaws.com"
_ERROR = {"Content-Type": "application/json"}


def apply(cloud: Cloud) -> None:
    if not cloud.enforces_iam:
        return
    guard = Guard("resource policies of functions")
    policies = FunctionPolicies(guard, cloud.gaps)
    _hold_for_rules(guard, policies)
    _hold_for_topics(guard, policies)
    _hold_for_buckets(guard, policies)
    _hold_for_rest_apis(guard, policies)
    _hold_for_http_apis(guard, policies)


class FunctionPolicies:
    def __init__(self, guard: Guard, gaps: GapLog) -> None:
        functions = guard.module("ministack.services.lambda_svc")
        self._record = guard.function(functions, "_get_func_record_for_ref_in_scope", ("function_ref",))
        self._context = guard.module("ministack.core.responses")
        evaluator = guard.module("ministack.core.iam_evaluator")
        self._names = guard.function(evaluator, "_service_principal_matches", ("principal", "service"))
        self._gaps = gaps

    def allow(
        self, service: str, function: str, *, source: str = "", account: str = "", region: str = ""
    ) -> bool:
        """Also true if the function does not exist, which the service itself reports."""
        account, region = account or self._context.get_account_id(), region or self._context.get_region()
        record, _config, name = self._record(function, account_id=account, region=region)
        if record is None:
            return True
        arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
        arn = function if function.startswith("arn:") else arn
        context = {"aws:sourceaccount": account, **({"aws:sourcearn": source} if source else {})}
        need = Need(action="lambda:InvokeFunction", resource=arn, context=context)
        asking = self._service(service, record.get("policy") or {}, account)
        allowed = decide(asking, need, region=region).allowed
        if not allowed:
            self._tell(service, arn, source)
        return allowed

    def _service(self, service: str, policy: Mapping[str, Any], account: str) -> Principal:
        named = [
            statement
            for statement in policy.get("Statement", ())
            if statement.get("Principal") == "*" or self._names(statement.get("Principal"), service)
        ]
        layer = Layer(kind="resource-based policy", policies=(Policy.of("its policy", {"Statement": named}),))
        return Principal(arn=service, account=account, layers=(layer,))

    def _tell(self, service: str, function: str, source: str) -> None:
        by = f" for {source}" if source else ""
        message = (
            f"denied, as on AWS, where no error is visible: {service} is not authorized to perform: "
            f"lambda:InvokeFunction on resource: {function}{by}, because no resource-based policy allows it. "
            f"An AWS::Lambda::Permission with Principal {service} and this SourceArn would"
        )
        _log.warning("%s", message)
        self._gaps.note(Gap(subject=f"IAM: {service}", fidelity=Fidelity.EMULATED, reason=message))


def _hold_for_rules(guard: Guard, policies: FunctionPolicies) -> None:
    events = guard.module("ministack.services.eventbridge")
    target = guard.function(events, "_invoke_target", ("target", "event", "rule"))
    native = guard.function(events, "_dispatch_to_lambda", ("arn", "payload"))

    def invoke_target(aimed: Any, event: Any, rule: Mapping[str, Any], *rest: Any) -> Any:
        token = _rule.set(str(rule.get("Arn", "")))
        try:
            return target(aimed, event, rule, *rest)
        finally:
            _rule.reset(token)

    def dispatch(arn: str, payload: Any) -> None:
        if policies.allow("events.amazonaws.com", arn, source=_rule.get()):
            native(arn, payload)

    events._invoke_target = invoke_target
    events._dispatch_to_lambda = dispatch


def _hold_for_topics(guard: Guard, policies: FunctionPolicies) -> None:
    topics = guard.module("ministack.services.sns")
    native = guard.function(topics, "_deliver_to_lambda", ("endpoint", "envelope", "topic_arn"))

    def deliver(endpoint: str, envelope: str, topic_arn: str, *rest: Any) -> None:
        if policies.allow("sns.amazonaws.com", endpoint, source=topic_arn):
            native(endpoint, envelope, topic_arn, *rest)

    topics._deliver_to_lambda = deliver


def _hold_for_buckets(guard: Guard, policies: FunctionPolicies) -> None:
    buckets = guard.module("ministack.services.s3")
    native = guard.function(buckets, "_deliver_event_to_lambda", ("arn", "event_payload", "bucket_region"))

    def deliver(arn: str, event_payload: Mapping[str, Any], bucket_region: str) -> None:
        record: Mapping[str, Any] = next(iter(event_payload.get("Records", ())), {})
        bucket = str(record.get("s3", {}).get("bucket", {}).get("arn", ""))
        if policies.allow("s3.amazonaws.com", arn, source=bucket):
            native(arn, event_payload, bucket_region)

    buckets._deliver_event_to_lambda = deliver


def _hold_for_rest_apis(guard: Guard, policies: FunctionPolicies) -> None:
    apis = guard.module("ministack.services.apigateway_v1")
    reference = guard.attribute(apis, "_extract_lambda_ref_from_integration_uri")
    parameters = ("integration", "api_id", "stage_name", "stage", "resource", "request_path", "method")
    native = guard.function(apis, "_invoke_lambda_proxy_v1", parameters)

    async def invoke(
        integration: Mapping[str, Any],
        api_id: str,
        stage_name: str,
        stage: Any,
        resource: Mapping[str, Any],
        request_path: str,
        method: str,
        *rest: Any,
        **more: Any,
    ) -> Any:
        function = reference(integration.get("uri", ""))
        path = f"{api_id}/{stage_name}/{method}{resource.get('path', '/')}"
        if not integration.get("credentials") and not _api_allowed(policies, function, path, more):
            return 500, _ERROR, json.dumps({"message": "Internal server error"}).encode()
        arguments = (integration, api_id, stage_name, stage, resource, request_path, method, *rest)
        return await native(*arguments, **more)

    apis._invoke_lambda_proxy_v1 = invoke


def _hold_for_http_apis(guard: Guard, policies: FunctionPolicies) -> None:
    apis = guard.module("ministack.services.apigateway")
    reference = guard.attribute(apis, "_extract_lambda_ref_from_integration_uri")
    native = guard.function(
        apis, "_invoke_lambda_proxy", ("integration", "api_id", "stage", "path", "method")
    )

    async def invoke(
        integration: Mapping[str, Any],
        api_id: str,
        stage: str,
        path: str,
        method: str,
        *rest: Any,
        **more: Any,
    ) -> Any:
        function = reference(integration.get("integrationUri", ""))
        named = f"{api_id}/{stage}/{method}{path}"
        if not integration.get("credentialsArn") and not _api_allowed(policies, function, named, more):
            return 500, _ERROR, json.dumps({"message": "Internal Server Error"}).encode()
        return await native(integration, api_id, stage, path, method, *rest, **more)

    apis._invoke_lambda_proxy = invoke


def _api_allowed(policies: FunctionPolicies, function: str, path: str, owner: Mapping[str, Any]) -> bool:
    account, region = str(owner.get("owner_account_id") or ""), str(owner.get("owner_region") or "")
    source = f"arn:aws:execute-api:{region}:{account}:{path}" if account and region else ""
    return policies.allow(_API, function, source=source, account=account, region=region)
