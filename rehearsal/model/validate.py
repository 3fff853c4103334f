"""What CodePipeline refuses about a definition that is well-formed: one small check per rule."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from rehearsal.model.action_types import known
from rehearsal.model.definition import Action, ExecutionMode, Pipeline, Rule, Stage
from rehearsal.model.errors import DefinitionError, Place
from rehearsal.model.variables import BUILT_IN, PIPELINE_VARIABLES, references

NAME = re.compile(r"[A-Za-z0-9.@\-_]{1,100}")
ARTIFACT_NAME = re.compile(r"[a-zA-Z0-9_\-]{1,100}")
NAMESPACE = re.compile(r"[A-Za-z0-9@\-_]{1,100}")
ROLE_ARN = re.compile(r"arn:aws(-[\w]+)*:iam::[0-9]{12}:role/.*")
MOST_STAGES, MOST_ACTIONS_IN_STAGE, MOST_ACTIONS = 50, 100, 1_000


def validate(pipeline: Pipeline) -> None:
    for check in CHECKS:
        check(pipeline)


def _names(pipeline: Pipeline) -> None:
    _name(pipeline.name, NAME, Place())
    for stage in pipeline.stages:
        _name(stage.name, NAME, Place(stage=stage.name))
        for action in stage.actions:
            place = Place(stage=stage.name, action=action.name)
            _name(action.name, NAME, place)
            for artifact in (*action.input_artifacts, *action.output_artifacts):
                _name(artifact, ARTIFACT_NAME, place, field="artifact name")
            if action.namespace:
                _name(action.namespace, NAMESPACE, place, field="namespace")


def _name(name: str, pattern: re.Pattern[str], place: Place, field: str = "name") -> None:
    if not pattern.fullmatch(name):
        raise DefinitionError(
            f"{name!r} does not match {pattern.pattern}",
            place=place,
            field=field,
            remedy="use letters, digits and the signs shown, at most 100 of them",
            code="ValidationException",
        )


def _unique_names(pipeline: Pipeline) -> None:
    _unique((stage.name for stage in pipeline.stages), Place(), "stage name")
    for stage in pipeline.stages:
        _unique((action.name for action in stage.actions), Place(stage=stage.name), "action name")
    _unique((variable.name for variable in pipeline.variables), Place(), "variable name")
    actions = [action for _, action in _actions(pipeline)]
    _unique((name for action in actions for name in action.output_artifacts), Place(), "output artifact")
    _unique((action.namespace for action in actions if action.namespace), Place(), "namespace")


def _unique(names: Iterator[str], place: Place, what: str) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise DefinitionError(
                f"the {what} {name!r} is used {count} times", place=place, remedy="give each its own"
            )


def _roles(pipeline: Pipeline) -> None:
    _role(pipeline.role_arn, Place())
    for stage, action in _actions(pipeline):
        if action.role_arn:
            _role(action.role_arn, Place(stage=stage.name, action=action.name))


def _role(arn: str, place: Place) -> None:
    if not ROLE_ARN.fullmatch(arn):
        raise DefinitionError(
            f"{arn!r} is not the ARN of an IAM role",
            place=place,
            field="roleArn",
            remedy="use arn:aws:iam::<account>:role/<name>",
        )


def _counts(pipeline: Pipeline) -> None:
    if not 2 <= len(pipeline.stages) <= MOST_STAGES:
        raise DefinitionError(
            f"has {len(pipeline.stages)} stages",
            field="stages",
            remedy=f"a pipeline has from 2 to {MOST_STAGES}",
        )
    for stage in pipeline.stages:
        if not 1 <= len(stage.actions) <= MOST_ACTIONS_IN_STAGE:
            raise DefinitionError(
                f"has {len(stage.actions)} actions",
                place=Place(stage=stage.name),
                field="actions",
                remedy=f"a stage has from 1 to {MOST_ACTIONS_IN_STAGE}",
            )
    if (total := sum(len(stage.actions) for stage in pipeline.stages)) > MOST_ACTIONS:
        raise DefinitionError(
            f"has {total} actions", field="stages", remedy=f"a pipeline has at most {MOST_ACTIONS}"
        )


def _sources_first(pipeline: Pipeline) -> None:
    for index, stage in enumerate(pipeline.stages):
        for action in stage.actions:
            if (action.type.category == "Source") != (index == 0):
                raise DefinitionError(
                    "the first stage holds source actions, all of them and nothing else",
                    place=Place(stage=stage.name, action=action.name),
                    field="actionTypeId.category",
                    remedy="move the action",
                )


def _artifact_flow(pipeline: Pipeline) -> None:
    made: set[str] = set()
    for stage in pipeline.stages:
        for order in sorted({action.run_order for action in stage.actions}):
            group = [action for action in stage.actions if action.run_order == order]
            for action in group:
                _inputs_are_made(stage, action, made)
            made.update(name for action in group for name in action.output_artifacts)


def _inputs_are_made(stage: Stage, action: Action, made: set[str]) -> None:
    for name in action.input_artifacts:
        if name not in made:
            raise DefinitionError(
                f"input artifact {name!r} is not the output of any earlier action",
                place=Place(stage=stage.name, action=action.name),
                field="inputArtifacts",
                remedy=f"made before it are {', '.join(sorted(made)) or 'none'}",
                code="InvalidActionDeclarationException",
            )


def _artifact_counts(pipeline: Pipeline) -> None:
    for stage, action in _actions(pipeline):
        kind = known(action.type)
        for names, limits, field in (
            (action.input_artifacts, kind.inputs, "inputArtifacts"),
            (action.output_artifacts, kind.outputs, "outputArtifacts"),
        ):
            if limits and not limits[0] <= len(names) <= limits[1]:
                raise DefinitionError(
                    f"{action.type.category} with {action.type.provider} takes from {limits[0]} to "
                    f"{limits[1]}, not {len(names)}",
                    place=Place(stage=stage.name, action=action.name),
                    field=field,
                )


def _variable_references(pipeline: Pipeline) -> None:
    """Only what an earlier action, the pipeline or CodePipeline itself sets can be referred to."""
    known = {BUILT_IN, PIPELINE_VARIABLES}
    for stage in pipeline.stages:
        for order in sorted({action.run_order for action in stage.actions}):
            group = [action for action in stage.actions if action.run_order == order]
            for action in group:
                _references_are_known(stage, action, known)
            known.update(action.namespace for action in group if action.namespace)


def _references_are_known(stage: Stage, action: Action, known: set[str]) -> None:
    for key, value in action.configuration.items():
        for reference in references(value):
            if reference.namespace not in known:
                raise DefinitionError(
                    f"{reference} names a namespace that no earlier action sets",
                    place=Place(stage=stage.name, action=action.name),
                    field=f"configuration.{key}",
                    remedy=f"known there are {', '.join(sorted(known))}",
                )


def _regions(pipeline: Pipeline) -> None:
    if pipeline.region not in pipeline.artifact_stores:
        raise DefinitionError(
            f"no artifact store for the pipeline's own region {pipeline.region}", field="artifactStores"
        )
    for stage, action in _actions(pipeline):
        if action.region and action.region not in pipeline.artifact_stores:
            raise DefinitionError(
                f"runs in {action.region}, where the pipeline has no artifact store",
                place=Place(stage=stage.name, action=action.name),
                field="region",
                remedy=f"add a store for {action.region} to artifactStores",
            )


def _type_two_only(pipeline: Pipeline) -> None:
    if pipeline.pipeline_type == "V2":
        return
    uses = (
        ("triggers", pipeline.triggers),
        ("variables", pipeline.variables),
        ("executionMode", pipeline.execution_mode != "SUPERSEDED"),
        ("stage conditions", any(s.before_entry or s.on_success or s.on_failure for s in pipeline.stages)),
    )
    for field, used in uses:
        if used:
            raise DefinitionError("needs a pipeline of type V2", field=field, remedy="set pipelineType to V2")


def _triggers(pipeline: Pipeline) -> None:
    sources = {action.name: action for action in pipeline.stages[0].actions}
    _unique((trigger.source_action for trigger in pipeline.triggers), Place(), "trigger's source action")
    for trigger in pipeline.triggers:
        source = sources.get(trigger.source_action)
        if source is None or source.type.provider != "CodeStarSourceConnection":
            raise DefinitionError(
                f"{trigger.source_action!r} is not a source action with a connection",
                field="triggers.gitConfiguration.sourceActionName",
                remedy=f"the pipeline's source actions are {', '.join(sources)}",
            )


def _conditions(pipeline: Pipeline) -> None:
    for stage in pipeline.stages:
        failure = stage.on_failure.conditions if stage.on_failure else ()
        for conditions in (stage.before_entry, stage.on_success, failure):
            if len(conditions) > 1 or any(not 1 <= len(item.rules) <= 5 for item in conditions):
                raise DefinitionError(
                    "takes one condition with one to five rules",
                    place=Place(stage=stage.name),
                    field="conditions",
                )
        _results(stage, pipeline.execution_mode)


def _results(stage: Stage, mode: ExecutionMode) -> None:
    """Which result each kind of condition may have, and that a source stage is never rolled back."""
    source = any(action.type.category == "Source" for action in stage.actions)
    for result, allowed, field in _declared_results(stage):
        if source and result == "ROLLBACK":
            problem, remedy = "a source stage cannot be rolled back", "leave ROLLBACK out here"
        elif mode == "PARALLEL" and result == "ROLLBACK":
            problem, remedy = "PARALLEL executions are not rolled back", "use QUEUED or SUPERSEDED"
        elif result not in allowed:
            problem, remedy = f"the result {result} is not possible here", f"use {' or '.join(allowed)}"
        else:
            continue
        raise DefinitionError(problem, place=Place(stage=stage.name), field=field, remedy=remedy)


def _declared_results(stage: Stage) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Each result with those that are possible in its place."""
    for condition in stage.before_entry:
        yield condition.result, ("FAIL", "SKIP"), "beforeEntry"
    for condition in stage.on_success:
        yield condition.result, ("FAIL", "ROLLBACK"), "onSuccess"
    if stage.on_failure is None:
        return
    if stage.on_failure.result:
        yield stage.on_failure.result, ("ROLLBACK", "RETRY", "FAIL"), "onFailure"
    for condition in stage.on_failure.conditions:
        yield condition.result, ("ROLLBACK", "FAIL"), "onFailure"


def _actions(pipeline: Pipeline) -> Iterator[tuple[Stage, Action]]:
    return ((stage, action) for stage in pipeline.stages for action in stage.actions)


def rules(stage: Stage) -> Iterator[Rule]:
    """Every rule of the stage's conditions."""
    failure = stage.on_failure.conditions if stage.on_failure else ()
    for condition in (*stage.before_entry, *stage.on_success, *failure):
        yield from condition.rules


CHECKS: tuple[Callable[[Pipeline], None], ...] = (
    _names,
    _counts,
    _unique_names,
    _roles,
    _sources_first,
    _artifact_counts,
    _artifact_flow,
    _regions,
    _type_two_only,
    _variable_references,
    _triggers,
    _conditions,
)
