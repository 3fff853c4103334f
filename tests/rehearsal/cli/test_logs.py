"""`slipway logs`: what the record has, and no waiting for what will not come."""

import subprocess
from pathlib import Path

from rehearsal.home import Home
from tests.rehearsal.cli.command import SLIPWAY
from tests.rehearsal.record.begun import begun


def test_following_ends_where_nothing_runs_that_could_write_more(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    home.root.mkdir()
    record, found = begun(home.record)
    record.recorder.start_action(
        "a-1",
        execution_id="e-1",
        stage="Build",
        attempt=1,
        action=found.stages[1].actions[0],
        status="InProgress",
        inputs={},
    )
    record.recorder.log("a-1", "one\ntwo")
    record.close()
    command = [SLIPWAY, "logs", "--follow", "--project", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "one\ntwo\n"
    assert done.returncode == 2
    assert "no embedded AWS is running" in done.stderr
