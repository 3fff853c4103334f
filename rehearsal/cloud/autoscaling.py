"""Auto Scaling of machines and of applications: capacity stays as it was created."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.described import Described
from rehearsal.emulator.resource_types.known import Known, uuid_of
from rehearsal.emulator.resource_types.recorded import Recorded, row

_NO_MACHINE = "no machine is started, so nothing runs on it and nothing answers at its addresses"
_NO_SCALING = "capacity is never scaled"


def _scaling_target(it: Known) -> str:
    p = it.properties
    return f"{p['ResourceId']}|{p['ScalableDimension']}|{p['ServiceNamespace']}"


def _scaling_policy(it: Known) -> str:
    p = it.properties
    resource, _, rest = str(p.get("ScalingTargetId", "")).partition("|")
    namespace = p.get("ServiceNamespace") or rest.rpartition("|")[2]
    target = f"{namespace}/{p.get('ResourceId') or resource}"
    return it.arn(
        "autoscaling", f"scalingPolicy:{uuid_of(it)}:resource/{target}:policyName/{p['PolicyName']}"
    )


ROWS = (
    row("AWS::AutoScaling::WarmPool", lambda it: str(it.properties["AutoScalingGroupName"]), _NO_MACHINE),
    Recorded(
        type_name="AWS::ApplicationAutoScaling::ScalableTarget",
        ref=_scaling_target,
        attributes=lambda it: {"Id": it.id},
        reason=_NO_SCALING,
    ),
    Recorded(
        type_name="AWS::ApplicationAutoScaling::ScalingPolicy",
        ref=_scaling_policy,
        attributes=lambda it: {"Arn": it.id},
        reason=_NO_SCALING,
    ),
    Described(
        "AWS::AutoScaling::AutoScalingGroup", "its instances are listed as running, but no machine is started"
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
