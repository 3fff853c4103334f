"""What `slipway plan` prints: tree, graph, JSON, and errors that a person can act on."""

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from rehearsal.conductor.exits import Exit
from rehearsal.conductor.problems import Problem
from rehearsal.planning.estimate import estimate
from rehearsal.planning.graph import mermaid
from rehearsal.planning.pipelines import read_pipelines
from rehearsal.planning.timings import load_timings
from rehearsal.planning.tree import tree
from tests.rehearsal.planning.command import run
from tests.rehearsal.planning.sample import template

NODE = re.compile(r'p\d+\w*(\(\[|\{\{|\[/|\[|>|\(\()"[^"]*"(\]\)|\}\}|/\]|\]|\)\))(:::\w+)?')
EDGE = re.compile(r"p\d+\w+( & p\d+\w+)* --> p\d+\w+( & p\d+\w+)*")


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
