"""One build publishes every asset, with the CDK CLI that `package.json` pins.

CDK Pipelines would publish with `cdk-assets`, a second tool with a version of its own, and its newest
release cannot read the assembly that this library writes. `cdk publish-assets` is the same code in
the CLI that is pinned already, skips what is there, and cannot fall behind the library.

Before it publishes, the CLI makes sure that each environment is bootstrapped. In the pipeline's own
account it reads the bootstrap's version itself; in another account it does so as that account's
deploy role and gives up where it may not.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import ArnFormat, DefaultStackSynthesizer, Stack
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from constructs import Construct

from stages.environment import EnvironmentStage

_PACKAGE = Path(__file__).parent.parent / "package.json"
_STAGE = "Assets"
_QUALIFIER = DefaultStackSynthesizer.DEFAULT_QUALIFIER


class PublisherError(Exception):
    """The rendered pipeline publishes something that this publisher does not."""


def cli_version() -> str:
    """The one place that pins the CLI."""
    version: str = json.loads(_PACKAGE.read_text(encoding="utf-8"))["devDependencies"]["aws-cdk"]
    return version


def publish_with_cli(
    scope: Construct,
    pipeline: codepipeline.Pipeline,
    *,
    stacks: str,
    environments: Iterable[EnvironmentStage],
    action_role: iam.Role,
) -> None:
    """Call after the pipeline is rendered; does nothing where there is nothing to publish."""
    projects = [
        node
        for node in scope.node.find_all()
        if isinstance(node, codebuild.CfnProject) and f"/{_STAGE}/" in node.node.path
    ]
    if len(projects) > 1:
        paths = ", ".join(project.node.path for project in projects)
        raise PublisherError(f"one publisher was expected, for files only, and there are {paths}")
    for project in projects:
        project.add_property_override("Source.BuildSpec", _build_spec(stacks))
        _use_role(pipeline, project, action_role)
        _tighten(scope, project, _bootstrap_check(Stack.of(scope), environments))


def _tighten(
    scope: Construct, project: codebuild.CfnProject, bootstrap_check: Sequence[Mapping[str, Any]]
) -> None:
    """CDK lets its publisher write every log group and start every build of the account; ours may not."""
    (policy,) = (
        node
        for node in scope.node.find_all()
        if isinstance(node, iam.CfnPolicy) and f"/{_STAGE}/FileRole/" in node.node.path
    )
    stack = Stack.of(scope)
    kept = [
        statement
        for statement in stack.resolve(policy.policy_document)["Statement"]
        if not _account_wide(statement)
    ]
    logs = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"/aws/codebuild/{project.ref}",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    own_logs = {
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Effect": "Allow",
        "Resource": [logs, f"{logs}:*"],
    }
    policy.policy_document = {"Statement": [*kept, own_logs, *bootstrap_check], "Version": "2012-10-17"}


def _bootstrap_check(stack: Stack, environments: Iterable[EnvironmentStage]) -> list[Mapping[str, Any]]:
    targets = [stage.environment for stage in environments]
    own = {target.region for target in targets if target.account in (None, stack.account)}
    versions = [_version_parameter(stack, region) for region in sorted(own | {stack.region})]
    roles = sorted(
        f"arn:{stack.partition}:iam::{target.account}:role/"
        f"cdk-{_QUALIFIER}-deploy-role-{target.account}-{target.region}"
        for target in targets
        if target.account not in (None, stack.account)
    )
    read = {"Action": "ssm:GetParameter", "Effect": "Allow", "Resource": versions}
    assume = {"Action": "sts:AssumeRole", "Effect": "Allow", "Resource": roles}
    return [read, assume] if roles else [read]


def _version_parameter(stack: Stack, region: str) -> str:
    return stack.format_arn(
        service="ssm",
        region=region,
        resource="parameter",
        resource_name=f"cdk-bootstrap/{_QUALIFIER}/version",
    )


def _account_wide(statement: Mapping[str, Any]) -> bool:
    actions = statement["Action"]
    first = actions if isinstance(actions, str) else actions[0]
    return str(first).startswith(("codebuild:", "logs:"))


def _build_spec(stacks: str) -> str:
    spec = {
        "version": "0.2",
        "phases": {
            "install": {"commands": [f"npm install -g aws-cdk@{cli_version()}"]},
            "build": {"commands": [f"cdk publish-assets --app . --unstable=publish-assets '{stacks}'"]},
        },
    }
    return json.dumps(spec, indent=2)


def _use_role(pipeline: codepipeline.Pipeline, project: codebuild.CfnProject, role: iam.Role) -> None:
    rendered = pipeline.node.default_child
    if not isinstance(rendered, codepipeline.CfnPipeline):
        raise TypeError("the pipeline construct has no CfnPipeline below it")
    index = [stage.stage_name for stage in pipeline.stages].index(_STAGE)
    rendered.add_property_override(f"Stages.{index}.Actions.0.RoleArn", role.role_arn)
    role.grant_assume_role(pipeline.role)
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"],
            resources=[project.attr_arn],
        )
    )
