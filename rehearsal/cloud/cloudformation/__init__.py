"""CloudFormation: resource types, stack operations, and the permissions with which they run.

`permissions` computes which permissions CloudFormation's handlers need; `checks` checks them before each
resource is created, updated or deleted; `custom` handles custom resources.
"""

from rehearsal.cloud.cloudformation import (
    awaited_stacks,
    change_sets,
    checks,
    conditions,
    custom,
    deleted_stacks,
    dynamic_references,
    roles,
    stack_tags,
    template_addresses,
    templates,
)
from rehearsal.emulator.extension import Cloud


def attach(cloud: Cloud) -> None:
    stack_tags.apply(cloud)
    templates.apply(cloud)
    deleted_stacks.apply(cloud)
    template_addresses.apply(cloud)
    conditions.apply(cloud)
    change_sets.apply(cloud)
    dynamic_references.apply(cloud)
    roles.apply(cloud)
    checks.apply(cloud)
    custom.attach(cloud)
    awaited_stacks.apply(cloud)
