"""What `delivery.toml` says, complete: every default filled in, every name looked up."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.application import ApplicationSettings
from config.words import Approval, ExecutionMode, Removal, Tier


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One place that applications are delivered to, as one pipeline sees it."""

    name: str
    tier: Tier
    account: str | None
    """Its own, else the pipeline's; None: the account that the CDK CLI deploys into."""
    region: str
    availability_zones: tuple[str, ...]
    approval: Approval = "none"
    bake_minutes: int = 0
    removal: Removal = "destroy"
    alarm_email: str | None = None
    domain: str | None = None
    settings: Mapping[str, ApplicationSettings] = field(default_factory=dict)
    """By name, one entry for each application that this pipeline delivers here."""

    @property
    def applications(self) -> tuple[str, ...]:
        return tuple(self.settings)

    @property
    def needs_approval(self) -> bool:
        return self.approval == "manual"


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """One pipeline. The unnamed one has the construct id `pipeline`, another one `pipeline-<name>`."""

    delivery: str
    name: str | None
    repository: str
    branch: str
    connection_arn: str | None
    """None: the pipeline creates a connection, which a person then authorises once in the console."""
    account: str | None
    region: str
    execution_mode: ExecutionMode
    include_paths: tuple[str, ...]
    exclude_paths: tuple[str, ...]
    notify: tuple[str, ...]
    environments: tuple[Environment, ...]
    """In the order they are delivered."""

    @property
    def construct_id(self) -> str:
        return f"pipeline-{self.name}" if self.name else "pipeline"

    @property
    def full_name(self) -> str:
        """Unique in an account: what physical names start with."""
        return f"{self.delivery}-{self.name}" if self.name else self.delivery

    @property
    def is_cross_account(self) -> bool:
        return any(environment.account != self.account for environment in self.environments)


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """A developer's own copy: development sizes, in the account of the CLI."""

    region: str
    availability_zones: tuple[str, ...]
    settings: Mapping[str, ApplicationSettings]

    def environment(self, *, developer: str, applications: tuple[str, ...] = ()) -> Environment:
        """The sandbox of one developer, with the applications chosen or else all of them."""
        chosen = applications or tuple(self.settings)
        return Environment(
            name=f"sandbox-{developer}",
            tier="dev",
            account=None,
            region=self.region,
            availability_zones=self.availability_zones,
            settings={name: self.settings[name] for name in chosen},
        )


@dataclass(frozen=True, kw_only=True)
class Delivery:
    name: str
    pipelines: tuple[Pipeline, ...]
    sandbox: Sandbox
    cautions: tuple[str, ...] = ()
    """What only may go wrong, one line each."""
