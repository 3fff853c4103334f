"""A commit that brings new commands fails with those of the deployed pipeline, and `--redeploy` cures it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.daemon import client
from rehearsal.home import Home
from tests.rehearsal.cli.small_pipeline import action, template
from tests.rehearsal.cli.small_project import SmallProject

COPY = "cp assembly/* $CDK_OUTDIR/"


def pipeline(command: str) -> dict[str, Any]:
    build = action("Check", "Build", "CodeBuild", {"ProjectName": {"Ref": "Project"}}, inputs=["Code"])
    made = template({"Build": [build]})
    spec = json.dumps({"version": "0.2", "phases": {"build": {"commands": [command]}}})
    made["Resources"]["Project"] = {
        "Type": "AWS::CodeBuild::Project",
        "Properties": {
            "ServiceRole": {"Fn::GetAtt": ["Role", "Arn"]},
            "Source": {"Type": "CODEPIPELINE", "BuildSpec": spec},
            "Artifacts": {"Type": "CODEPIPELINE"},
            "Environment": {
                "Type": "LINUX_CONTAINER",
                "ComputeType": "BUILD_GENERAL1_SMALL",
                "Image": "aws/codebuild/standard:7.0",
            },
        },
    }
    return made


def commit(project: SmallProject, command: str, *, has: str, **files: str) -> None:
    """A commit with the file that the command asks for, and the command in the pipeline's own source."""
    project.write(app=COPY, stacks={"Small": pipeline(command)})
    for old in project.folder.glob("*.txt"):
        old.unlink()
    (project.folder / has).write_text("")
    (project.folder / "pipeline.py").write_text(f"check = {command!r}\n")
    for name, content in files.items():
        (project.folder / name).write_text(content)
    project.git("add", "--all", "--", ":!node_modules", ":!assembly")
    project.git("commit", "--quiet", "--message=Next")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    project = SmallProject(tmp_path / "project")
    project.folder.mkdir()
    project.git("init", "--quiet", "--initial-branch=main")
    commit(project, "test -f first.txt", has="first.txt")
    yield project
    client.stop(Home.of(project.folder))


def test_the_failed_build_names_the_changed_file_and_the_option(project: SmallProject) -> None:
    assert project.slipway("rehearse", "--keep").returncode == 0
    commit(project, "test -f second.txt", has="second.txt")
    failed = project.slipway("rehearse")
    assert failed.returncode == 1, failed.stderr
    [hint] = [line for line in failed.stdout.splitlines() if "Hint" in line]
    assert "Check ran the commands of the deployed pipeline" in hint
    assert "changes pipeline.py, which has them" in hint
    assert "slipway rehearse --redeploy" in hint
    shown = failed.stdout.partition("Build / Check failed")[2]
    assert "Command did not exit successfully test -f first.txt exit status 1" in shown
    assert "Phase complete" not in shown
    cured = project.slipway("rehearse", "--redeploy")
    assert cured.returncode == 0, cured.stdout
    assert "Hint" not in cured.stdout


def test_a_commit_with_the_same_commands_gets_no_such_hint(project: SmallProject) -> None:
    assert project.slipway("rehearse", "--keep").returncode == 0
    commit(project, "test -f first.txt", has="third.txt", other="x")
    failed = project.slipway("rehearse", "--json")
    assert failed.returncode == 1, failed.stderr
    assert json.loads(failed.stdout.splitlines()[-1])["hints"] == []
