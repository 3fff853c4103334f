"""Types that ministack stores and describes without any behaviour; the report names them."""

from dataclasses import dataclass

from rehearsal.emulator.extension import ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.emulator.gaps import GapLog
from rehearsal.model.results import Fidelity, Gap


@dataclass(frozen=True)
class Described:
    type_name: str
    reason: str
    """What a person should know about the type."""


@dataclass(frozen=True)
class DescribedResource(ResourceHandler):
    row: Described
    gaps: GapLog
    native: ResourceHandler

    def create(self, request: ResourceRequest) -> ResourceResult:
        gap = Gap(subject=self.row.type_name, fidelity=Fidelity.RECORDED, reason=self.row.reason)
        self.gaps.note(gap, stack=request.stack_name)
        return self.native.create(request)

    def update(self, request: ResourceRequest) -> ResourceResult:
        return self.native.update(request)

    def delete(self, request: ResourceRequest) -> None:
        self.native.delete(request)
