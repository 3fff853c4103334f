"""Checks that a function's role may read the queue or stream of its event source mapping.

As on AWS, a mapping is refused if the role may not; if the role loses the permission later, the mapping reads
nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rehearsal.cloud.iam.evaluation import Principal, Verdict
from rehearsal.cloud.iam.judge import Judge
from rehearsal.cloud.iam.needs import Need
from rehearsal.cloud.iam.principals import Principals
from rehearsal.cloud.iam.wording import denial, remedy
from rehearsal.emulator.extension import Cloud, ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.emulator.guards import Guard

_TYPE = "AWS::Lambda::EventSourceMapping"
_READS: Mapping[str, tuple[str, ...]] = {
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream"),
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream"),
}


def apply(cloud: Cloud) -> None:
    if not cloud.enforces_iam:
        return
    sources = _EventSources(Guard("roles of event source mappings"))
    sources.take_part()
    cloud.wrap_resource(_TYPE, lambda native: _CheckedMapping(native, sources.problem))


class _EventSources:
    def __init__(self, guard: Guard) -> None:
        self._functions = guard.module("ministack.services.lambda_svc")
        self._context = guard.module("ministack.core.responses")
        self._record = guard.function(self._functions, "_get_func_record_for_ref_in_scope", ("function_ref",))
        self._create = guard.function(self._functions, "_create_esm", ("data",))
        self._all = guard.function(self._functions, "_iter_all_esms", ())
        self._error = guard.attribute(self._functions, "error_response_json")
        self._principals = Principals(guard)
        self._judge = Judge(guard)

    def take_part(self) -> None:
        self._functions._create_esm = self._create_if_readable
        self._functions._iter_all_esms = self._readable

    def problem(self, mapping: Mapping[str, Any], *, account: str = "", region: str = "") -> str:
        """Why the function's role may not read the source; empty if it may."""
        account, region = account or self._context.get_account_id(), region or self._context.get_region()
        source = str(mapping.get("EventSourceArn", ""))
        denied = self._denied(mapping, source, account=account, region=region)
        if denied is None:
            return ""
        principal, need, verdict = denied
        return f"{_as_aws_says(need, source)} ({denial(principal, need, verdict)}. {remedy(need, verdict)})"

    def _denied(
        self, mapping: Mapping[str, Any], source: str, *, account: str, region: str
    ) -> tuple[Principal, Need, Verdict] | None:
        _, config, name = self._record(mapping.get("FunctionName", ""), account_id=account, region=region)
        role = str((config or {}).get("Role", ""))
        principal = self._principals.role(role, session=str(name)) if role.startswith("arn:") else None
        if principal is None:
            return None
        service = source.split(":")[2] if source.startswith("arn:") else ""
        for call in _READS.get(service, ()):
            need = Need(action=f"{service}:{call}", resource=source)
            verdict = self._judge.decide(principal, need, region=region)
            if not verdict.allowed:
                return principal, need, verdict
        return None

    def _create_if_readable(self, data: Mapping[str, Any]) -> Any:
        problem = self.problem(data)
        if problem:
            return self._error("InvalidParameterValueException", problem, 400)
        return self._create(data)

    def _readable(self) -> Iterator[tuple[str, str, Any]]:
        for account, region, mapping in self._all():
            problem = self.problem(mapping, account=account, region=region)
            if problem:
                mapping["LastProcessingResult"] = f"PROBLEM: {problem}"
            else:
                yield account, region, mapping


class _CheckedMapping(ResourceHandler):
    def __init__(self, native: ResourceHandler, problem: Callable[[Mapping[str, Any]], str]) -> None:
        self._native = native
        self._problem = problem

    def create(self, request: ResourceRequest) -> ResourceResult:
        problem = self._problem(request.properties)
        if problem:
            raise PermissionError(problem)
        return self._native.create(request)

    def update(self, request: ResourceRequest) -> ResourceResult:
        return self._native.update(request)

    def delete(self, request: ResourceRequest) -> None:
        self._native.delete(request)


def _as_aws_says(need: Need, source: str) -> str:
    service, _, call = need.action.partition(":")
    if service == "sqs":
        return f"The provided execution role does not have permissions to call {call} on SQS"
    return (
        f"Cannot access stream {source}. Please ensure the role can perform the GetRecords, "
        "GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
    )
