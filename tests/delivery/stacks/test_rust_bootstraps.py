"""SB-RUST and T-RUST-1: synth takes what was built, and only what can run where it is headed."""

import platform
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from blocks.rust_function import BUILT, BootstrapError, find_bootstrap, machine_of

NUMBERS = {"x86_64": 62, "aarch64": 183}
FOREIGN = "aarch64" if platform.machine() == "x86_64" else "x86_64"
Build = Callable[[str], Path]


@pytest.fixture
def built(tmp_path: Path) -> Build:
    """A repository with one binary; only its header matters here."""

    def build(machine: str) -> Path:
        file = tmp_path / BUILT / "query" / "bootstrap"
        file.parent.mkdir(parents=True)
        head = b"\x7fELF\x02\x01\x01" + b"\0" * 9
        file.write_bytes(head + struct.pack("<HH", 2, NUMBERS[machine]) + b"\0" * 44)
        return tmp_path

    return build


@pytest.fixture
def rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")


@pytest.fixture
def cloud_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("CODEBUILD_BUILD_ID", "synth:1")


def test_one_that_is_not_built_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match=r"query is not built .*; run: make build-lambdas"):
        find_bootstrap("query", repository=tmp_path)


def test_a_rehearsal_takes_what_this_machine_runs(built: Build, rehearsal: None) -> None:
    root = built(platform.machine())
    assert find_bootstrap("query", repository=root).machine == platform.machine()


def test_a_rehearsal_refuses_what_this_machine_does_not_run(built: Build, rehearsal: None) -> None:
    with pytest.raises(BootstrapError, match="FUNCTION_ARCHITECTURE=host make build-lambdas"):
        find_bootstrap("query", repository=built(FOREIGN))


def test_a_rehearsed_build_takes_what_this_machine_runs_too(
    built: Build, rehearsal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEBUILD_BUILD_ID", "synth:1")
    assert find_bootstrap("query", repository=built(platform.machine()))


def test_a_build_in_the_cloud_refuses_what_aws_does_not_run(built: Build, cloud_build: None) -> None:
    with pytest.raises(BootstrapError, match=r"built for x86_64 .*FUNCTION_ARCHITECTURE=arm64"):
        find_bootstrap("query", repository=built("x86_64"))


def test_a_build_in_the_cloud_takes_aarch64(built: Build, cloud_build: None) -> None:
    assert find_bootstrap("query", repository=built("aarch64")).starts_on_aws


def test_a_persons_own_synth_takes_either(built: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("CODEBUILD_BUILD_ID", raising=False)
    assert not find_bootstrap("query", repository=built("x86_64")).starts_on_aws


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"#!/bin/sh\necho a long enough script\n"])
def test_what_is_no_program_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bootstrap").write_bytes(content)
    assert machine_of(tmp_path / "bootstrap") == "something that is no Linux program"
