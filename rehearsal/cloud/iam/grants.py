"""Checks every permission that a call needs; a denial names it, the deciding policy and the remedy.

ministack checks one action on one resource, and its denial does not name the policies.
"""

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from rehearsal.cloud.iam.evaluation import Principal
from rehearsal.cloud.iam.further import Call, further_needs
from rehearsal.cloud.iam.judge import Judge
from rehearsal.cloud.iam.keys import Keys
from rehearsal.cloud.iam.needs import Need
from rehearsal.cloud.iam.principals import Principals
from rehearsal.cloud.iam.wording import allowing, denial, remedy
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard


@dataclass(frozen=True, kw_only=True)
class _Denied:
    access_key: str
    need: Need
    region: str


_call: ContextVar[Call | None] = ContextVar("call", default=None)
_denied: ContextVar[_Denied | None] = ContextVar("denied", default=None)


def apply(cloud: Cloud) -> None:
    if cloud.enforces_iam:
        _Grants(Guard("grants of a call")).take_part()


class _Grants:
    def __init__(self, guard: Guard) -> None:
        self._actions = guard.module("ministack.core.iam_actions")
        self._evaluator = guard.module("ministack.core.iam_evaluator")
        self._context = guard.module("ministack.core.responses")
        self._auth_error = guard.attribute(self._evaluator, "AuthError")
        self._principals = Principals(guard)
        self._judge = Judge(guard)
        self._keys = Keys(guard)
        self._result = guard.attribute(self._evaluator, "EvalResult")
        self._guard = guard

    def take_part(self) -> None:
        self._remember_calls()
        self._enforce_all()
        self._say_more()

    def _remember_calls(self) -> None:
        native = self._guard.attribute(self._actions, "extract_resource_arn")

        def extract(
            service: str,
            method: str,
            path: str,
            headers: Any,
            body: bytes,
            query_params: Mapping[str, Any],
            region: str,
            account_id: str,
        ) -> str:
            content_type = str(_lowered(headers).get("content-type", ""))
            _call.set(
                Call(
                    service=service,
                    content_type=content_type,
                    body=body,
                    query=query_params,
                    region=region,
                    account=account_id,
                )
            )
            _denied.set(None)
            arguments = (service, method, path, headers, body, query_params, region, account_id)
            return str(native(*arguments))

        self._actions.extract_resource_arn = extract

    def _enforce_all(self) -> None:
        parameters = ("access_key_id", "iam_action", "service", "region", "resource_arn", "service_context")
        native = self._guard.function(self._evaluator, "enforce", parameters)

        def enforce(
            access_key_id: str,
            iam_action: str,
            service: str,
            region: str,
            resource_arn: str = "*",
            service_context: Mapping[str, Any] | None = None,
        ) -> Any:
            first = Need(action=iam_action, resource=resource_arn, context=_lowered(service_context))
            result = native(access_key_id, iam_action, service, region, resource_arn, service_context)
            if result is None:
                result, first = self._further(access_key_id, first, region) or (None, first)
            if result is not None and not isinstance(result, self._auth_error):
                _denied.set(_Denied(access_key=access_key_id, need=first, region=region))
            return result

        self._evaluator.enforce = enforce

    def _further(self, access_key: str, first: Need, region: str) -> tuple[Any, Need] | None:
        """Once for a request: at its first check, also check its further needs."""
        call = _call.get()
        _call.set(None)
        principal = self._principals.of_key(access_key, self._context.get_account_id()) if call else None
        if call is None or principal is None:
            return None
        for need in (*further_needs(first.action, call), *self._of_keys(first, call)):
            verdict = self._judge.decide(principal, need, region=region)
            if not verdict.allowed:
                decision = "Deny" if verdict.policy else "ImplicitDeny"
                return self._result(decision, principal.arn), need
        return None

    def _of_keys(self, first: Need, call: Call) -> Iterator[Need]:
        return self._keys.needs(
            first.action, first.resource or "", call.arguments, account=call.account, region=call.region
        )

    def _say_more(self) -> None:
        parameters = ("service", "action", "principal_arn", "request_id")
        native = self._guard.function(self._actions, "access_denied_response", parameters)
        plain = self._guard.function(
            self._actions, "identity_denial_message", ("action", "principal_arn", "resource", "explicit_deny")
        )

        def respond(service: str, action: str, principal_arn: str, request_id: str, **more: Any) -> Any:
            if not more.get("error_code") and not more.get("message"):
                more["message"] = self._words()
            return native(service, action, principal_arn, request_id, **more)

        def message(action: str, principal_arn: str, resource: str, explicit_deny: bool) -> str:
            return self._words() or str(plain(action, principal_arn, resource, explicit_deny))

        self._actions.access_denied_response = respond
        self._actions.identity_denial_message = message

    def _words(self) -> str:
        """The message; empty if the emulator's own message must be used."""
        denied = _denied.get()
        principal = self._principal(denied) if denied else None
        if denied is None or principal is None:
            return ""
        verdict = self._judge.decide(principal, denied.need, region=denied.region)
        words = denial(principal, denied.need, verdict)
        if verdict.allowed:  # denied by a condition or a policy that only the emulator evaluates
            return f"{words}. {allowing(denied.need)}"
        return f"{words}. {remedy(denied.need, verdict)}"

    def _principal(self, denied: _Denied) -> Principal | None:
        return self._principals.of_key(denied.access_key, self._context.get_account_id())


def _lowered(context: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return {key.lower(): value for key, value in (context or {}).items()}
