"""`slipway doctor`: what it looks at, and that what is missing ends in a remedy and exit code 1."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from rehearsal.cli import doctor
from tests.rehearsal.cli.command import SLIPWAY
from tests.unconfined import without_bubblewrap


def test_what_a_bare_machine_lacks_is_named_with_a_remedy(tmp_path: Path) -> None:
    done = subprocess.run(
        [SLIPWAY, "doctor", "--json", "--project", str(tmp_path)],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    findings: dict[str, dict[str, Any]] = {found["subject"]: found for found in json.loads(done.stdout)}
    lacking = {subject for subject, found in findings.items() if not found["good"]}
    assert done.returncode == 1
    assert lacking >= {"git", "Node.js", "cargo", "CDK CLI"}
    assert all(findings[subject]["remedy"] for subject in lacking)
    assert findings["Python"]["good"]
    assert findings["embedded AWS"]["detail"].startswith("not running")


def test_a_full_disk_is_named_with_its_folder(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(doctor, "_ROOM_NEEDED", 2**62)
    [disk] = [finding for finding in doctor._examine(tmp_path) if finding.subject == "disk"]
    assert not disk.good
    assert " GB free at /" in disk.detail
    assert ".slipway" in disk.remedy


def test_the_projects_cdk_cli_sees_nothing_of_the_persons(tmp_path: Path) -> None:
    cdk = tmp_path / "node_modules" / ".bin" / "cdk"
    cdk.parent.mkdir(parents=True)
    cdk.write_text("#!/bin/sh\nenv\n")
    cdk.chmod(0o755)
    secrets = {"GITHUB_TOKEN": "persons-secret", "AWS_PROFILE": "persons-secret", "SSH_AUTH_SOCK": "persons"}
    done = subprocess.run(
        [SLIPWAY, "doctor", "--json", "--project", str(tmp_path)],
        env={**os.environ, **secrets},
        capture_output=True,
        text=True,
        check=False,
    )
    [found] = [found for found in json.loads(done.stdout) if found["subject"] == "CDK CLI"]
    assert found["good"]
    assert "PATH=" in found["detail"]
    assert "persons" not in found["detail"]
    assert f"HOME={os.environ['HOME']}\n" not in found["detail"]


def test_it_says_whether_steps_are_confined(tmp_path: Path) -> None:
    assert _confinement(tmp_path).good
    with without_bubblewrap():
        found = _confinement(tmp_path)
    assert not found.good
    assert "there is no bubblewrap" in found.detail
    assert "apt-get install bubblewrap" in found.remedy


def _confinement(project: Path) -> doctor.Finding:
    return next(found for found in doctor._examine(project) if found.subject == "confinement")
