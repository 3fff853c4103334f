"""Runs one rehearsal: start, bootstrap, deploy the pipeline, run a commit to the end, report.

Existing parts are reused. A pipeline that an earlier rehearsal deployed is not deployed again: the new commit
runs through the old pipeline and mutates it, as a push to AWS would.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.cdk.assembly import Assembly
from rehearsal.conductor.cdk import Cdk
from rehearsal.conductor.delivery_places import delivery_places, pipelines_of
from rehearsal.conductor.elsewhere import check_place
from rehearsal.conductor.execution_policy import BootstrapPolicies
from rehearsal.conductor.exits import Exit
from rehearsal.conductor.follow import Answers, follow
from rehearsal.conductor.gaps import gaps_of
from rehearsal.conductor.handed import Handed
from rehearsal.conductor.newer_commands import NewerCommands
from rehearsal.conductor.only import stages_besides
from rehearsal.conductor.pipeline_stacks import PipelineStack, pipeline_stacks
from rehearsal.conductor.problems import Problem
from rehearsal.conductor.report import Outcome
from rehearsal.conductor.skips import check_skips
from rehearsal.conductor.source import Publisher
from rehearsal.daemon import client
from rehearsal.emulator.refusals import Refusals
from rehearsal.home import Endpoint, Home
from rehearsal.model.definition import Pipeline
from rehearsal.model.options import BAKE_SECONDS, ExecutionOptions
from rehearsal.model.parse import parse
from rehearsal.record.record import Record
from rehearsal.record.views import Run

if TYPE_CHECKING:
    from mypy_boto3_codepipeline.client import CodePipelineClient
    from mypy_boto3_codepipeline.type_defs import PipelineVariableTypeDef


@dataclass(frozen=True, kw_only=True)
class RehearsalOptions:
    """The options of one rehearsal."""

    project: Path
    pipeline: str | None = None
    dirty: bool = False
    only: str | None = None
    until: str = ""
    skip: tuple[str, ...] = ()
    strict: bool = False
    redeploy: bool = False
    bake: float | None = BAKE_SECONDS
    """How long alarms are watched; None means the pipeline's own minutes."""
    reuse_builds: bool = True
    """Whether results of builds with identical inputs are reused."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Values of the pipeline's own variables, for this execution."""
    context: tuple[str, ...] = ()
    handed: Handed = field(default_factory=Handed)
    """Variables of the person's environment for the synth."""
    policies: BootstrapPolicies = field(default_factory=BootstrapPolicies)
    other_sources: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """How a rehearsal reports progress to a person and asks for approvals."""

    say: Callable[[str], None]
    show: Callable[[Run], None]
    answer: Answers


def rehearse(
    options: RehearsalOptions, *, home: Home, endpoint: Endpoint, interaction: Interaction
) -> Outcome:
    began = time.monotonic()
    session = client.session(endpoint)
    codepipeline: CodePipelineClient = session.client("codepipeline")
    say = interaction.say
    record = Record(home.record)
    pipeline, new = _pipeline(
        options, home=home, endpoint=endpoint, codepipeline=codepipeline, record=record, say=say
    )
    definition = parse(
        codepipeline.get_pipeline(name=pipeline)["pipeline"], account=endpoint.account, region=endpoint.region
    )
    asked = _execution_options(options, stages_besides(options.only, definition))
    check_skips(asked, definition, new=new, say=say)
    publisher = Publisher(
        project=options.project,
        home=home,
        session=session,
        dirty=options.dirty,
        others=options.other_sources,
        say=say,
    )
    revisions = publisher.publish(definition)
    token = f"slipway-rehearse-{uuid.uuid4()}"
    record.start_options.leave(token, asked)
    started = codepipeline.start_pipeline_execution(
        name=pipeline,
        sourceRevisions=revisions,
        clientRequestToken=token,
        **_variables(options, definition),
    )
    delivery = follow(
        record,
        started["pipelineExecutionId"],
        show=interaction.show,
        answer=interaction.answer,
        check=lambda: client.check_running(home, endpoint),
    )
    newer = NewerCommands(home=home, record=record, codebuild=session.client("codebuild"))
    return Outcome(
        delivery=delivery,
        seconds=time.monotonic() - began,
        gaps=gaps_of(home, delivery.decisive.execution_id),
        refusals=Refusals.of(home),
        strict=options.strict,
        hints=() if new else tuple(newer.hints(definition, delivery.decisive)),
    )


