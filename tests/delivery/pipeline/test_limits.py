"""Each limit met with made-up templates: well below, near, at, and past it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.limits import Finding, LimitError, enforce, survey

Template = dict[str, Any]


def assembly(folder: Path, *, stage: Mapping[str, Template] = {}, app: Mapping[str, Template] = {}) -> Path:
    """An assembly with stacks of the app itself and of one nested stage."""
    artifacts: dict[str, Any] = {name: _stack(folder, name, name, item) for name, item in app.items()}
    if stage:
        nested = folder / "assembly-Dev"
        nested.mkdir(parents=True)
        inner = {name: _stack(nested, name, f"pipeline/Dev/{name}", item) for name, item in stage.items()}
        (nested / "manifest.json").write_text(json.dumps({"artifacts": inner}))
        artifacts["nested"] = {
            "type": "cdk:cloud-assembly",
            "properties": {"directoryName": "assembly-Dev"},
        }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


def _stack(folder: Path, name: str, path: str, template: Template) -> dict[str, Any]:
    file = f"{name}.template.json"
    (folder / file).write_text(json.dumps(template))
    return {
        "type": "aws:cloudformation:stack",
        "displayName": path,
        "properties": {"templateFile": file, "stackName": name},
    }


def with_resources(count: int) -> Template:
    return {"Resources": {f"Topic{number}": {"Type": "AWS::SNS::Topic"} for number in range(count)}}


def of_size(size: int) -> Template:
    empty = len(json.dumps({"Description": ""}))
    return {"Description": "x" * (size - empty)}


def with_pipeline(stages: Sequence[Mapping[str, Any]]) -> Template:
    properties = {"Stages": list(stages)}
    return {"Resources": {"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": properties}}}


def stage_of(count: int, *, name: str = "Dev", order: int = 1) -> dict[str, Any]:
    return {"Name": name, "Actions": [{"Name": f"A{n}", "RunOrder": order} for n in range(count)]}


def approval(minutes: int) -> dict[str, Any]:
    kind = {"Category": "Approval", "Provider": "Manual"}
    action = {"Name": "Approve", "RunOrder": 1, "ActionTypeId": kind, "TimeoutInMinutes": minutes}
    return {"Name": "Approval", "Actions": [action]}


def with_build_spec(length: int) -> Template:
    properties = {"Source": {"BuildSpec": "x" * length}}
    return {"Resources": {"Build": {"Type": "AWS::CodeBuild::Project", "Properties": properties}}}


def verdict(findings: Sequence[Finding]) -> str:
    if any(finding.is_error for finding in findings):
        return "error"
    return "warning" if findings else "nothing"


PIPELINES: list[tuple[str, Sequence[Mapping[str, Any]], str]] = [
    ("39 stages", [stage_of(1, name=f"S{n}") for n in range(39)], "nothing"),
    ("40 stages", [stage_of(1, name=f"S{n}") for n in range(40)], "warning"),
    ("50 stages", [stage_of(1, name=f"S{n}") for n in range(50)], "warning"),
    ("51 stages", [stage_of(1, name=f"S{n}") for n in range(51)], "error"),
    ("79 actions in a stage", [stage_of(79)], "nothing"),
    ("80 actions in a stage", [stage_of(80)], "warning"),
    ("100 actions in a stage", [stage_of(100)], "warning"),
    ("101 actions in a stage", [stage_of(101)], "error"),
    ("799 actions", [stage_of(47, name=f"S{n}") for n in range(17)], "nothing"),
    ("800 actions", [stage_of(40, name=f"S{n}") for n in range(20)], "warning"),
    ("1,001 actions", [stage_of(77, name=f"S{n}") for n in range(13)], "error"),
    ("run order 799", [stage_of(1, order=799)], "nothing"),
    ("run order 999", [stage_of(1, order=999)], "warning"),
    ("run order 1000", [stage_of(1, order=1000)], "error"),
    ("a stage that CDK split", [stage_of(50, name="Dev.1"), stage_of(7, name="Dev.2")], "warning"),
    ("approval of 4 minutes", [approval(4)], "error"),
    ("approval of 5 minutes", [approval(5)], "nothing"),
    ("approval of 7 days", [approval(7 * 24 * 60)], "nothing"),
    ("approval of 60 days", [approval(60 * 24 * 60)], "warning"),
    ("approval of 61 days", [approval(61 * 24 * 60)], "error"),
]


@pytest.mark.parametrize(
    ("stages", "expected"), [row[1:] for row in PIPELINES], ids=[r[0] for r in PIPELINES]
)
def test_pipeline_limits(tmp_path: Path, stages: Sequence[Mapping[str, Any]], expected: str) -> None:
    folder = assembly(tmp_path, app={"pipeline": with_pipeline(stages)})
    assert verdict(list(survey(folder))) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param(with_resources(399), "nothing", id="399 resources"),
        pytest.param(with_resources(400), "warning", id="400 resources"),
        pytest.param(with_resources(500), "warning", id="500 resources"),
        pytest.param(with_resources(501), "error", id="501 resources"),
        pytest.param(of_size(400_000), "nothing", id="400,000 bytes"),
        pytest.param(of_size(512 * 1024), "warning", id="512 KB exactly"),
        pytest.param(of_size(512 * 1024 + 1), "error", id="one byte past 512 KB"),
        pytest.param(with_build_spec(20_000), "nothing", id="short build specification"),
        pytest.param(with_build_spec(25_600), "warning", id="build specification at the limit"),
        pytest.param(with_build_spec(25_601), "error", id="build specification past the limit"),
    ],
)
def test_limits_of_a_stack_that_the_pipeline_deploys(
    tmp_path: Path, template: Template, expected: str
) -> None:
    folder = assembly(tmp_path, stage={"Api": template})
    assert verdict(list(survey(folder))) == expected


def test_the_pipeline_stack_itself_may_be_a_megabyte(tmp_path: Path) -> None:
    folder = assembly(tmp_path, app={"pipeline": of_size(600 * 1024)})
    assert verdict(list(survey(folder))) == "nothing"


def test_the_assembly_counts_its_assets_and_nothing_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = assembly(tmp_path, app={"pipeline": {}})
    (folder / "asset.stale").write_bytes(b"x" * 900)
    (folder / "asset.used").mkdir()
    (folder / "asset.used" / "code").write_bytes(b"x" * 900)
    files = {"used": {"source": {"path": "asset.used"}}}
    (folder / "pipeline.assets.json").write_text(json.dumps({"files": files}))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["artifacts"]["assets"] = {
        "type": "cdk:asset-manifest",
        "properties": {"file": "pipeline.assets.json"},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    from pipeline import assembly as reader

    assert 900 < reader.size(folder) < 1800


def test_an_error_names_construct_figure_and_remedy(tmp_path: Path) -> None:
    folder = assembly(tmp_path, stage={"Api": with_resources(501)})
    with pytest.raises(LimitError) as raised:
        enforce(folder, warn=lambda _: None)
    message = str(raised.value)
    assert "pipeline/Dev/Api: resources in a template: 501 of 500" in message
    assert "a stack of their own" in message


def test_a_warning_says_how_much_room_is_left(tmp_path: Path) -> None:
    folder = assembly(tmp_path, stage={"Api": with_resources(450)})
    said: list[str] = []
    enforce(folder, warn=said.append)
    assert said == [
        "near a limit of AWS: pipeline/Dev/Api: resources in a template: 450 of 500, room for 50 more; "
        "move some resources into a stack of their own\n"
    ]


def test_an_ordinary_assembly_is_silent(tmp_path: Path) -> None:
    folder = assembly(tmp_path, stage={"Api": with_resources(40)})
    said: list[str] = []
    enforce(folder, warn=said.append)
    assert said == []
