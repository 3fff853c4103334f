"""Composes the engine with its adapters: providers, roles, artifact stores, the event bus."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from rehearsal.api.events import EventBus
from rehearsal.api.sessions import CredentialCache, RoleSessions
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.refusals import Refusals
from rehearsal.engine.engine import Engine
from rehearsal.engine.errors import EngineError
from rehearsal.engine.ledger import Notice
from rehearsal.engine.ports import ActionProvider, Artifacts, RuleProvider, Sessions, UnsupportedAction
from rehearsal.home import Home
from rehearsal.model.definition import Action, ActionType, Pipeline
from rehearsal.model.results import S3Object
from rehearsal.providers.artifacts import S3Artifacts
from rehearsal.providers.registry import provider_for, rule_for
from rehearsal.record.record import Record


@dataclass(frozen=True, kw_only=True)
class CloudWorld:
    """The `World` of a daemon."""

    cloud: Cloud
    credentials: CredentialCache
    bus: EventBus

    @property
    def home(self) -> Home:
        return self.cloud.home

    def provider(self, action_type: ActionType) -> ActionProvider:
        with self._refusing():
            return provider_for(action_type)

    def rule(self, provider: str) -> RuleProvider:
        with self._refusing():
            return rule_for(provider)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except UnsupportedAction as error:
            Refusals.of(self.home).noted(str(error))
            raise

    def check_role(self, pipeline: Pipeline) -> None:
        try:
            self.credentials.require_trust(pipeline)
        except ClientError as error:
            raise EngineError(
                "InvalidStructureException",
                f"CodePipeline is not authorized to perform AssumeRole on role {pipeline.role_arn}: "
                f"{error.response['Error'].get('Message')}",
            ) from error

    def sessions(self, pipeline: Pipeline) -> Sessions:
        return RoleSessions(self.credentials, pipeline)

    def artifacts(
        self,
        *,
        pipeline: Pipeline,
        action: Action,
        sessions: Sessions,
        inputs: Mapping[str, S3Object],
        workdir: Path,
    ) -> Artifacts:
        return S3Artifacts(
            pipeline=pipeline, action=action, sessions=sessions, inputs=inputs, workdir=workdir
        )

    def announce(self, notice: Notice) -> None:
        self.bus.post(notice)


def engine_for(cloud: Cloud) -> Engine:
    bus = EventBus()
    cloud.background("codepipeline events", bus.deliver)
    world = CloudWorld(cloud=cloud, credentials=CredentialCache(cloud), bus=bus)
    return Engine(record=Record(cloud.home.record), world=world)
