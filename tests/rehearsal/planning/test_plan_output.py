"""What `slipway plan` prints: tree, graph, JSON, and errors that a person can act on."""

import io
import json
import re
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from rehearsal.cli.exits import Exit
from rehearsal.cli.plan import plan
from rehearsal.cli.problems import Problem
from rehearsal.planning.assembly import read_pipelines
from rehearsal.planning.estimate import estimate
from rehearsal.planning.graph import mermaid
from rehearsal.planning.synth import SynthError, synthesise
from rehearsal.planning.timings import load_timings
from rehearsal.planning.tree import tree
from tests.rehearsal.planning.sample import template

NODE = re.compile(r'p\d+\w*(\(\[|\{\{|\[/|\[|>|\(\()"[^"]*"(\]\)|\}\}|/\]|\]|\)\))(:::\w+)?')
EDGE = re.compile(r"p\d+\w+( & p\d+\w+)* --> p\d+\w+( & p\d+\w+)*")


def run(*arguments: str) -> tuple[int, str, Exception | None]:
    app = typer.Typer()
    app.command()(plan)
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.output, done.exception if isinstance(done.exception, Problem) else None


def test_the_graph_is_well_formed_whatever_the_names_hold(file: Path) -> None:
    planned = read_pipelines(file)
    lines = mermaid([(found, estimate(found, load_timings())) for found in planned]).splitlines()
    assert lines[0] == "flowchart TB"
    assert lines.count("end") == sum(line.startswith("subgraph ") for line in lines)
    for line in lines[1:]:
        if not line.startswith(("subgraph ", "end", "classDef ")):
            assert NODE.fullmatch(line) or EDGE.fullmatch(line), line
    assert 'p0j1((" ")):::join' in lines
    assert "p0s1g0a0 & p0s1g0a1 --> p0j1" in lines
    assert "p0j1 --> p0s1g1a0 & p0s1g1a1" in lines


def test_the_tree_tells_order_parallelism_artifacts_and_time(file: Path) -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    for planned in read_pipelines(file):
        console.print(tree(planned, estimate(planned, load_timings())))
    text = console.export_text()
    for words in (
        "demo  V2, superseded  restarts when it changes itself",
        "◆ App  CodeStarSourceConnection  acme/demo@trunk  → S  6 s",
        "2 at the same time",
        "◆ Fast  CodeBuild  Project  S → F, #{Fast}  1 min",
        "◆ Approve  Manual  waits for a person",
        "change set replace Prod-App",
        "on success: CloudWatchAlarm demo-health for 5 min, else ROLLBACK",
        "on failure: ROLLBACK",
        "and the time that people take to approve; overhead 32 s (7%)",
        "Prod/bake",
    ):
        assert words in text


def test_the_command_prints_json_for_programs(assembly: Path) -> None:
    code, output, _ = run(str(assembly), "--json")
    assert code == 0
    [found] = json.loads(output)["pipelines"]
    assert found["critical_path"]["overhead_share"] == pytest.approx(0.073)
    assert [[item["name"] for item in group] for group in found["stages"][1]["groups"]] == [
        ["Fast", "Arm"], ["Then", "Also"],
    ]  # fmt: skip
    assert found["stages"][1]["groups"][0][0]["outputs"] == ["F"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing-folder",), "missing-folder does not exist"),
        (("{assembly}", "--pipeline", "other"), "there is no pipeline 'other'"),
        (("{assembly}", "--timings", "nowhere.toml"), "nowhere.toml does not exist"),
        (("{assembly}", "--json", "--graph", "mermaid"), "exclude each other"),
    ],
)
def test_mistakes_on_the_command_line_are_named(
    assembly: Path, arguments: tuple[str, ...], message: str
) -> None:
    _, _, problem = run(*(argument.format(assembly=assembly) for argument in arguments))
    assert isinstance(problem, Problem)
    assert message in str(problem)
    assert problem.exit_code is Exit.USAGE


def test_a_pipeline_that_codepipeline_would_refuse_is_refused_here_too(assembly: Path) -> None:
    body = template()
    body["Resources"]["Pipeline"]["Properties"]["Stages"].pop()
    body["Resources"]["Pipeline"]["Properties"]["Stages"].pop()
    (assembly / "demo.template.json").write_text(json.dumps(body))
    _, _, problem = run(str(assembly))
    assert "CodePipeline would refuse the pipeline" in str(problem)


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
    said = str(_synth_failure(project))
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
    said = str(_synth_failure(project))
    assert "cannot be started: Permission denied" in said
    assert "npm ci" in said


def _synth_failure(project: Path) -> SynthError:
    with pytest.raises(SynthError) as raised:
        synthesise(project, home=project / ".slipway" / "cdk-home")
    return raised.value
