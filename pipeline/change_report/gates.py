"""Changes of what guards a delivery: an approval, a check, a roll-back, or the rights of the pipeline itself.

Each is named before everything else, because it can weaken what would stop the rest. Every action of a
pipeline that neither fetches nor deploys can stop an execution, so every such action is a guard. What the
scripts of a build do is not in a template, and not seen here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.change_report import noise
from pipeline.change_report.noise import Resource
from pipeline.change_report.report import Action, ResourceChange

_PIPELINE = "AWS::CodePipeline::Pipeline"
_RIGHTS = frozenset(
    {
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Key",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
    }
)
_MOVES = frozenset({"Source", "Deploy"})
_CONDITIONS = ("BeforeEntry", "OnFailure", "OnSuccess")
_LOUDEST = (": approval is removed", ": approval ", " is removed", "")

Resources = Mapping[str, Resource]


def changed(old: Resources, new: Resources, changes: tuple[ResourceChange, ...]) -> tuple[str, ...]:
    """Sentences, the loudest first; none for a stack that had no pipeline."""
    pipelines = [key for key, resource in old.items() if resource.get("Type") == _PIPELINE]
    if not pipelines:
        return ()
    found = [sentence for key in pipelines for sentence in _of_pipeline(old[key], new.get(key))]
    found += [sentence for change in changes for sentence in _of_resource(change)]
    return tuple(sorted(found, key=_loudness))


def _loudness(sentence: str) -> int:
    return next(rank for rank, words in enumerate(_LOUDEST) if words in sentence)


def _of_pipeline(old: Resource, new: Resource | None) -> Iterator[str]:
    if new is None:
        yield f"{old['Name']}: the whole pipeline is removed"
        return
    before, after = _guards(old), _guards(new)
    for place in sorted(before.keys() | after.keys()):
        if before.get(place) != after.get(place):
            kind = _kind(before.get(place) or after[place])
            yield f"{place}: {kind} is {_fate(place, before, after)}"
    for stage, conditions in _conditions(old).items():
        now = _conditions(new).get(stage, {})
        for name in _CONDITIONS:
            if conditions.get(name) != now.get(name):
                yield f"{stage}: {name} is {_fate(name, conditions, now)}"


def _guards(pipeline: Resource) -> dict[str, Mapping[str, Any]]:
    return {
        f"{stage['Name']}/{action['Name']}": action
        for stage in _stages(pipeline)
        for action in stage.get("Actions", ())
        if action["ActionTypeId"]["Category"] not in _MOVES
    }


def _conditions(pipeline: Resource) -> dict[str, Mapping[str, Any]]:
    return {
        str(stage["Name"]): {name: stage[name] for name in _CONDITIONS if name in stage}
        for stage in _stages(pipeline)
    }


def _stages(pipeline: Resource) -> list[Mapping[str, Any]]:
    stages: list[Mapping[str, Any]] = noise.masked(noise.properties(pipeline)).get("Stages", [])
    return stages


def _kind(action: Mapping[str, Any]) -> str:
    return "approval" if action["ActionTypeId"]["Category"] == "Approval" else "check"


def _fate(key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if key not in after:
        return "removed"
    return "changed" if key in before else "added"


def _of_resource(change: ResourceChange) -> Iterator[str]:
    verb = "removed" if change.action is Action.DELETED else str(change.action)
    if change.type == "AWS::CodeBuild::Project":
        parts = ", ".join(item.path for item in change.properties)
        yield f"{change.name}: build is {verb}{f' ({parts})' if parts else ''}"
    elif change.type in _RIGHTS:
        yield f"{change.name}: {change.type.removeprefix('AWS::')} is {verb}"
