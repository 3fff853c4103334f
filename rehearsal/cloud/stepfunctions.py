"""Runs a state machine's tasks with the permissions of its role.

ministack runs them with every permission. Function invocations and the optimized integrations are checked,
with the resource undetermined. Calls by `aws-sdk` are not checked, because their names are not the actions'
names.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from rehearsal.cloud.iam.evaluation import Verdict
from rehearsal.cloud.iam.judge import Judge
from rehearsal.cloud.iam.needs import Need
from rehearsal.cloud.iam.principals import Principals
from rehearsal.cloud.iam.wording import denial, remedy
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

_INTEGRATION = re.compile(r"^arn:aws:states:::(?P<service>sqs|sns|dynamodb|events|ecs):(?P<call>\w+)")
_role: ContextVar[str] = ContextVar("role", default="")


def attach(cloud: Cloud) -> None:
    if cloud.enforces_iam:
        _MachineRoles(Guard("roles of state machines")).take_part()


class _MachineRoles:
    def __init__(self, guard: Guard) -> None:
        self._machines = guard.module("ministack.services.stepfunctions")
        self._context = guard.module("ministack.core.responses")
        self._error = guard.attribute(self._machines, "_ExecutionError")
        guard.attribute(self._machines, "_executions")
        guard.attribute(self._machines, "_state_machines")
        self._run = guard.function(self._machines, "_run_execution", ("exec_arn",))
        self._call = guard.function(self._machines, "_call_lambda", ("func_ref", "event"))
        self._invoke = guard.function(self._machines, "_invoke_resource", ("resource", "input_data"))
        self._principals = Principals(guard)
        self._judge = Judge(guard)

    def take_part(self) -> None:
        self._machines._run_execution = self._run_with_role
        self._machines._call_lambda = self._call_function
        self._machines._invoke_resource = self._invoke_integration

    def _run_with_role(self, exec_arn: str) -> Any:
        execution: Mapping[str, Any] = self._machines._executions.get(exec_arn) or {}
        machine = self._machines._state_machines.get(execution.get("stateMachineArn")) or {}
        token = _role.set(str(machine.get("roleArn", "")))
        try:
            return self._run(exec_arn)
        finally:
            _role.reset(token)

    def _call_function(self, func_ref: str, event: Any) -> Any:
        arn = func_ref
        if not arn.startswith("arn:"):
            account, region = self._context.get_account_id(), self._context.get_region()
            arn = f"arn:aws:lambda:{region}:{account}:function:{func_ref}"
        self._require(Need(action="lambda:InvokeFunction", resource=arn), "Lambda.AWSLambdaException")
        return self._call(func_ref, event)

    def _invoke_integration(self, resource: str, input_data: Any) -> Any:
        found = _INTEGRATION.match(resource)
        if found:
            call = found["call"][0].upper() + found["call"][1:]
            need = Need(action=f"{found['service']}:{call}")
            self._require(need, f"{found['service'].capitalize()}.AccessDeniedException")
        return self._invoke(resource, input_data)

    def _require(self, need: Need, error: str) -> None:
        principal = self._principals.role(_role.get(), session="StepFunctions") if _role.get() else None
        if principal is None:
            return
        verdict: Verdict = self._judge.decide(principal, need, region=self._context.get_region())
        if not verdict.allowed:
            raise self._error(error, f"{denial(principal, need, verdict)}. {remedy(need, verdict)}")
