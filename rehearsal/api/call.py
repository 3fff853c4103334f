"""One authorised call, with helpers that all operations use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.extension import ServiceError
from rehearsal.engine.engine import Engine
from rehearsal.model.definition import Pipeline, PipelineKey
from rehearsal.record.record import Record, UnknownExecution
from rehearsal.record.views import Run


@dataclass(frozen=True, kw_only=True)
class Call:
    engine: Engine
    payload: Mapping[str, Any]
    account: str
    region: str
    caller: str
    """The ARN of the caller."""

    @property
    def record(self) -> Record:
        return self.engine.record

    @property
    def key(self) -> PipelineKey:
        """The pipeline of the call, whatever the operation's member for it is called."""
        return self.key_of(str(self.payload.get("pipelineName") or self.payload["name"]))

    def key_of(self, name: str) -> PipelineKey:
        return PipelineKey(account=self.account, region=self.region, name=name)

    def pipeline(self) -> Pipeline:
        """The current definition; raises PipelineNotFoundException."""
        return self.engine.definitions.require(self.key)

    def run(self, execution_id: str) -> Run:
        """An execution of this call's pipeline."""
        self.pipeline()
        try:
            run = self.record.run(execution_id)
        except UnknownExecution as error:
            raise ServiceError("PipelineExecutionNotFoundException", str(error)) from error
        if (run.account, run.region, run.pipeline) != (self.account, self.region, self.key.name):
            raise ServiceError(
                "PipelineExecutionNotFoundException", f"{execution_id} is not an execution of {self.key.name}"
            )
        return run


Answer = Mapping[str, Any]
