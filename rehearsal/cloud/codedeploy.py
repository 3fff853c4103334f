"""CodeDeploy: applications and deployment groups; nothing is deployed."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.recorded import Recorded

_NO_CODEDEPLOY = "CodeDeploy deploys nothing here; aliases and services change at once"


ROWS = (
    Recorded(
        type_name="AWS::CodeDeploy::Application",
        ref=lambda it: it.name("ApplicationName", limit=100),
        reason=_NO_CODEDEPLOY,
    ),
    Recorded(
        type_name="AWS::CodeDeploy::DeploymentGroup",
        ref=lambda it: it.name("DeploymentGroupName", limit=100),
        reason=_NO_CODEDEPLOY,
    ),
    Recorded(
        type_name="AWS::CodeDeploy::DeploymentConfig",
        ref=lambda it: it.name("DeploymentConfigName", limit=100),
        reason=_NO_CODEDEPLOY,
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
