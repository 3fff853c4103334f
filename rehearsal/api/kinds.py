"""The supported action and rule types; webhooks, which are recorded and never called."""

from typing import Any

from rehearsal.api.call import Answer, Call
from rehearsal.api.paging import page
from rehearsal.api.pipelines import checked_tags
from rehearsal.emulator.extension import ServiceError
from rehearsal.model.action_types import KNOWN
from rehearsal.providers.registry import supported, supported_rules

_ANY = (0, 5)


def list_action_types(call: Call) -> Answer:
    owner = call.payload.get("actionOwnerFilter")
    types = [_action_type(*key) for key in supported() if owner in (None, key[1])]
    chosen, more = page(types, call.payload)
    return {"actionTypes": list(chosen), **more}


def list_rule_types(_call: Call) -> Answer:
    return {
        "ruleTypes": [
            {
                "id": {"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"},
                "inputArtifactDetails": {"minimumCount": 0, "maximumCount": 5},
            }
            for provider in supported_rules()
        ]
    }


def put_webhook(call: Call) -> Answer:
    webhook = call.payload["webhook"]
    call.engine.definitions.require(call.key_of(webhook["targetPipeline"]))
    tags = checked_tags(call.payload.get("tags", []))
    item = {
        "definition": webhook,
        "url": f"recorded-only:{webhook['name']}",
        "arn": _webhook_arn(call),
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
    }
    call.record.catalogue.save_webhook(call.key_of(webhook["name"]), item)
    return {"webhook": item}


def list_webhooks(call: Call) -> Answer:
    found = call.record.catalogue.webhooks(account=call.account, region=call.region)
    chosen, more = page(found, call.payload)
    return {"webhooks": list(chosen), **({"NextToken": more["nextToken"]} if more else {})}


def delete_webhook(call: Call) -> Answer:
    call.record.catalogue.remove_webhook(call.key_of(call.payload["name"]))
    return {}


def unsupported(operation: str) -> ServiceError:
    return ServiceError(
        "ValidationException",
        f"the rehearsal does not support {operation}; docs/rehearsal.md lists what it serves",
    )


def _action_type(category: str, owner: str, provider: str) -> dict[str, Any]:
    kind = KNOWN[category, provider]
    inputs, outputs = kind.inputs or _ANY, kind.outputs or _ANY
    return {
        "id": {"category": category, "owner": owner, "provider": provider, "version": "1"},
        "inputArtifactDetails": {"minimumCount": inputs[0], "maximumCount": inputs[1]},
        "outputArtifactDetails": {"minimumCount": outputs[0], "maximumCount": outputs[1]},
    }


def _webhook_arn(call: Call) -> str:
    name = call.payload["webhook"]["name"]
    return f"arn:aws:codepipeline:{call.region}:{call.account}:webhook:{name}"
