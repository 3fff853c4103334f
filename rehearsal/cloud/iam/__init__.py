"""IAM as AWS evaluates it, where ministack's own evaluation differs.

`grants` checks every permission that a call needs (`further`, `keys`, `passed_roles`). `judge` decides one
need (`evaluation`) with the policies that `principals` collects. `wording` writes what was denied, by which
policy, and which statement would allow it. The other modules correct details of ministack's evaluation.
"""

from rehearsal.cloud.iam import (
    authorization,
    boundaries,
    credentials,
    grants,
    identity,
    managed_policies,
    resource_types,
    root_trust,
)
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types


def attach(cloud: Cloud) -> None:
    credentials.apply(cloud)
    identity.apply(cloud)
    authorization.apply(cloud)
    managed_policies.apply(cloud)
    grants.apply(cloud)
    root_trust.apply(cloud)
    boundaries.apply(cloud)
    add_types(cloud, resource_types.ROWS)
