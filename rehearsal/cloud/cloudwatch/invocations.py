"""Publishes Lambda's metrics for every invocation, whatever service made it.

ministack publishes for direct invocations only, and for asynchronous ones before they have run: failures of a
function behind API Gateway or a queue would go unseen. Here every invocation publishes at its end, in the
function's own account and region.

Lambda publishes each value several times: for all functions together, for the function, and for its version
or alias. Here one point is stored, and `counted_for` tells for which dimensions it counts. ministack knows
the alias of direct invocations only; another invocation counts for every alias of the version that ran.
"""

import inspect
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rehearsal.cloud.cloudwatch.watch import MetricName
from rehearsal.emulator.guards import Guard

LAMBDA = "AWS/Lambda"
_AGAIN_IN_ITS_SCOPE = "_run_with_function_config_scope(config, _execute_function, func, event)"
_QUALIFIER = 7
"""The index of the function's name in its ARN."""
OnValues = Callable[[list[MetricName]], None]


def publish_invocations(guard: Guard, cloudwatch: Any, on_values: OnValues) -> None:
    """`on_values` is called with the metrics that got a value."""
    functions = guard.module("ministack.services.lambda_svc")
    execute = guard.function(functions, "_execute_function", ("func", "event"))
    elsewhere = guard.function(functions, "_function_config_scope_mismatch", ("config",))
    guard.that(_AGAIN_IN_ITS_SCOPE in inspect.getsource(execute), "functions change accounts in another way")
    guard.function(functions, "_emit_lambda_metrics", ("function_name",))
    guard.attribute(functions, "_functions")
    store = _store(guard, cloudwatch)

    def executing(func: Mapping[str, Any], event: Any) -> Any:
        config = func.get("config") or func
        if elsewhere(config):
            return execute(func, event)  # calls this function again
        began = time.monotonic()
        outcome = execute(func, event)
        labels = _labels(config, functions._functions.get(config.get("FunctionName")) or {})
        values = _values(outcome, (time.monotonic() - began) * 1000)
        for name, value in values.items():
            store(name, value, labels)
        on_values([(LAMBDA, name) for name in values])
        return outcome

    functions._execute_function = executing
    functions._emit_lambda_metrics = lambda *_arguments, **_options: None


def counted_for(point: Mapping[str, Any], dimensions: Mapping[str, str]) -> bool:
    """Whether Lambda would have published this point under these dimensions too."""
    own, labels = point["Dimensions"], point.get("Labels", {})
    return all(value == own.get(name) or value in labels.get(name, ()) for name, value in dimensions.items())


def _store(guard: Guard, cloudwatch: Any) -> Callable[[str, float, Mapping[str, list[str]]], None]:
    bucket = guard.function(cloudwatch, "_metric_bucket", ("key",))
    key_of = guard.function(cloudwatch, "_dims_key", ("dims",))
    evict = guard.function(cloudwatch, "_evict_old_metrics", ())
    writing = threading.Lock()

    def store(name: str, value: float, labels: Mapping[str, list[str]]) -> None:
        own = {"FunctionName": labels["FunctionName"][0]}
        unit = "Milliseconds" if name == "Duration" else "Count"
        point = {"Timestamp": time.time(), "Value": value, "Unit": unit, "Dimensions": own, "Labels": labels}
        with writing:
            bucket((LAMBDA, name, key_of(own))).append(point)

    def evict_alone() -> None:
        """Lock the eviction, which replaces lists while functions end in other threads."""
        with writing:
            evict()

    cloudwatch._evict_old_metrics = evict_alone
    return store


def _values(outcome: Mapping[str, Any], milliseconds: float) -> Mapping[str, float]:
    """A throttled invocation does not count as an invocation."""
    if outcome.get("throttle"):
        return {"Throttles": 1.0}
    failed = 1.0 if outcome.get("error") else 0.0
    return {"Invocations": 1.0, "Errors": failed, "Throttles": 0.0, "Duration": milliseconds}


def _labels(config: Mapping[str, Any], function: Mapping[str, Any]) -> dict[str, list[str]]:
    name, version = config.get("FunctionName", "unknown"), config.get("Version") or "$LATEST"
    resources = [f"{name}:{qualifier}" for qualifier in _qualifiers(config, function, version)]
    return {"FunctionName": [name], "ExecutedVersion": [version], "Resource": resources or [name]}


def _qualifiers(config: Mapping[str, Any], function: Mapping[str, Any], version: str) -> Iterator[str]:
    aliases = function.get("aliases") or {}
    asked = str(config.get("FunctionArn", "")).split(":")[_QUALIFIER:]
    yield from asked
    if not asked or asked == [version]:
        yield from (name for name, alias in aliases.items() if alias.get("FunctionVersion") == version)
