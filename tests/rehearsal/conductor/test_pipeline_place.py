"""A pipeline stack that names its account and region is looked for there, and found again later."""

from pathlib import Path

import pytest

from rehearsal.cdk.assembly import Environment
from rehearsal.conductor.elsewhere import PipelineElsewhere, check_place
from rehearsal.conductor.pipeline_stacks import PipelineStack
from rehearsal.daemon.place import Place, choose
from rehearsal.home import Endpoint, Home

ENDPOINT = Endpoint(url="http://127.0.0.1:1", pid=1, account="000000000000", region="us-east-1", secret="")


def _stack(account: str | None, region: str | None) -> PipelineStack:
    environment = Environment(account=account, region=region)
    return PipelineStack(id="Pipeline", name="Pipeline", environment=environment, deploys=True)


@pytest.mark.parametrize(("account", "region"), [(None, None), ("000000000000", None), (None, "us-east-1")])
def test_a_stack_that_names_no_other_place_is_here(account: str | None, region: str | None) -> None:
    check_place([_stack(account, region)], ENDPOINT)


def test_a_stack_elsewhere_is_named_with_the_options_that_go_there() -> None:
    with pytest.raises(
        PipelineElsewhere, match="belongs to account 111122223333, region us-east-1"
    ) as caught:
        check_place([_stack("111122223333", None)], ENDPOINT)
    assert "--account 111122223333 --region us-east-1" in caught.value.remedy


def test_the_place_of_the_last_start_is_taken_again(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    assert choose(home, account=None, region=None) == Place()
    chosen = choose(home, account="111122223333", region=None)
    assert choose(home, account=None, region=None) == chosen == Place(account="111122223333")
