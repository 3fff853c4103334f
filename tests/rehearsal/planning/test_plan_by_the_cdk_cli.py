"""A project that is not synthesised yet: `slipway plan` runs its own CDK CLI."""

import json
from pathlib import Path

import pytest

from rehearsal.conductor.problems import Problem
from rehearsal.conductor.synth import synthesise
from rehearsal.emulator.environment import offline_environment
from tests.rehearsal.planning.command import run


def test_a_missing_assembly_is_synthesised_and_a_failure_is_shown(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    _, _, problem = run("--project", str(project))
    assert "has no cdk.json" in str(problem)
    (project / "cdk.json").write_text('{"app": "echo the app is broken; exit 3"}')
    (project / "node_modules").symlink_to(Path(__file__).parents[3] / "node_modules")
    _, _, problem = run("--project", str(project))
    assert "`cdk synth" in str(problem)
    assert "the app is broken" in str(problem)


def test_a_missing_assembly_is_synthesised_by_the_projects_own_app(assembly: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    manifest = json.loads((assembly / "manifest.json").read_text())
    (assembly / "manifest.json").write_text(json.dumps({**manifest, "version": "36.0.0"}))
    (project / "cdk.json").write_text(json.dumps({"app": f"cp {assembly}/* $CDK_OUTDIR/"}))
    (project / "node_modules").symlink_to(Path(__file__).parents[3] / "node_modules")
    code, output, _ = run("--project", str(project), "--graph", "mermaid")
    assert code == 0, output
    assert 'subgraph p0["demo: about 7 min 16 s, 7% overhead"]' in output
    assert (project / "cdk.out" / "manifest.json").exists()


def test_the_synth_is_told_what_the_person_says(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "cdk.json").write_text('{"app": "echo $CDK_CONTEXT_JSON; exit 3"}')
    (project / "node_modules").symlink_to(Path(__file__).parents[3] / "node_modules")
    _, _, problem = run("--project", str(project), "-c", "size=small")
    assert '"size":"small"' in str(problem)


def test_the_synth_sees_nothing_of_the_persons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "GITHUB_TOKEN": "persons-github",
        "SSH_AUTH_SOCK": "/persons/agent",
        "AWS_SESSION_TOKEN": "persons-session",
        "AWS_PROFILE": "persons-profile",
        "PIP_INDEX_URL": "https://person:persons-pip@pypi.example.com/simple",
        "HTTPS_PROXY": "http://person:persons-proxy@proxy.example.com",
        "SOMETHING_ELSE": "persons-else",
        "PIP_EXTRA_INDEX_URL": "https://pypi.example.com/simple",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    project = tmp_path / "project"
    project.mkdir()
    (project / "cdk.json").write_text('{"app": "env; exit 3"}')
    (project / "node_modules").symlink_to(Path(__file__).parents[3] / "node_modules")
    (project / ".venv" / "bin").mkdir(parents=True)
    said = _synth_failure(project)
    assert "persons" not in said
    assert f"HOME={project}/.slipway/cdk-home" in said
    assert f"PATH={project}/.venv/bin:" in said
    assert "SLIPWAY_WITHHELD=HTTPS_PROXY PIP_INDEX_URL" in said
    assert "PIP_EXTRA_INDEX_URL=https://pypi.example.com/simple" in said


def test_a_cdk_cli_that_does_not_start_is_told_with_a_remedy(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "node_modules" / ".bin").mkdir(parents=True)
    (project / "node_modules" / ".bin" / "cdk").write_text("not a program")
    (project / "cdk.json").write_text("{}")
    said = _synth_failure(project)
    assert "cannot be started: Permission denied" in said
    assert "npm ci" in said


def _synth_failure(project: Path) -> str:
    environment = offline_environment(home=project / ".slipway" / "cdk-home")
    with pytest.raises(Problem) as raised:
        synthesise(project, output=project / "cdk.out", environment=environment)
    return f"{raised.value} {raised.value.remedy}"
