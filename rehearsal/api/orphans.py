"""Deletes pipelines whose stack does not exist.

A pipeline is recorded in the middle of a stack operation. If that is interrupted before the engine records
the resource, or the stack does not exist at all, the pipeline would only block its name for the next
deployment.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.cloud.cloudformation.stack_tags import STACK_ID
from rehearsal.emulator.stacks import Stack
from rehearsal.engine.engine import Engine
from rehearsal.record.catalogue import Entry

_ROLLED_BACK = ("ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


@dataclass(frozen=True)
class Orphans:
    engine: Engine
    stack: Callable[[str], Stack | None]

    def settle(self) -> list[str]:
        """Delete them and return what was done, in sentences. Their executions stay in the record."""
        sentences = []
        for entry in self.engine.record.catalogue.entries():
            if self._is_orphan(entry):
                self.engine.definitions.delete(entry.pipeline.key)
                sentences.append(
                    f"Pipeline {entry.pipeline.name} belonged to a stack that does not have it "
                    f"({entry.tags[STACK_ID]}); it was deleted."
                )
        return sentences

    def _is_orphan(self, entry: Entry) -> bool:
        """Not if a deleted stack has retained the pipeline."""
        stack_id = entry.tags.get(STACK_ID)
        if not stack_id:
            return False
        stack = self.stack(stack_id)
        if stack is None:
            return True
        return stack.status in _ROLLED_BACK and entry.pipeline.name not in stack.physical_ids
