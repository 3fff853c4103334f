"""The step scripts themselves, run as the pipeline runs them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from pipeline.build_steps import PYTHON_CHECKS, RUST, SYNTH, BuildStep
from tests.delivery.pipeline.conftest import PROJECT

NOT_STEPS = ("environment.sh", "lib.sh", "rustc-without-paths.sh", "uv.sh")
STEPS = PROJECT / "pipeline" / "steps"


def bash(command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CODEBUILD_"))}
    return subprocess.run(
        ["bash", "-c", command],
        env={**clean, **variables},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_script_is_clean_to_shellcheck() -> None:
    beside = Path(sys.executable).parent
    shellcheck = shutil.which("shellcheck", path=f"{beside}:{os.environ['PATH']}")
    assert shellcheck, "on ARM Linux: apt-get install shellcheck"
    scripts = [str(script) for script in STEPS.glob("*.sh")]
    outcome = subprocess.run([str(shellcheck), *scripts], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize("script", sorted(p.name for p in STEPS.glob("*.sh") if p.name not in NOT_STEPS))
def test_every_script_is_strict_and_works_from_anywhere(script: str) -> None:
    assert 'source "$(dirname "$0")/lib.sh"' in (STEPS / script).read_text()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "host"),
        ({"FUNCTION_ARCHITECTURE": "arm64"}, "arm64"),
        ({"FUNCTION_ARCHITECTURE": "host"}, "host"),
    ],
)
def test_what_functions_are_built_for(variables: Mapping[str, str], expected: str) -> None:
    outcome = bash(f"source {STEPS}/lib.sh; function_architecture", **variables)
    assert outcome.stdout.strip() == expected


def test_an_unknown_architecture_is_an_error_that_names_the_choice() -> None:
    outcome = bash(f"source {STEPS}/lib.sh; build_rust_functions", FUNCTION_ARCHITECTURE="mips")
    assert outcome.returncode != 0
    assert "FUNCTION_ARCHITECTURE=mips is neither arm64 nor host" in outcome.stderr


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("smoke.sh app", "DELIVERY_ENVIRONMENT"),
        ("bake.sh", "SLIPWAY_BAKE_MINUTES"),
        ("change-report.sh", "ARTIFACT_BUCKET"),
    ],
)
def test_a_step_outside_the_pipeline_says_what_it_needs(script: str, missing: str) -> None:
    outcome = bash(f"bash pipeline/steps/{script}")
    assert outcome.returncode == 1
    assert f"{missing} is not set" in outcome.stderr


def test_the_difference_to_an_unknown_commit_is_an_error_that_names_it() -> None:
    outcome = bash("bash pipeline/steps/diff.sh no-such-ref")
    assert "git knows no commit no-such-ref" in outcome.stderr


def test_only_what_changed_since_the_build_before_looks_new(tmp_path: Path) -> None:
    """cargo compiles what is newer than its cache; a build's files come out of an archive, all of one age."""
    long_ago = 1_000_000_000
    memory = tmp_path / "build" / "cache" / "times.json"

    def times_after_a_build(**contents: str) -> dict[str, float]:
        for name, content in contents.items():
            (tmp_path / f"{name}.rs").write_text(content)
            os.utime(tmp_path / f"{name}.rs", (long_ago, long_ago))
        keep = [sys.executable, str(STEPS / "keep_times.py"), str(memory)]
        subprocess.run(keep, cwd=tmp_path, check=True)
        return {name: (tmp_path / f"{name}.rs").stat().st_mtime for name in contents}

    first = times_after_a_build(changed="1", same="1")
    second = times_after_a_build(changed="2", same="1", late="1")
    assert min(first.values()) > long_ago
    assert second["same"] == first["same"]
    assert second["changed"] > first["changed"]
    assert second["late"] > first["same"]
    assert times_after_a_build(changed="1", same="1")["changed"] > second["changed"]


NEEDED = ("bash", "chmod", "dirname", "mkdir", "mktemp", "rm", "sha256sum", "uname")


@pytest.fixture
def without_rust(tmp_path: Path) -> Path:
    """A machine with nothing but what fetching rustup takes, whose download is replaced on its way."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    curl = tools / "curl"
    curl.write_text(
        "#!/bin/bash\nwhile [[ $1 != --output ]]; do shift; done\n"
        f'printf "#!/bin/bash\\necho \\${{0##*/}} >{tmp_path}/ran\\n" >"$2"\n'
    )
    curl.chmod(0o755)
    return tools


def test_a_rustup_that_is_not_the_pinned_one_is_never_run(without_rust: Path, tmp_path: Path) -> None:
    script = 'source pipeline/steps/lib.sh; PATH="$TOOLS"; rust_tools'
    outcome = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=PROJECT,
        env={
            "PATH": str(without_rust),
            "TOOLS": str(without_rust),
            "HOME": str(tmp_path),
            "TMPDIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 1
    assert "is not the file that pipeline/steps/lib.sh names: it is not run" in outcome.stderr
    assert not (tmp_path / "ran").exists()


def test_the_pinned_rustup_is_run_by_the_name_that_makes_it_install(
    without_rust: Path, tmp_path: Path
) -> None:
    """With a checksum that says yes to the stand-in; cargo is what the installation brings."""
    (without_rust / "sha256sum").unlink()
    for name, body in {"sha256sum": "exit 0", "cargo": "echo cargo 1"}.items():
        (without_rust / name).write_text(f"#!/bin/bash\n{body}\n")
        (without_rust / name).chmod(0o755)
    script = 'source pipeline/steps/lib.sh; PATH="$TOOLS"; install_rustup'
    tools = {"PATH": str(without_rust), "TOOLS": str(without_rust), "TMPDIR": str(tmp_path)}
    outcome = subprocess.run(
        ["/bin/bash", "-c", script], cwd=PROJECT, env=tools, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    assert (tmp_path / "ran").read_text() == "rustup-init\n"


def test_no_step_runs_what_it_fetches_without_a_checksum() -> None:
    for script in STEPS.glob("*.sh"):
        lines = [line for line in script.read_text().splitlines() if not line.lstrip().startswith("#")]
        assert not re.search(r"curl[^|]*\|\s*(ba)?sh", "\n".join(lines).replace("\\\n", " ")), script.name


@pytest.mark.parametrize("step", [RUST, PYTHON_CHECKS, SYNTH], ids=lambda step: step.name)
def test_every_pattern_of_what_a_step_reads_matches_a_file(step: BuildStep) -> None:
    listed = PROJECT / step.build_spec["env"]["variables"]["SLIPWAY_READS"]
    files = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True)
    patterns = [line for line in listed.read_text().splitlines() if not line.startswith("#")]
    for pattern in patterns:
        reads = GitIgnoreSpec.from_lines([pattern.removeprefix("!")])
        assert any(map(reads.match_file, files.stdout.splitlines())), pattern


@pytest.mark.parametrize("module", ["pipeline.change_report.publish", "pipeline.gate.__main__"])
def test_a_step_with_few_packages_imports_no_others(module: str) -> None:
    """The steps around an environment install `pipeline/steps/requirements.lock` only."""
    lock = (STEPS / "requirements.lock").read_text()
    there = {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
    absent = sorted(
        package
        for package, names in packages_distributions().items()
        if not there & {re.sub(r"[-_.]+", "-", name).lower() for name in names}
        and package not in ("pipeline", "config", "blocks", "stages", "stacks", "agents", "rehearsal")
    )
    program = f"import sys; sys.modules.update(dict.fromkeys({absent!r})); import {module}"
    outcome = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