def _variables(options: RehearsalOptions, pipeline: Pipeline) -> "dict[str, list[PipelineVariableTypeDef]]":
    """None at all where nobody gave any: AWS takes no empty list."""
    declared = [variable.name for variable in pipeline.variables]
    for name in options.variables:
        if name not in declared:
            raise Problem(
                f"the pipeline {pipeline.name} declares no variable {name!r}",
                remedy=f"one of: {', '.join(declared)}" if declared else "it declares none",
            )
    given: list[PipelineVariableTypeDef] = [
        {"name": name, "value": value} for name, value in options.variables.items()
    ]
    return {"variables": given} if given else {}


def _execution_options(options: RehearsalOptions, left_out: tuple[str, ...]) -> ExecutionOptions:
    return ExecutionOptions(
        left_out=left_out,
        until=options.until,
        skipped=options.skip,
        bake_seconds=options.bake,
        reuse_builds=options.reuse_builds,
    )


def _pipeline(
    options: RehearsalOptions,
    *,
    home: Home,
    endpoint: Endpoint,
    codepipeline: "CodePipelineClient",
    record: Record,
    say: Callable[[str], None],
) -> tuple[str, bool]:
    """The name of the pipeline to run, and whether it was deployed now, because there was none."""
    new, deployed = False, [] if options.redeploy else pipelines_of(codepipeline)
    if not deployed:
        cdk = Cdk(
            project=options.project,
            home=home,
            endpoint=endpoint,
            say=say,
            context=options.context,
            handed=options.handed,
            policies=options.policies,
        )
        _deploy_pipeline_stacks(cdk, options, record)
        new, deployed = True, pipelines_of(codepipeline)
    else:
        _renew(options.policies, endpoint)
    return _choose(options.pipeline, deployed, codepipeline), new


def _renew(policies: BootstrapPolicies, endpoint: Endpoint) -> None:
    for account in dict.fromkeys(place.account for place in delivery_places(endpoint)):
        policies.renew(endpoint, account=account)


def _deploy_pipeline_stacks(cdk: Cdk, options: RehearsalOptions, record: Record) -> None:
    if not (cdk.project / "cdk.json").exists():
        raise Problem(
            f"{cdk.project} has no cdk.json and the embedded AWS has no pipeline",
            remedy='name a CDK project, or create a pipeline first: `slipway up`, `eval "$(slipway env)"`, '
            "then deploy your template with any AWS client",
        )
    assembly = cdk.synth(check=lambda found: _to_deploy(found, cdk))
    stacks = _to_deploy(assembly, cdk)
    cdk.bootstrap(sorted(assembly.environments(), key=repr))
    for stack in stacks:
        with record.start_options.during_deployment(stack.name, _execution_options(options, ())):
            cdk.deploy(assembly, stack.id)


def _to_deploy(assembly: Assembly, cdk: Cdk) -> list[PipelineStack]:
    """The stacks with the pipelines; raises if there are none here."""
    stacks = pipeline_stacks(assembly)
    if not stacks:
        raise Problem(
            f"no stack of {cdk.project} contains an AWS::CodePipeline::Pipeline",
            remedy="a rehearsal runs a pipeline; check which stacks `npx cdk ls` lists",
            exit_code=Exit.UNSUPPORTED,
        )
    wanted = [stack for stack in stacks if stack.deploys] or stacks
    check_place(wanted, cdk.endpoint)
    return wanted


def _choose(wanted: str | None, deployed: list[str], codepipeline: "CodePipelineClient") -> str:
    if wanted is not None:
        if wanted not in deployed:
            raise Problem(f"no pipeline {wanted!r} is deployed", remedy=f"one of: {', '.join(deployed)}")
        return wanted
    delivering = [name for name in deployed if _delivers(codepipeline, name)] or deployed
    if len(delivering) != 1:
        raise Problem(
            f"{len(delivering)} pipelines are deployed: {', '.join(delivering)}",
            remedy="choose one with --pipeline NAME",
        )
    return delivering[0]


def _delivers(codepipeline: "CodePipelineClient", name: str) -> bool:
    stages = codepipeline.get_pipeline(name=name)["pipeline"]["stages"]
    return any(a["actionTypeId"]["category"] == "Deploy" for stage in stages for a in stage["actions"])
