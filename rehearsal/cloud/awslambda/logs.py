"""Writes a function's output to CloudWatch Logs only if its role may; on AWS it is lost silently."""

from typing import Any

from rehearsal.cloud.iam.judge import Judge
from rehearsal.cloud.iam.needs import Need
from rehearsal.cloud.iam.principals import Principals
from rehearsal.cloud.iam.wording import denial, remedy
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.model.results import Fidelity, Gap


def apply(cloud: Cloud) -> None:
    if not cloud.enforces_iam:
        return
    guard = Guard("logs of functions")
    functions = guard.module("ministack.services.lambda_svc")
    context = guard.module("ministack.core.responses")
    logs = guard.module("ministack.services.cloudwatch_logs")
    native = guard.function(functions, "_emit_lambda_logs", ("func", "request_id", "log_text"))
    principals, judge = Principals(guard), Judge(guard)
    groups = guard.attribute(logs, "_log_groups")

    def emit(func: Any, *rest: Any, **more: Any) -> None:
        problem = denied(func.get("config") or func)
        if problem:
            gap = Gap(subject="IAM: Lambda's logs", fidelity=Fidelity.EMULATED, reason=problem)
            cloud.gaps.note(gap)
        else:
            native(func, *rest, **more)

    def denied(config: Any) -> str:
        principal = principals.role(str(config.get("Role", "")), session=str(config.get("FunctionName", "")))
        account, region = context.get_account_id(), context.get_region()
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        arn = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:any"
        calls = ["logs:CreateLogStream", "logs:PutLogEvents"]
        for action in calls if group in groups else ["logs:CreateLogGroup", *calls]:
            need = Need(action=action, resource=None if action == "logs:CreateLogGroup" else arn)
            verdict = judge.decide(principal, need, region=region) if principal else None
            if principal and verdict and not verdict.allowed:
                message = f"{denial(principal, need, verdict)}. {remedy(need, verdict)}"
                return f"denied, as on AWS, where no error is visible: {message}"
        return ""

    functions._emit_lambda_logs = emit
