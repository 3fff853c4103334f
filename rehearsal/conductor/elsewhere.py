"""A pipeline stack may name the account and region it lives in; the rehearsal then has to be there."""

from collections.abc import Sequence

from rehearsal.conductor.pipeline_stacks import PipelineStack
from rehearsal.conductor.problems import Problem
from rehearsal.home import Endpoint


class PipelineElsewhere(Problem):
    """The embedded AWS acts from another account or region than the pipeline's own."""

    def __init__(self, stack: str, *, account: str, region: str, endpoint: Endpoint) -> None:
        super().__init__(
            f"stack {stack} lives in account {account}, region {region}, and this embedded AWS acts from "
            f"{endpoint.account}, {endpoint.region}",
            remedy=f"stop it with `slipway down`, then run with --account {account} --region {region}",
        )
        self.account = account
        self.region = region


def check_place(stacks: Sequence[PipelineStack], endpoint: Endpoint) -> None:
    """Pass if a pipeline of `stacks` is where the rehearsal looks for it; else say where it is."""
    if any(stack.environment.holds(account=endpoint.account, region=endpoint.region) for stack in stacks):
        return
    first = stacks[0]
    raise PipelineElsewhere(
        first.id,
        account=first.environment.account or endpoint.account,
        region=first.environment.region or endpoint.region,
        endpoint=endpoint,
    )
