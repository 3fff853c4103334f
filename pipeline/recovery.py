"""Stacks of an environment that no retry can update, and what a person does about each: `make recover`.

    python -m pipeline.recovery ENVIRONMENT [--profile ACCOUNT=PROFILE ...]

It reads and prints; it changes nothing. A stack whose first creation failed holds nothing that anybody
has used, so it is deleted and created anew. Everything else may hold data: its roll-back is continued,
never replaced by a deletion. Reading takes `codepipeline:GetPipeline` in the pipeline's account,
`cloudformation:DescribeStacks` and `cloudformation:DescribeStackEvents` in the environment's.
"""

import argparse
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from config.delivery import Delivery, Environment, Pipeline
from config.load import load
from config.mistakes import DeliveryError
from config.names import stage_name
from pipeline import accounts
from stacks.registry import APPLICATIONS

NEVER_CREATED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")
HALF_UPDATED = ("UPDATE_ROLLBACK_FAILED",)
HALF_DELETED = ("DELETE_FAILED",)
FAILED = (*NEVER_CREATED, *HALF_UPDATED, *HALF_DELETED)

_UNPROTECT: Mapping[str, str] = {
    "AWS::RDS::DBInstance": "aws rds modify-db-instance --db-instance-identifier {id} "
    "--no-deletion-protection --apply-immediately",
    "AWS::Cognito::UserPool": "aws cognito-idp update-user-pool --user-pool-id {id} "
    "--deletion-protection INACTIVE",
}


@dataclass(frozen=True, kw_only=True)
class Resource:
    kind: str
    physical_id: str
    status: str


@dataclass(frozen=True, kw_only=True)
class FailedStack:
    name: str
    status: str
    reason: str
    resources: tuple[Resource, ...]
    """As their last events have them."""


def stack_names(codepipeline: Any, *, pipeline: str, stage: str) -> tuple[str, ...]:
    """What the deployed pipeline deploys in a stage, whatever is deployed last first."""
    stages = codepipeline.get_pipeline(name=pipeline)["pipeline"]["stages"]
    deployed = [
        (action.get("runOrder", 1), action["configuration"]["StackName"])
        for found in stages
        if found["name"].partition(".")[0] == stage
        for action in found["actions"]
        if action["actionTypeId"]["provider"] == "CloudFormation"
    ]
    return tuple(name for _, name in sorted(deployed, reverse=True))


def failed_stacks(cloudformation: Any, names: Iterable[str]) -> Iterator[FailedStack]:
    for name in names:
        stack = _described(cloudformation, name)
        if stack and stack["StackStatus"] in FAILED:
            yield FailedStack(
                name=name,
                status=stack["StackStatus"],
                reason=stack.get("StackStatusReason", ""),
                resources=tuple(_resources(cloudformation, stack["StackId"])),
            )


