"""One lane for each pipeline, with the transitions from the record."""

import threading

from rehearsal.engine.execution import Execution
from rehearsal.engine.lane import Lane
from rehearsal.model.definition import PipelineKey
from rehearsal.record.record import Record


class Lanes:
    def __init__(self, record: Record) -> None:
        self._record = record
        self._lock = threading.Lock()
        self._lanes: dict[PipelineKey, Lane] = {}

    def of(self, key: PipelineKey) -> Lane:
        """Reads the record without the lock, because a thread that writes the record may need a lane."""
        with self._lock:
            found = self._lanes.get(key)
        if found is not None:
            return found
        new = self._new(key)
        with self._lock:
            return self._lanes.setdefault(key, new)

    def forget(self, key: PipelineKey) -> None:
        with self._lock:
            self._lanes.pop(key, None)

    def executions(self) -> list[Execution]:
        """All running executions of all pipelines."""
        with self._lock:
            lanes = list(self._lanes.values())
        return [execution for lane in lanes for execution in list(lane.executions.values())]

    def _new(self, key: PipelineKey) -> Lane:
        lane = Lane()
        for stage, transition in self._record.catalogue.transitions(key).items():
            lane.door(stage).enabled = transition.enabled
        return lane
