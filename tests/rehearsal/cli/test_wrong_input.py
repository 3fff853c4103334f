"""Wrong options, broken files, folders that cannot be written: one error with a remedy, never a traceback."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from rehearsal.home import Home
from tests.rehearsal.cli.command import SLIPWAY

PIPELINE = "AWS::CodePipeline::Pipeline"


def slipway(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SLIPWAY, *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def check(done: subprocess.CompletedProcess[str], code: int, said: str) -> None:
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stdout + done.stderr
    assert said in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--port", "70000"], "should be less than or equal to 65535"),
        (["up", "--port", "-1"], "should be greater than or equal to 0"),
        (["up", "--account", "12"], "an account id has twelve digits"),
        (["up", "--region", "eu west"], "a region is like eu-west-1"),
        (["rehearse", "--account", "abc"], "an account id has twelve digits"),
        (["rehearse", "--bake", "nan"], "neither seconds nor `real`"),
        (["rehearse", "--bake", "-1"], "neither seconds nor `real`"),
        (["rehearse", "--bake", "inf"], "neither seconds nor `real`"),
        (["rehearse", "--variable", "REPAIR"], "--variable REPAIR: not NAME=VALUE"),
        (["rehearse", "--variable", "REPAIR="], "--variable REPAIR=: not NAME=VALUE"),
        (["rehearse", "--variable", "=why"], "--variable =why: not NAME=VALUE"),
        (["logs", "--last", "-5"], "should be greater than or equal to 0"),
    ],
)
def test_a_wrong_option_is_refused_and_nothing_is_kept(
    tmp_path: Path, arguments: Sequence[str], said: str
) -> None:
    check(slipway(tmp_path, *arguments), 2, said)
    assert not (tmp_path / ".slipway").exists()


@pytest.mark.parametrize("command", ["status", "logs", "up", "rehearse"])
def test_a_corrupt_record_is_named_with_a_remedy(tmp_path: Path, command: str) -> None:
    home = Home.of(tmp_path)
    home.create()
    home.record.write_text("this is no SQLite file, and nobody knows what it was")
    done = slipway(tmp_path, command)
    check(done, 1, "record.sqlite cannot be read: file is not a database")
    assert "delete the project's .slipway folder" in done.stderr
    assert home.endpoint() is None


@pytest.mark.parametrize(
    "endpoint",
    ["", "[1]", "{}", '{"url": 5}', '{"url": "http://127.0.0.1:99999", "pid": 1, "account": "1", '
     '"region": "r", "secret": "s"}'],
)  # fmt: skip
def test_an_address_that_is_none_counts_as_none(tmp_path: Path, endpoint: str) -> None:
    home = Home.of(tmp_path)
    home.create()
    (home.root / "endpoint.json").write_text(endpoint)
    check(slipway(tmp_path, "env"), 2, "no embedded AWS is running")
    assert "Traceback" not in slipway(tmp_path, "doctor").stderr


@pytest.mark.parametrize("command", ["up", "rehearse"])
def test_a_folder_that_cannot_be_written_is_named(command: str) -> None:
    """Not even root may make a folder below /sys."""
    done = slipway(Path("/sys/kernel"), command)
    check(done, 1, "/sys/kernel/.slipway: ")
    assert "let this user write" in done.stderr


def test_doctor_names_a_cache_folder_that_cannot_be_written(tmp_path: Path) -> None:
    done = slipway(tmp_path, "doctor", "--json", XDG_CACHE_HOME="/sys/kernel")
    [disk] = [found for found in json.loads(done.stdout) if found["subject"] == "disk"]
    assert "Traceback" not in done.stderr
    assert (disk["good"], "let this user write to /sys/kernel" in disk["remedy"]) == (False, True)


def test_a_file_in_the_place_of_the_home_is_named(tmp_path: Path) -> None:
    (tmp_path / ".slipway").write_text("")
    check(slipway(tmp_path, "up"), 1, f"{tmp_path}/.slipway: File exists")


@pytest.mark.parametrize(
    "manifest",
    [
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({"artifacts": {"a": {"type": "aws:cloudformation:stack"}}}).encode(),
        json.dumps(
            {"artifacts": {"a": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}}}
        ).encode(),
    ],
)
def test_an_assembly_that_is_none_is_named(tmp_path: Path, manifest: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest)
    check(slipway(tmp_path, "plan", "."), 2, "is not an assembly as")


@pytest.mark.parametrize(
    "resources", [[3], {"A": 3}, {"A": {"Type": PIPELINE, "Properties": []}}, {"A": {"Type": PIPELINE}}, {}]
)
def test_a_template_that_is_none_is_named(tmp_path: Path, resources: object) -> None:
    (tmp_path / "t.json").write_text(json.dumps({"Resources": resources}))
    check(slipway(tmp_path, "plan", "t.json"), 2, "error: t.json")


def test_six_at_once_start_one_embedded_aws(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    ups = [
        subprocess.Popen(
            [SLIPWAY, "up"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(6)
    ]
    try:
        said = [up.communicate()[0] for up in ups]
        assert [up.returncode for up in ups] == [0] * 6, said
        assert len({words.partition(" (")[0] for words in said}) == 1, said
    finally:
        slipway(tmp_path, "down")
