"""Types that ministack keeps and describes although nothing stands behind them: named in the report."""

from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.cloud.extension import ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.cloud.gaps import GapLog
from rehearsal.engine.ports import Fidelity, Gap

_NO_CACHE = "no cache server listens at its endpoint"
REASONS: Mapping[str, str] = {
    "AWS::AutoScaling::AutoScalingGroup": "its instances are listed as running, but no machine is started",
    "AWS::ECS::Service": "its tasks are listed as running, but no container is started",
    "AWS::ElastiCache::CacheCluster": _NO_CACHE,
    "AWS::ElastiCache::ReplicationGroup": _NO_CACHE,
    "AWS::Logs::MetricFilter": "it reads no logs, so alarms on its metric count every value as missing",
    "AWS::Route53::RecordSet": "the API lists it, but names are not resolved",
    "AWS::WAFv2::WebACL": "no request is filtered",
}


@dataclass(frozen=True)
class Hollow(ResourceHandler):
    gaps: GapLog
    type_name: str
    native: ResourceHandler

    def create(self, request: ResourceRequest) -> ResourceResult:
        gap = Gap(subject=self.type_name, fidelity=Fidelity.RECORDED, reason=REASONS[self.type_name])
        self.gaps.note(gap, stack=request.stack_name)
        return self.native.create(request)

    def update(self, request: ResourceRequest) -> ResourceResult:
        return self.native.update(request)

    def delete(self, request: ResourceRequest) -> None:
        self.native.delete(request)
