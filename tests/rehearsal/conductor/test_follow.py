"""Following an execution: to its end, or until nothing can change any more."""

from pathlib import Path

import pytest

from rehearsal.conductor.follow import follow
from rehearsal.daemon.client import CloudEndedError, check_running
from rehearsal.home import Endpoint, Home
from tests.rehearsal.record.begun import begun

_NO_PROCESS = 2**22 + 1
"""Above the highest process number that Linux gives."""


def test_an_execution_whose_embedded_aws_is_gone_is_not_waited_for(tmp_path: Path) -> None:
    home = Home(tmp_path)
    record, _ = begun(home.record)
    gone = Endpoint(
        url="http://127.0.0.1:9", pid=_NO_PROCESS, account="111122223333", region="eu-west-1", secret=""
    )
    with pytest.raises(CloudEndedError, match="ended while it was in use"):
        follow(
            record,
            "e-1",
            show=lambda _: None,
            answer=lambda _: False,
            check=lambda: check_running(home, gone),
        )
