"""Where the pipelines take their commits from, and which commits and pull requests start them.

A connection cannot be made by a program alone: GitHub asks a person. Where the configuration names
no connection the stack creates one, which stays PENDING until somebody approves it in the console.
"""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_codeconnections as connections
from aws_cdk import aws_codepipeline as codepipeline
from constructs import Construct

from config.delivery import Pipeline


def connection_arn(scope: Construct, config: Pipeline) -> str:
    return config.connection_arn or _own_connection(scope, config)


def _own_connection(scope: Construct, config: Pipeline) -> str:
    connection = connections.CfnConnection(
        scope, "Connection", connection_name=config.full_name[:32], provider_type="GitHub"
    )
    region = Stack.of(scope).region
    CfnOutput(
        scope,
        "ConnectionArn",
        value=connection.attr_connection_arn,
        description=(
            "Authorise this connection once, or no push will start the pipeline: open "
            f"https://{region}.console.aws.amazon.com/codesuite/settings/connections, choose the "
            "pending connection and 'Update pending connection'"
        ),
    )
    return connection.attr_connection_arn


def push_trigger(source: codepipeline.IAction, config: Pipeline) -> codepipeline.TriggerProps:
    return _trigger(
        codepipeline.GitConfiguration(
            source_action=source,
            push_filter=[
                codepipeline.GitPushFilter(
                    branches_includes=[config.branch],
                    file_paths_includes=_patterns(config.include_paths),
                    file_paths_excludes=_patterns(config.exclude_paths),
                )
            ],
        )
    )


def pull_request_trigger(source: codepipeline.IAction, config: Pipeline) -> codepipeline.TriggerProps:
    """Into the delivered branch, when opened and with every new commit."""
    return _trigger(
        codepipeline.GitConfiguration(
            source_action=source,
            pull_request_filter=[
                codepipeline.GitPullRequestFilter(
                    branches_includes=[config.branch],
                    events=[
                        codepipeline.GitPullRequestEvent.OPEN,
                        codepipeline.GitPullRequestEvent.UPDATED,
                    ],
                    file_paths_includes=_patterns(config.include_paths),
                    file_paths_excludes=_patterns(config.exclude_paths),
                )
            ],
        )
    )


def _trigger(configuration: codepipeline.GitConfiguration) -> codepipeline.TriggerProps:
    return codepipeline.TriggerProps(
        provider_type=codepipeline.ProviderType.CODE_STAR_SOURCE_CONNECTION,
        git_configuration=configuration,
    )


def _patterns(patterns: Sequence[str]) -> list[str] | None:
    return list(patterns) or None