def _described(cloudformation: Any, name: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return found


def _resources(cloudformation: Any, stack_id: str) -> Iterator[Resource]:
    seen: set[str] = set()
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            logical = event["LogicalResourceId"]
            if logical not in seen and event.get("PhysicalResourceId") not in (None, "", stack_id):
                yield Resource(
                    kind=event["ResourceType"],
                    physical_id=event["PhysicalResourceId"],
                    status=event["ResourceStatus"],
                )
            seen.add(logical)


def advice(stack: FailedStack, *, region: str) -> Iterator[str]:
    """Comments and commands, in the order in which they are run."""
    # What AWS says may be of several lines, and a second one would be a command.
    reason = " ".join(stack.reason.split())
    yield f"# {stack.name} is {stack.status}{f': {reason}' if reason else ''}"
    if stack.status in HALF_UPDATED:
        yield from _continue(stack, region)
    elif stack.status in HALF_DELETED:
        yield from _decide(stack, region)
    else:
        yield from _create_anew(stack, region)


def _create_anew(stack: FailedStack, region: str) -> Iterator[str]:
    yield "# Its first creation failed, so nobody has used it: it is deleted and created anew."
    for resource in stack.resources:
        if resource.status == "DELETE_FAILED" and resource.kind in _UNPROTECT:
            unprotect = _UNPROTECT[resource.kind].format(id=shlex.quote(resource.physical_id))
            yield f"{unprotect} --region {region}"
    yield f"aws cloudformation delete-stack --stack-name {stack.name} --region {region}"
    yield f"aws cloudformation wait stack-delete-complete --stack-name {stack.name} --region {region}"
    for resource in stack.resources:
        if resource.status == "DELETE_SKIPPED":
            yield f"# It leaves {resource.kind} {resource.physical_id} behind; delete it if it has no data."


def _decide(stack: FailedStack, region: str) -> Iterator[str]:
    stuck = [
        f"{found.kind} {found.physical_id}" for found in stack.resources if found.status == "DELETE_FAILED"
    ]
    yield f"# Its deletion began and stopped at {', '.join(stuck) or 'nothing that its events name'}."
    yield "# It may hold data. If it is to go, put that right and finish the deletion:"
    yield f"# aws cloudformation delete-stack --stack-name {stack.name} --region {region}"


def _continue(stack: FailedStack, region: str) -> Iterator[str]:
    stuck = [resource.kind for resource in stack.resources if resource.status == "UPDATE_FAILED"]
    if stuck:
        yield f"# First put right what {', '.join(stuck)} failed at; its events say what."
    where = f"--stack-name {stack.name} --region {region}"
    yield f"aws cloudformation continue-update-rollback {where}"
    yield f"aws cloudformation wait stack-rollback-complete {where}"


def retry(pipeline: Pipeline, environment: Environment) -> str:
    stage = stage_name(pipeline, environment)
    latest = f"stageStates[?stageName=='{stage}'].latestExecution.pipelineExecutionId"
    where = f"--region {pipeline.region}"
    state = f"aws codepipeline get-pipeline-state --name {pipeline.full_name} {where}"
    return (
        f"aws codepipeline retry-stage-execution --pipeline-name {pipeline.full_name} --stage-name {stage} "
        f'--retry-mode FAILED_ACTIONS {where} --pipeline-execution-id "$({state} --query "{latest}" '
        '--output text)"'
    )


class Clients(Protocol):
    def codepipeline(self, pipeline: Pipeline) -> Any: ...
    def cloudformation(self, environment: Environment) -> Any: ...


def report(delivery: Delivery, name: str, clients: Clients) -> Iterator[str]:
    for pipeline, environment in accounts.places(delivery, name):
        codepipeline = clients.codepipeline(pipeline)
        names = stack_names(
            codepipeline, pipeline=pipeline.full_name, stage=stage_name(pipeline, environment)
        )
        found = tuple(failed_stacks(clients.cloudformation(environment), names))
        if not found:
            yield f"# {name}: every stack can be updated; retry the stage if it failed"
        for stack in found:
            yield from advice(stack, region=environment.region)
        yield f"# then, with credentials of account {pipeline.account or 'of the pipeline'}"
        yield retry(pipeline, environment)


@dataclass(frozen=True)
class _Accounts:
    profiles: accounts.Profiles

    def codepipeline(self, pipeline: Pipeline) -> Any:
        session = accounts.session(pipeline.account, self.profiles)
        return session.client("codepipeline", region_name=pipeline.region)

    def cloudformation(self, environment: Environment) -> Any:
        session = accounts.session(environment.account, self.profiles)
        return session.client("cloudformation", region_name=environment.region)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.recovery", description=__doc__)
    parser.add_argument("environment", metavar="ENVIRONMENT")
    accounts.add_profile_option(parser)
    options = parser.parse_args(arguments)
    try:
        for line in report(load(APPLICATIONS), options.environment, _Accounts(dict(options.profile))):
            sys.stdout.write(f"{line}\n")
    except (DeliveryError, BotoCoreError, ClientError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
