"""A denial with AWS's message, the policy that decided it and a statement that would allow it."""

import json

from rehearsal.cloud.iam.evaluation import Layer, Principal, Verdict
from rehearsal.cloud.iam.needs import Need
from rehearsal.cloud.iam.principals import IDENTITY


def denial(principal: Principal, need: Need, verdict: Verdict) -> str:
    on = f" on resource: {need.resource}" if need.resource else ""
    return f"User: {principal.arn} is not authorized to perform: {need.action}{on} {_because(need, verdict)}"


def remedy(need: Need, verdict: Verdict) -> str:
    return f"{_decided(verdict)} {_allowing(need, verdict)}"


def _because(need: Need, verdict: Verdict) -> str:
    kind = verdict.layer.kind if verdict.layer else IDENTITY
    if verdict.policy:
        return f"with an explicit deny in {_article(kind)} {kind}"
    return f"because no {kind} allows the {need.action} action"


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def _decided(verdict: Verdict) -> str:
    if verdict.policy:
        named = f"statement {verdict.sid}" if verdict.sid else "a statement without a Sid"
        return f"Decided by {named} of {verdict.policy}."
    policies = verdict.layer.policies if verdict.layer else ()
    looked_at = ", ".join(policy.name for policy in policies)
    return f"Evaluated: {looked_at}." if looked_at else "There is no policy to evaluate."


def _allowing(need: Need, verdict: Verdict) -> str:
    if verdict.policy:
        return "No other statement can allow it: change this one."
    return allowing(need, layer=verdict.layer)


def allowing(need: Need, *, layer: Layer | None = None) -> str:
    where = f" in the {layer.kind}" if layer and layer.kind != IDENTITY else ""
    return f"This statement would allow it{where}: {json.dumps(allowing_statement(need))}"


def allowing_statement(need: Need) -> dict[str, object]:
    passed_to = need.context.get("iam:passedtoservice")
    condition = {"Condition": {"StringEquals": {"iam:PassedToService": passed_to}}} if passed_to else {}
    return {"Effect": "Allow", "Action": need.action, "Resource": need.resource or "*", **condition}
