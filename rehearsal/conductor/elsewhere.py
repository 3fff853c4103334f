"""Checks that the embedded AWS uses the account and region that a pipeline stack names."""

from collections.abc import Sequence

from rehearsal.conductor.pipeline_stacks import PipelineStack
from rehearsal.conductor.problems import Problem
from rehearsal.home import Endpoint


class PipelineElsewhere(Problem):
    """The embedded AWS uses another account or region than the pipeline's stack."""

    def __init__(self, stack: str, *, account: str, region: str, endpoint: Endpoint) -> None:
        super().__init__(
            f"stack {stack} belongs to account {account}, region {region}, and this embedded AWS uses "
            f"{endpoint.account}, {endpoint.region}",
            remedy=f"stop it with `slipway down`, then run with --account {account} --region {region}",
        )
        self.account = account
        self.region = region


def check_place(stacks: Sequence[PipelineStack], endpoint: Endpoint) -> None:
    """Pass if one of the pipelines is in the rehearsal's account and region; else name its own."""
    if any(stack.environment.holds(account=endpoint.account, region=endpoint.region) for stack in stacks):
        return
    first = stacks[0]
    raise PipelineElsewhere(
        first.id,
        account=first.environment.account or endpoint.account,
        region=first.environment.region or endpoint.region,
        endpoint=endpoint,
    )
