"""What an application is to the rest: a name, typed settings, and a way to build its stacks in a Stage."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from aws_cdk import CfnOutput, Stack, Stage

from blocks.gateway_logs import GatewayLogs
from blocks.message_key import MessageKey
from blocks.naming import Names
from blocks.smoke import SmokeAccess
from config.application import ApplicationSettings
from config.delivery import Environment

Settings = TypeVar("Settings", bound=ApplicationSettings)


@dataclass(frozen=True, kw_only=True)
class Site(Generic[Settings]):
    """Where one copy of an application is built, and with what."""

    stage: Stage
    """The scope of its stacks."""
    environment: Environment
    names: Names
    smoke: SmokeAccess
    """Grants to the environment's smoke tests what an application's checks need."""
    gateway_logs: GatewayLogs
    """For a stack with an API in API Gateway that writes logs."""
    message_key: MessageKey
    """For every topic."""
    settings: Settings


@dataclass(frozen=True, kw_only=True)
class BuiltApplication:
    name: str
    stacks: tuple[Stack, ...]
    smoke_outputs: Mapping[str, CfnOutput] = field(default_factory=dict)
    """By the environment variable in which the smoke tests read it."""
    alarms: tuple[str, ...] = ()
    """Names of the alarms that tell whether the application is healthy."""


class Application(ABC, Generic[Settings]):
    name: ClassVar[str]
    """As in `delivery.toml` and in the folders `stacks/<name>/` and `tests/smoke/<name>/`."""
    demands_https: ClassVar[bool] = False
    holds_health_data: ClassVar[bool] = False
    """Whether its stacks must pass the HIPAA Security rules too."""

    @property
    @abstractmethod
    def settings(self) -> type[Settings]: ...

    @abstractmethod
    def build(self, site: Site[Settings]) -> BuiltApplication: ...
