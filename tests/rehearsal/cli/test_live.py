"""What people see of a running execution: unbroken names, the end of a log, a line now and then."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from rehearsal.cli import terminal
from rehearsal.cli.live import picture
from rehearsal.cli.terminal import Terminal
from rehearsal.home import Endpoint, Home
from rehearsal.record.views import ActionRun, Run, StageRun, Trigger

NAME = "SecondBrainIntegrationsWithALongName.Deploy"


def running(name: str = NAME) -> Run:
    action = ActionRun(
        action_execution_id="a-1",
        name=name,
        provider="CodeBuild",
        category="Build",
        run_order=1,
        status="InProgress",
        progress="BUILD",
        started=time.time() - 90,
    )
    stage = StageRun(
        name="Build", status="InProgress", attempt=1, started=time.time() - 95, ended=None, actions=(action,)
    )
    return Run(
        execution_id="e-1",
        account="111122223333",
        region="eu-west-1",
        pipeline="shop",
        version=1,
        status="InProgress",
        status_summary="",
        trigger=Trigger(kind="StartPipelineExecution"),
        rollback_of=None,
        started=time.time() - 100,
        ended=None,
        revisions=(),
        stages=(stage,),
    )


def test_a_long_name_is_not_broken_and_the_log_gives_way(capsys: pytest.CaptureFixture[str]) -> None:
    Console(width=80).print(picture(running(), last_line=lambda _: "Compiling " + "x" * 200))
    shown = capsys.readouterr().out
    [line] = [line for line in shown.splitlines() if NAME in line]
    assert len(line.rstrip()) <= 80
    assert "BUILD: Comp" in line


def test_a_finished_action_shows_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    run = running("Rust")
    done = replace(run.stages[0].actions[0], status="Failed", summary="exit status 1", ended=time.time())
    run = replace(run, stages=(replace(run.stages[0], actions=(done,)),))
    Console(width=80).print(picture(run, last_line=lambda _: "never shown"))
    shown = capsys.readouterr().out
    assert "exit status 1" in shown
    assert "never shown" not in shown


def test_without_a_terminal_a_long_action_says_that_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "ALIVE_SECONDS", 0.05)
    home = Home.of(tmp_path)
    home.create()
    endpoint = Endpoint(
        url="http://127.0.0.1:1", pid=1, account="111122223333", region="eu-west-1", secret="s"
    )
    show = Terminal(console=Console(width=80), home=home, endpoint=endpoint, approve=()).interaction().show
    show(running())
    show(running())
    assert "... running" not in capsys.readouterr().out
    time.sleep(0.06)
    show(running())
    [line] = capsys.readouterr().out.splitlines()
    assert line == f"... running Build / {NAME}  1 min 30 s"
    show(running())
    assert capsys.readouterr().out == ""
