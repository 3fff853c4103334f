"""Parses the API's or CloudFormation's declaration to a frozen `Pipeline`; raises for invalid input."""

from collections.abc import Mapping
from typing import Any, cast, get_args

from rehearsal.model.definition import (
    Action,
    ActionType,
    ArtifactStore,
    Condition,
    EnvironmentVariable,
    ExecutionMode,
    FailureResult,
    OnFailure,
    Pipeline,
    Rule,
    Stage,
    Variable,
)
from rehearsal.model.errors import DefinitionError, Place
from rehearsal.model.fields import Fields
from rehearsal.model.parse_triggers import parse_trigger
from rehearsal.model.validate import validate

LONGEST_TIMEOUT_MINUTES = 86_400


def parse(declaration: Mapping[str, Any], *, account: str, region: str, version: int = 1) -> Pipeline:
    """The pipeline that this declaration describes; raises `DefinitionError`.

    `version` counts for a declaration that has none of its own.
    """
    pipeline = read(declaration, account=account, region=region, version=version)
    validate(pipeline)
    return pipeline


def read(declaration: Mapping[str, Any], *, account: str, region: str, version: int) -> Pipeline:
    """The same without CodePipeline's rules, for a declaration that passed them once."""
    return _pipeline(Fields(declaration, place=Place()), account=account, region=region, version=version)


def _pipeline(fields: Fields, *, account: str, region: str, version: int) -> Pipeline:
    pipeline = Pipeline(
        name=fields.text("name"),
        account=account,
        region=region,
        role_arn=fields.text("roleArn"),
        artifact_stores=_artifact_stores(fields, region),
        stages=tuple(_stage(stage) for stage in fields.objects("stages")),
        pipeline_type=cast(Any, fields.choice("pipelineType", ("V1", "V2")) or "V1"),
        execution_mode=cast(
            ExecutionMode, fields.choice("executionMode", get_args(ExecutionMode)) or "SUPERSEDED"
        ),
        triggers=tuple(parse_trigger(trigger) for trigger in fields.objects("triggers")),
        variables=tuple(_variable(variable) for variable in fields.objects("variables")),
        restart_on_update=fields.flag("restartExecutionOnUpdate"),
        version=fields.number("version", low=1, high=2**31) or version,
    )
    fields.done()
    return pipeline


def _artifact_stores(fields: Fields, region: str) -> dict[str, ArtifactStore]:
    single, several = fields.object("artifactStore"), fields.take("artifactStores")
    if (single is None) == (several is None):
        raise DefinitionError(
            "needs exactly one of artifactStore and artifactStores",
            field="artifactStore",
            remedy="name the bucket that holds the artifacts",
        )
    if single is not None:
        return {region: _artifact_store(single)}
    return _stores_by_region(several)


def _stores_by_region(several: Any) -> dict[str, ArtifactStore]:
    """A map in the API, a list of region and store in CloudFormation."""
    place = Place()
    if isinstance(several, Mapping):
        return {
            str(region): _artifact_store(Fields(store, place=place, name=f"artifactStores.{region}"))
            for region, store in several.items()
        }
    stores = {}
    for entry in Fields({"artifactStores": several}, place=place).objects("artifactStores"):
        region, store = entry.text("region"), entry.object("artifactStore")
        if store is None:
            raise entry.error("artifactStore", "is missing", remedy="name the bucket of that region")
        entry.done()
        stores[region] = _artifact_store(store)
    return stores


def _artifact_store(fields: Fields) -> ArtifactStore:
    fields.choice("type", ("S3",))
    key = fields.object("encryptionKey")
    store = ArtifactStore(bucket=fields.text("location"), encryption_key=_key(key) if key else None)
    fields.done()
    return store


def _key(fields: Fields) -> str:
    fields.choice("type", ("KMS",))
    identifier = fields.text("id")
    fields.done()
    return identifier


def _stage(fields: Fields) -> Stage:
    name = fields.text("name")
    place = Place(stage=name)
    fields.at(place)
    if fields.take("blockers"):
        raise DefinitionError(
            "blockers are reserved by CodePipeline and do nothing",
            place=place,
            field="blockers",
            remedy="leave them out, or disable the stage's inbound transition",
            code="InvalidBlockerDeclarationException",
        )
    on_failure = fields.object("onFailure")
    stage = Stage(
        name=name,
        actions=tuple(_action(action, place) for action in fields.objects("actions")),
        on_failure=_on_failure(on_failure, place) if on_failure else None,
        before_entry=_conditions(fields.object("beforeEntry"), place),
        on_success=_conditions(fields.object("onSuccess"), place),
    )
    fields.done()
    return stage


