"""CodeBuild: source credentials. `rehearsal.builds` implements builds."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.recorded import Recorded

ROWS = (
    Recorded(
        type_name="AWS::CodeBuild::SourceCredential",
        ref=lambda it: it.arn("codebuild", f"token/{str(it.properties.get('ServerType', 'github')).lower()}"),
        attributes=lambda it: {"Arn": it.id},
        reason="sources are served from the local git remote and need no credential",
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
