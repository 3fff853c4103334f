"""`slipway doctor`: what it looks at, and that what is missing ends in a remedy and exit code 1."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rehearsal.cli import doctor

SLIPWAY = str(Path(sys.executable).with_name("slipway"))


def examined(project: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    command = [SLIPWAY, "doctor", "--json", "--project", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, {finding["subject"]: finding for finding in json.loads(done.stdout)}


def test_a_project_without_a_cdk_cli_hears_how_to_get_one(tmp_path: Path) -> None:
    code, findings = examined(tmp_path)
    missing = [finding for finding in findings.values() if not finding["good"]]
    assert code == bool(missing)
    assert all(finding["remedy"] for finding in missing)
    assert findings["Python"]["good"]
    assert findings["embedded AWS"]["said"].startswith("not running")


def test_a_full_disk_is_named_with_its_folder(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(doctor, "_ROOM_NEEDED", 2**62)
    [disk] = [finding for finding in doctor._examine(tmp_path) if finding.subject == "disk"]
    assert not disk.good
    assert ".slipway" in disk.remedy
