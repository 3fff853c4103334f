"""CodePipeline's action types in one table: their fixed properties, and which are not rehearsed.

`rehearsal.providers.registry` maps a type to its code; everything else that depends on the type (limits,
time-outs, texts) is in this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.model.definition import Action, ActionType

Counts = tuple[int, int]
_HOUR = 60
_DAY = 24 * _HOUR


@dataclass(frozen=True, kw_only=True)
class KnownType:
    category: str
    provider: str
    owner: str = "AWS"
    inputs: Counts | None = None
    """How many artifacts it takes, from and to; None where CodePipeline's documentation names no limit."""
    outputs: Counts | None = None
    timeout_minutes: int = _HOUR
    """CodePipeline's own, for an action that names none."""
    target: str = ""
    """What it works on, from its configuration."""
    repository: str = ""
    branch: str = ""
    """For sources that read a git repository, from their configuration."""
    revision_kind: str = "COMMIT_ID"
    builds: bool = False
    """It runs on a machine of CodeBuild, which may follow a clone reference to its repository."""
    instead: str = ""
    """What to do instead of an action that the rehearsal does not run; empty for those that it runs."""


_IN_A_BUILD = "run its commands in a CodeBuild action"
_NO_INSTANCES = "there are no instances to deploy to here"
_EACH_ACCOUNT = "deploy the template with one CloudFormation action for each account and region"
_OTHER_SERVER = f"the rehearsal does not reach your server; {_IN_A_BUILD}"


def _source(provider: str, *, owner: str = "AWS", repository: str, branch: str) -> KnownType:
    return KnownType(
        category="Source",
        provider=provider,
        owner=owner,
        inputs=(0, 0),
        outputs=(1, 1),
        target=f"{repository}@{branch}",
        repository=repository,
        branch=branch,
    )


def _build(category: str) -> KnownType:
    return KnownType(
        category=category,
        provider="CodeBuild",
        inputs=(1, 5),
        outputs=(0, 5),
        timeout_minutes=8 * _HOUR,
        target="{ProjectName}",
        builds=True,
    )


def _not_run(
    category: str, provider: str, instead: str, *, owner: str = "AWS", minutes: int = _HOUR
) -> KnownType:
    return KnownType(
        category=category, provider=provider, owner=owner, timeout_minutes=minutes, instead=instead
    )


_TABLE = (
    _source("CodeStarSourceConnection", repository="{FullRepositoryId}", branch="{BranchName}"),
    _source("CodeConnections", repository="{FullRepositoryId}", branch="{BranchName}"),
    _source("CodeCommit", repository="{RepositoryName}", branch="{BranchName}"),
    _source("GitHub", owner="ThirdParty", repository="{Owner}/{Repo}", branch="{Branch}"),
    KnownType(
        category="Source",
        provider="S3",
        inputs=(0, 0),
        outputs=(1, 1),
        target="s3://{S3Bucket}/{S3ObjectKey}",
        revision_kind="S3_OBJECT_VERSION_ID",
    ),
    _build("Build"),
    _build("Test"),
    KnownType(
        category="Deploy",
        provider="CloudFormation",
        inputs=(0, 10),
        outputs=(0, 1),
        timeout_minutes=3 * _DAY,
        target="{StackName}",
    ),
    KnownType(
        category="Deploy",
        provider="S3",
        inputs=(1, 1),
        outputs=(0, 0),
        timeout_minutes=90,
        target="s3://{BucketName}/{ObjectKey}",
    ),
    KnownType(
        category="Approval",
        provider="Manual",
        inputs=(0, 0),
        outputs=(0, 0),
        timeout_minutes=7 * _DAY,
    ),
    KnownType(
        category="Invoke",
        provider="Lambda",
        inputs=(0, 5),
        outputs=(0, 5),
        timeout_minutes=_DAY,
        target="{FunctionName}",
    ),
    KnownType(
        category="Invoke",
        provider="StepFunctions",
        timeout_minutes=7 * _DAY,
        target="{StateMachineArn}",
    ),
    KnownType(
        category="Compute",
        provider="Commands",
        timeout_minutes=8 * _HOUR,
        builds=True,
        instead="run the same commands in a CodeBuild action",
    ),
    _not_run("Source", "ECR", "there is no image registry here; use a source that the rehearsal serves"),
    _not_run("Build", "ECRBuildAndPublish", "there is no Docker engine and no image registry here"),
    _not_run("Build", "Jenkins", _OTHER_SERVER, owner="Custom"),
    _not_run("Build", "TeamCity", _OTHER_SERVER, owner="ThirdParty"),
    _not_run("Test", "DeviceFarm", "the devices are not on this machine"),
    _not_run("Invoke", "InspectorScan", _IN_A_BUILD),
    _not_run("Invoke", "Snyk", _IN_A_BUILD, owner="ThirdParty"),
    _not_run(
        "Invoke",
        "CodePipeline",
        "start the other pipeline with `aws codepipeline start-pipeline-execution`",
    ),
    _not_run("Deploy", "AlexaSkillsKit", "the skill store is not on this machine", owner="ThirdParty"),
    _not_run("Deploy", "AppConfig", "deploy the configuration by CloudFormation"),
    _not_run("Deploy", "CloudFormationStackInstances", _EACH_ACCOUNT),
    _not_run("Deploy", "CloudFormationStackSet", _EACH_ACCOUNT, minutes=3 * _DAY),
    _not_run("Deploy", "CodeDeploy", f"{_NO_INSTANCES}; deploy by CloudFormation", minutes=5 * _DAY),
    _not_run(
        "Deploy",
        "CodeDeployToECS",
        "deploy the service by CloudFormation; there is nothing to shift traffic with here",
        minutes=5 * _DAY,
    ),
    _not_run("Deploy", "EC2", _NO_INSTANCES),
    _not_run("Deploy", "ECS", "update the service by CloudFormation"),
    _not_run("Deploy", "EKS", f"there is no cluster to deploy to here; {_IN_A_BUILD}"),
    _not_run("Deploy", "ElasticBeanstalk", _NO_INSTANCES),
    _not_run("Deploy", "OpsWorks", "AWS has ended the service"),
    _not_run("Deploy", "ServiceCatalog", "deploy the product's template with a CloudFormation action"),
)
KNOWN: Mapping[tuple[str, str], KnownType] = {(row.category, row.provider): row for row in _TABLE}
_OTHERS: Mapping[str, KnownType] = {
    "Source": KnownType(category="Source", provider="", inputs=(0, 0), outputs=(1, 1))
}
"""What holds for every other type of a category."""


def known(action_type: ActionType) -> KnownType:
    """The fixed properties of the type; for an unknown type, those of its category."""
    category, provider = action_type.category, action_type.provider
    return (
        KNOWN.get((category, provider))
        or _OTHERS.get(category)
        or KnownType(category=category, provider=provider)
    )


def instead_of(provider: str) -> str:
    """What to do instead of an action that is not rehearsed; empty where nothing is known."""
    return next((row.instead for row in _TABLE if row.provider == provider and row.instead), "")


def reads_an_object(action: Action) -> bool:
    """Whether it is a source that reads one object of a bucket."""
    return known(action.type).revision_kind == "S3_OBJECT_VERSION_ID"
