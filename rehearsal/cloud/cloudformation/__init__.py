"""CloudFormation: what templates may contain, how stacks change, and as whom.

`permissions` knows what CloudFormation's handlers need of the acting role; `checks` asks for it before
each resource is made, changed or deleted; `custom` answers custom resources.
"""

from rehearsal.cloud.cloudformation import (
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