def _action(fields: Fields, stage: Place) -> Action:
    name = fields.text("name")
    place = Place(stage=stage.stage, action=name)
    outputs = fields.at(place).objects("outputArtifacts")
    files = {output.text("name"): output.texts("files") for output in outputs}
    action = Action(
        name=name,
        type=_action_type(fields, place),
        run_order=fields.number("runOrder", low=1, high=999) or 1,
        configuration=fields.mapping("configuration"),
        input_artifacts=_artifact_names(fields, "inputArtifacts"),
        output_artifacts=tuple(files),
        output_files={output: chosen for output, chosen in files.items() if chosen},
        namespace=fields.optional_text("namespace") or None,
        role_arn=fields.optional_text("roleArn") or None,
        region=fields.optional_text("region") or None,
        timeout_minutes=fields.number("timeoutInMinutes", low=5, high=LONGEST_TIMEOUT_MINUTES),
        commands=fields.texts("commands"),
        output_variables=fields.texts("outputVariables"),
        environment=tuple(_environment(item) for item in fields.objects("environmentVariables")),
    )
    for item in (*outputs, fields):
        item.done()
    return action


def _action_type(fields: Fields, place: Place) -> ActionType:
    found = fields.object("actionTypeId")
    if found is None:
        raise DefinitionError(
            "is missing", place=place, field="actionTypeId", remedy="say which provider runs the action"
        )
    categories = ("Source", "Build", "Deploy", "Test", "Invoke", "Approval", "Compute")
    kind = ActionType(
        category=found.choice("category", categories) or found.text("category"),
        owner=found.choice("owner", ("AWS", "ThirdParty", "Custom")) or found.text("owner"),
        provider=found.text("provider"),
        version=found.text("version"),
    )
    found.done()
    return kind


def _environment(fields: Fields) -> EnvironmentVariable:
    variable = EnvironmentVariable(
        name=fields.text("name"),
        value=fields.text("value"),
        type=fields.choice("type", ("PLAINTEXT", "SECRETS_MANAGER")) or "PLAINTEXT",
    )
    fields.done()
    return variable


def _artifact_names(fields: Fields, name: str) -> tuple[str, ...]:
    artifacts = fields.objects(name)
    names = tuple(artifact.text("name") for artifact in artifacts)
    for artifact in artifacts:
        artifact.done()
    return names


def _on_failure(fields: Fields, place: Place) -> OnFailure:
    retry = fields.object("retryConfiguration")
    on_failure = OnFailure(
        result=cast("FailureResult | None", fields.choice("result", get_args(FailureResult))),
        retry_mode=cast(Any, _retry_mode(retry) if retry else None),
        conditions=tuple(_condition(item, place) for item in fields.objects("conditions")),
    )
    fields.done()
    return on_failure


def _retry_mode(fields: Fields) -> str | None:
    mode = fields.choice("retryMode", ("FAILED_ACTIONS", "ALL_ACTIONS"))
    fields.done()
    return mode


def _conditions(fields: Fields | None, place: Place) -> tuple[Condition, ...]:
    if fields is None:
        return ()
    conditions = tuple(_condition(item, place) for item in fields.objects("conditions"))
    fields.done()
    return conditions


def _condition(fields: Fields, place: Place) -> Condition:
    condition = Condition(
        result=cast(FailureResult, fields.choice("result", get_args(FailureResult)) or "FAIL"),
        rules=tuple(_rule(rule, place) for rule in fields.objects("rules")),
    )
    fields.done()
    return condition


def _rule(fields: Fields, stage: Place) -> Rule:
    name = fields.text("name")
    kind = fields.at(Place(stage=stage.stage, rule=name)).object("ruleTypeId")
    if kind is None:
        raise fields.error("ruleTypeId", "is missing", remedy="say which provider evaluates the rule")
    kind.choice("category", ("Rule",))
    kind.choice("owner", ("AWS",))
    rule = Rule(
        name=name,
        provider=kind.text("provider"),
        version=kind.optional_text("version") or "1",
        commands=fields.texts("commands"),
        configuration=fields.mapping("configuration"),
        input_artifacts=_artifact_names(fields, "inputArtifacts"),
        role_arn=fields.optional_text("roleArn") or None,
        region=fields.optional_text("region") or None,
        timeout_minutes=fields.number("timeoutInMinutes", low=5, high=LONGEST_TIMEOUT_MINUTES),
    )
    kind.done()
    fields.done()
    return rule


def _variable(fields: Fields) -> Variable:
    variable = Variable(
        name=fields.text("name"),
        default=fields.optional_text("defaultValue"),
        description=fields.optional_text("description") or "",
    )
    fields.done()
    return variable
