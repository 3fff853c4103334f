"""Maps action types to providers; an unsupported type is an error that says why.

Adding a provider is one file beside this one, its row in `rehearsal.model.action_types` and its line here.
"""

from collections.abc import Mapping
from typing import NoReturn

from rehearsal.engine.ports import ActionProvider, RuleProvider, UnsupportedAction, UnsupportedType
from rehearsal.model.action_types import instead_of
from rehearsal.model.definition import ActionType
from rehearsal.providers.cloudformation import CloudFormation
from rehearsal.providers.codebuild import CodeBuild
from rehearsal.providers.codecommit import CodeCommit
from rehearsal.providers.codestar_connection import CodeStarConnection
from rehearsal.providers.github import GitHub
from rehearsal.providers.lambda_invoke import LambdaInvoke
from rehearsal.providers.manual_approval import ManualApproval
from rehearsal.providers.rules.cloudwatch_alarm import CloudWatchAlarm
from rehearsal.providers.rules.variable_check import VariableCheck
from rehearsal.providers.s3_deploy import S3Deploy
from rehearsal.providers.s3_source import S3Source
from rehearsal.providers.step_functions import StepFunctions

Key = tuple[str, str, str]
"""Category, owner and provider, as in CodePipeline."""

_ACTIONS: Mapping[Key, ActionProvider] = {
    ("Source", "AWS", "CodeStarSourceConnection"): CodeStarConnection(),
    ("Source", "AWS", "CodeConnections"): CodeStarConnection(),
    ("Source", "AWS", "CodeCommit"): CodeCommit(),
    ("Source", "AWS", "S3"): S3Source(),
    ("Source", "ThirdParty", "GitHub"): GitHub(),
    ("Build", "AWS", "CodeBuild"): CodeBuild(),
    ("Test", "AWS", "CodeBuild"): CodeBuild(),
    ("Deploy", "AWS", "CloudFormation"): CloudFormation(),
    ("Deploy", "AWS", "S3"): S3Deploy(),
    ("Approval", "AWS", "Manual"): ManualApproval(),
    ("Invoke", "AWS", "Lambda"): LambdaInvoke(),
    ("Invoke", "AWS", "StepFunctions"): StepFunctions(),
}

_RULES: Mapping[str, RuleProvider] = {
    "CloudWatchAlarm": CloudWatchAlarm(),
    "VariableCheck": VariableCheck(),
}


def provider_for(action_type: ActionType) -> ActionProvider:
    key = (action_type.category, action_type.owner, action_type.provider)
    return _ACTIONS.get(key) or _unsupported(action_type)


def rule_for(provider: str) -> RuleProvider:
    if rule := _RULES.get(provider):
        return rule
    raise UnsupportedAction(
        f"stage condition rule {provider!r} is not supported by the rehearsal; "
        f"supported: {', '.join(sorted(_RULES))}; see docs/rehearsal.md"
    )


def supported_rules() -> tuple[str, ...]:
    return tuple(sorted(_RULES))


def supported() -> tuple[Key, ...]:
    return tuple(sorted(_ACTIONS))


def _unsupported(action_type: ActionType) -> NoReturn:
    name = f"{action_type.category}/{action_type.owner}/{action_type.provider}"
    known = ", ".join("/".join(key) for key in supported())
    instead = instead_of(action_type.provider)
    raise UnsupportedType(
        f"action type {name} is not supported by the rehearsal{f' ({instead})' if instead else ''}; "
        f"supported: {known}; docs/rehearsal.md says how to add one"
    )
