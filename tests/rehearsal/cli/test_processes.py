"""`slipway processes` as a process: what it says of what runs, and of what does not."""

import json
import os
import subprocess
from pathlib import Path

from rehearsal.home import Home
from rehearsal.processes import Child, Processes
from tests.rehearsal.cli.command import SLIPWAY


def test_what_runs_is_listed_with_address_and_log(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    log = home.root / "databases" / "dev" / "server.log"
    running = Processes(home).start(
        Child(kind="database", name="dev", address="127.9.8.7:5432", log=log),
        ["sleep", "300"],
        cwd=Path("/"),
        env={"PATH": os.environ["PATH"]},
    )
    try:
        assert said(tmp_path) == f"database  {running.pid:>7}  dev  127.9.8.7:5432  {log}\n"
        assert json.loads(said(tmp_path, "--json")) == [
            {
                "kind": "database",
                "name": "dev",
                "pid": running.pid,
                "address": "127.9.8.7:5432",
                "log": str(log),
            }
        ]
    finally:
        running.kill()
        running.wait()
    assert said(tmp_path) == "Nothing is running.\n"
    assert json.loads(said(tmp_path, "--json")) == []


def said(project: Path, *arguments: str) -> str:
    command = [SLIPWAY, "processes", "-C", str(project), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
