"""The engine's dependencies, composed by `wiring` and replaced in tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from rehearsal.engine.ledger import Notice
from rehearsal.engine.ports import ActionProvider, Artifacts, RuleProvider, Sessions
from rehearsal.home import Home
from rehearsal.model.definition import Action, ActionType, Pipeline
from rehearsal.model.results import S3Object


class World(Protocol):
    @property
    def home(self) -> Home: ...

    def provider(self, action_type: ActionType) -> ActionProvider:
        """Raises `UnsupportedAction`."""

    def rule(self, provider: str) -> RuleProvider:
        """Raises `UnsupportedAction`."""

    def check_role(self, pipeline: Pipeline) -> None:
        """Raises `EngineError` if CodePipeline could not assume the pipeline's role."""

    def sessions(self, pipeline: Pipeline) -> Sessions: ...

    def artifacts(
        self,
        *,
        pipeline: Pipeline,
        action: Action,
        sessions: Sessions,
        inputs: Mapping[str, S3Object],
        workdir: Path,
    ) -> Artifacts: ...

    def announce(self, notice: Notice) -> None:
        """Send one change of state to EventBridge, soon; must not block."""
