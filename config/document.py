"""The shape of `delivery.toml` as a person writes it; nothing is looked up or completed here."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from config import words


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PipelineTable(Table):
    name: words.Name | None = None
    repository: words.Repository
    branch: words.Branch = "main"
    connection_arn: words.ConnectionArn | None = None
    account: words.Account | None = None
    region: words.Region = "us-east-1"
    execution_mode: Annotated[
        words.ExecutionMode,
        Field(
            description='"QUEUED" or "SUPERSEDED"; with PARALLEL, executions overtake each other in one '
            "environment and CodePipeline cannot roll a stage back"
        ),
    ] = "QUEUED"
    include_paths: words.PathPatterns = ()
    exclude_paths: words.PathPatterns = ()
    notify: Annotated[
        tuple[words.Email, ...], Field(description='a list of e-mail addresses, such as ["ops@example.com"]')
    ] = ()
    applications: Annotated[
        Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]],
        Field(
            min_length=1,
            description='a table of application = [environments], such as second_brain = ["dev", "prod"]',
        ),
    ]


class EnvironmentTable(Table):
    name: words.Name
    tier: Annotated[
        words.Tier | None,
        Field(description='"dev", "staging" or "prod": whose sizes this environment gets'),
    ] = None
    account: words.Account | None = None
    region: words.Region = "us-east-1"
    availability_zones: words.Zones
    approval: Annotated[
        words.Approval,
        Field(description='"manual" or "none", or "unattended" where production needs nobody\'s approval'),
    ] = "none"
    bake_minutes: words.Minutes = 0
    removal: Annotated[
        words.Removal | None,
        Field(description='"destroy" or "retain": what happens to data when its stack is deleted'),
    ] = None
    alarm_email: words.Email | None = None
    domain: words.Domain | None = None
    settings: Annotated[
        Mapping[str, Mapping[str, Any]],
        Field(description="a table of an application's settings under its name"),
    ] = {}


class SandboxTable(Table):
    region: words.Region = "us-east-1"
    availability_zones: words.Zones = ("use1-az1", "use1-az2")
    applications: Annotated[
        tuple[str, ...] | None, Field(description="a list of applications; all of them when left out")
    ] = None


class Document(Table):
    name: words.Name
    environment: Annotated[
        tuple[EnvironmentTable, ...],
        Field(min_length=1, description="one [[environment]] table for each environment, in order"),
    ]
    pipeline: Annotated[
        tuple[PipelineTable, ...],
        Field(min_length=1, description="one [[pipeline]] table for each pipeline"),
    ]
    sandbox: SandboxTable = SandboxTable()
