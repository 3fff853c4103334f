"""What a person sees of a failed action: the failing command's message, not phases and stack frames."""

import time

import pytest

from rehearsal.cli.causes import cause
from rehearsal.conductor import alive as alive_module
from rehearsal.conductor.alive import alive


def codebuild(*said: str) -> list[str]:
    return [f"[Container] 2026/01/02 03:04:05.678901 {line}" for line in said]


AFTER = codebuild(
    "Phase complete: BUILD State: FAILED",
    "Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing: npx cdk synth",
    "Entering phase POST_BUILD",
    "Running command echo the end",
)
LAST = [*codebuild("Command did not exit successfully npx cdk synth exit status 1"), *AFTER, "the end"]
LAST += codebuild("Phase complete: POST_BUILD State: SUCCEEDED", "Found 0 file(s)")


def test_the_failing_commands_message_is_shown_without_what_follows_it() -> None:
    mismatch = "Cloud assembly schema version mismatch: Maximum 43.x.x, found 55.0.0"
    log = [
        *codebuild("Running command npm ci"),
        "added 12 packages",
        *codebuild("Running command npx cdk synth"),
    ]
    shown = cause([*log, mismatch, *LAST], most=15)
    assert shown[0] == mismatch
    assert shown[1].endswith("Command did not exit successfully npx cdk synth exit status 1")
    assert len(shown) == 2


def test_frames_of_python_and_node_give_way_to_the_message() -> None:
    python = [
        "Traceback (most recent call last):",
        *['  File "/app/app.py", line 3, in <module>', "    main()", "    ^^^^^^"] * 20,
        "KeyError: 'API_HOST'",
    ]
    node = [
        "Error: no such queue",
        *["    at Object.<anonymous> (/app/a.js:3:7)", "    at node:internal/x:1"] * 20,
    ]
    log = [*codebuild("Running command npx cdk synth"), *node, *python, *LAST]
    shown = cause(log, most=15)
    assert shown[:3] == ["Error: no such queue", "Traceback (most recent call last):", "KeyError: 'API_HOST'"]


def test_a_log_without_a_command_is_shown_by_its_end() -> None:
    assert cause(["one", "two", "three"], most=2) == ["two", "three"]
    assert cause(codebuild("Phase complete: INSTALL State: FAILED"), most=2)[0].endswith("FAILED")
    assert cause(["    at main (/app/a.js:1:1)"], most=2) == ["    at main (/app/a.js:1:1)"]
    assert cause([], most=2) == []


def test_a_hostile_log_takes_no_time() -> None:
    began = time.process_time()
    cause(["    at " + "x" * 100_000, " " * 100_000, '  File "' + '", line ' * 20_000] * 50, most=15)
    assert time.process_time() - began < 2


def test_a_long_step_says_that_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alive_module, "ALIVE_SECONDS", 0.05)
    said: list[str] = []
    with alive(said.append, "cdk synth"):
        time.sleep(0.3)
    told = len(said)
    assert told >= 2
    assert said[0] == "cdk synth: still running after 0 s"
    time.sleep(0.1)
    assert len(said) == told
