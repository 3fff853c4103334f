"""Reports a stack's alarms that cannot go off in a rehearsal."""

from dataclasses import dataclass

from rehearsal.cloud.cloudwatch.gaps import gaps_of
from rehearsal.emulator.extension import Cloud, ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.emulator.gaps import GapLog

TYPE_NAME = "AWS::CloudWatch::Alarm"


def attach(cloud: Cloud) -> None:
    cloud.wrap_resource(TYPE_NAME, lambda native: NotedAlarm(native, cloud.gaps))


@dataclass(frozen=True)
class NotedAlarm(ResourceHandler):
    native: ResourceHandler
    gaps: GapLog

    def create(self, request: ResourceRequest) -> ResourceResult:
        return self._noted(request, self.native.create(request))

    def update(self, request: ResourceRequest) -> ResourceResult:
        return self._noted(request, self.native.update(request))

    def delete(self, request: ResourceRequest) -> None:
        self.native.delete(request)

    def _noted(self, request: ResourceRequest, made: ResourceResult) -> ResourceResult:
        for gap in gaps_of(made.physical_id, request.properties):
            self.gaps.note(gap, stack=request.stack_name)
        return made
