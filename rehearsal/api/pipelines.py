"""Operations on pipelines: definitions and tags."""

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.api.call import Answer, Call
from rehearsal.api.paging import page
from rehearsal.emulator.extension import ServiceError
from rehearsal.model.definition import PipelineKey
from rehearsal.model.parse import parse
from rehearsal.model.render import render

_ARN = re.compile(r"arn:aws[\w-]*:codepipeline:([\w-]+):(\d{12}):([A-Za-z0-9.@\-_]+)")
_MOST_TAGS = 50


def create_pipeline(call: Call) -> Answer:
    pipeline = parse(_without_version(call), account=call.account, region=call.region)
    tags = checked_tags(call.payload.get("tags", []))
    saved = call.engine.definitions.create(pipeline, tags=tags)
    return {"pipeline": render(saved), "tags": _as_list(tags)}


def update_pipeline(call: Call) -> Answer:
    pipeline = parse(_without_version(call), account=call.account, region=call.region)
    return {"pipeline": render(call.engine.definitions.update(pipeline))}


def get_pipeline(call: Call) -> Answer:
    current, version = call.pipeline(), call.payload.get("version")
    found = current if version is None else call.record.catalogue.definition(call.key, version)
    if found is None:
        raise ServiceError(
            "PipelineVersionNotFoundException", f"{current.name} has no version {version}; it is at "
            f"{current.version}"
        )  # fmt: skip
    entry = call.record.catalogue.find(call.key)
    assert entry is not None  # noqa: S101 - checked by `pipeline`
    metadata = {"pipelineArn": found.arn, "created": entry.created, "updated": entry.updated}
    return {"pipeline": render(found), "metadata": metadata}


def delete_pipeline(call: Call) -> Answer:
    call.engine.definitions.delete(call.key)
    return {}


def list_pipelines(call: Call) -> Answer:
    entries = call.record.catalogue.entries(account=call.account, region=call.region)
    chosen, more = page(entries, call.payload, usually=1_000)
    listed = [
        {
            "name": entry.pipeline.name,
            "version": entry.pipeline.version,
            "pipelineType": entry.pipeline.pipeline_type,
            "executionMode": entry.pipeline.execution_mode,
            "created": entry.created,
            "updated": entry.updated,
        }
        for entry in chosen
    ]
    return {"pipelines": listed, **more}


def list_tags_for_resource(call: Call) -> Answer:
    chosen, more = page(_as_list(_tags(call, _tagged(call))), call.payload)
    return {"tags": list(chosen), **more}


def tag_resource(call: Call) -> Answer:
    key = _tagged(call)
    tags = checked_tags(call.payload["tags"], _tags(call, key))
    call.record.catalogue.set_tags(key, tags)
    return {}


def untag_resource(call: Call) -> Answer:
    key, gone = _tagged(call), set(call.payload["tagKeys"])
    left = {name: value for name, value in _tags(call, key).items() if name not in gone}
    call.record.catalogue.set_tags(key, left)
    return {}


def _without_version(call: Call) -> dict[str, Any]:
    """The service numbers the versions and ignores the caller's number."""
    return {name: value for name, value in call.payload["pipeline"].items() if name != "version"}


def _tagged(call: Call) -> PipelineKey:
    arn = call.payload["resourceArn"]
    match = _ARN.fullmatch(arn)
    if match is None:
        raise ServiceError("InvalidArnException", f"{arn} is not the ARN of a pipeline")
    region, account, name = match.groups()
    key = PipelineKey(account=account, region=region, name=name)
    elsewhere = (account, region) != (call.account, call.region)
    if elsewhere or call.record.catalogue.find(key) is None:
        raise ServiceError("ResourceNotFoundException", f"there is no pipeline {arn}")
    return key


def _tags(call: Call, key: PipelineKey) -> dict[str, str]:
    entry = call.record.catalogue.find(key)
    return dict(entry.tags) if entry else {}


def checked_tags(given: list[dict[str, str]], before: Mapping[str, str] | None = None) -> dict[str, str]:
    """The tags of `before` updated with the given ones, by AWS's rules."""
    for tag in given:
        if tag["key"].lower().startswith("aws:"):
            raise ServiceError("InvalidTagsException", f"tag key {tag['key']!r}: aws: is reserved for AWS")
    tags = {**(before or {}), **_as_map(given)}
    if len(tags) > _MOST_TAGS:
        raise ServiceError("TooManyTagsException", f"a resource has at most {_MOST_TAGS} tags")
    return tags


def _as_map(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tags}


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
