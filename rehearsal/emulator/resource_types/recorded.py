"""CloudFormation types that are only accepted and stored.

Templates may contain them, `Ref` and `Fn::GetAtt` return values of the right format, and the fidelity report
names each with its reason. Nothing else may depend on their behaviour.
"""

from dataclasses import dataclass

from rehearsal.emulator.extension import Cloud, ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.emulator.resource_types.known import Known, Text, Values, nothing
from rehearsal.model.results import Fidelity, Gap


@dataclass(frozen=True, kw_only=True)
class Recorded:
    type_name: str
    ref: Text
    reason: str
    attributes: Values = nothing


def row(type_name: str, ref: Text, reason: str, attributes: Values = nothing) -> Recorded:
    return Recorded(type_name=type_name, ref=ref, reason=reason, attributes=attributes)


class RecordedResource(ResourceHandler):
    def __init__(self, cloud: Cloud, row: Recorded) -> None:
        self._cloud = cloud
        self._row = row

    def create(self, request: ResourceRequest) -> ResourceResult:
        gap = Gap(subject=self._row.type_name, fidelity=Fidelity.RECORDED, reason=self._row.reason)
        self._cloud.gaps.note(gap, stack=request.stack_name)
        known = Known(request=request, id=self._row.ref(Known(request=request)))
        return ResourceResult(physical_id=known.id, attributes=self._row.attributes(known))

    def update(self, request: ResourceRequest) -> ResourceResult:
        return self.create(request)

    def delete(self, request: ResourceRequest) -> None:
        """Nothing to delete."""
