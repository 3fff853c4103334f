"""Evaluates intrinsic functions in templates' conditions before comparing their values.

ministack compares the function as written, so `Fn::Equals` of `""` and a `Fn::Join` is never true. The CDK's
bootstrap template uses such a condition to detect whether it was given policies.
"""

import copy
from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

_FUNCTIONS = frozenset({"Fn::FindInMap", "Fn::Join", "Fn::Sub"})
_USERS = ("handlers", "stacks", "changesets", "engine")


def apply(_cloud: Cloud) -> None:
    guard = Guard("conditions of templates")
    package = "ministack.services.cloudformation"
    engine = guard.module(f"{package}.engine")
    native = guard.function(engine, "_evaluate_conditions", ("template", "params"))
    resolve = guard.function(
        engine,
        "_resolve_refs",
        ("value", "resources", "params", "conditions", "mappings", "stack_name", "stack_id"),
    )

    def evaluate(template: Mapping[str, Any], params: Any) -> Any:
        def plain(value: Any) -> Any:
            if isinstance(value, list):
                return [plain(item) for item in value]
            if not isinstance(value, dict):
                return value
            if len(value) == 1 and _FUNCTIONS & set(value):
                return resolve(copy.deepcopy(value), {}, params, {}, template.get("Mappings", {}), "", "")
            return {key: plain(item) for key, item in value.items()}

        return native({**template, "Conditions": plain(template.get("Conditions", {}))}, params)

    for name in _USERS:
        module = guard.module(f"{package}.{name}")
        guard.that(module._evaluate_conditions is native, f"{name} has conditions of its own")
        module._evaluate_conditions = evaluate
