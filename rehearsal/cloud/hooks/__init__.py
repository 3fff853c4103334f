"""Changes to ministack's own behaviour, one file each, applied in this order at start."""

from collections.abc import Callable

from rehearsal.cloud.extension import Cloud
from rehearsal.cloud.hooks import (
    alarms,
    authorization,
    change_sets,
    conditions,
    credentials,
    dynamic_references,
    embeddings,
    foreign_buckets,
    forgetting,
    function_code,
    functions,
    grants,
    identity,
    managed_policies,
    metric_math,
    object_versions,
    root_trust,
    runtime_api,
    stack_resources,
    stack_roles,
    stack_tags,
    template_addresses,
    templates,
    websites,
)

Hook = Callable[[Cloud], None]

HOOKS: tuple[Hook, ...] = (
    credentials.apply,
    identity.apply,
    authorization.apply,
    foreign_buckets.apply,
    managed_policies.apply,
    functions.apply,
    runtime_api.apply,
    stack_tags.apply,
    function_code.apply,
    embeddings.apply,
    templates.apply,
    websites.apply,
    forgetting.apply,
    object_versions.apply,
    template_addresses.apply,
    conditions.apply,
    change_sets.apply,
    metric_math.apply,
    alarms.apply,
    dynamic_references.apply,
    grants.apply,
    root_trust.apply,
    stack_roles.apply,
    stack_resources.apply,
)
