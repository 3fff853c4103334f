"""IAM as AWS evaluates it, where ministack's own evaluation allows or denies otherwise.

`grants` checks every right that a call needs (`further`, `keys`, `passed_roles`); `judge` decides one need
(`evaluation`) against the policies that `principals` gathers, and `wording` says what was denied, by which
policy, and what would allow it. The other modules correct single points of ministack's evaluation.
"""

from rehearsal.cloud.iam import (
    authorization,
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
    add_types(cloud, resource_types.ROWS)
