"""GuardDuty: detectors; nothing is inspected."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.recorded import Recorded

_NO_FINDINGS = "nothing is inspected, so nothing is ever found"


ROWS = (
    Recorded(
        type_name="AWS::GuardDuty::Detector",
        ref=lambda it: it.unique,
        attributes=lambda it: {"Id": it.id},
        reason=_NO_FINDINGS,
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
