"""Look-ups of the first synth: in bootstrapped accounts of the embedded AWS, never in the project's file."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.daemon import client
from rehearsal.home import Home
from tests.rehearsal.cli.small_pipeline import approval, template
from tests.rehearsal.cli.small_project import SmallProject

OTHER, REGION = "111122223333", "eu-west-1"
ZONES = f"availability-zones:account={OTHER}:region={REGION}"
COMMITTED = {"already:there": "yes"}
APP = f"""python3 -c '
import json, os, pathlib, shutil
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
out = pathlib.Path(os.environ["CDK_OUTDIR"])
assert context["already:there"] == "yes" and context["own"] == "set"
shutil.copytree("assembly", out, dirs_exist_ok=True)
if "{ZONES}" in context:
    manifest = json.loads((out / "manifest.json").read_text())
    del manifest["missing"]
    (out / "manifest.json").write_text(json.dumps(manifest))
    pathlib.Path("found.json").write_text(json.dumps(context["{ZONES}"]))
'"""


def zones(account: str) -> dict[str, object]:
    role = f"arn:aws:iam::{account}:role/cdk-hnb659fds-lookup-role-{account}-{REGION}"
    props = {"account": account, "region": REGION, "lookupRoleArn": role}
    return {"key": ZONES, "provider": "availability-zones", "props": props}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    project = SmallProject(tmp_path / "a project")
    project.folder.mkdir()
    project.write(app=APP, stacks={"Small": template({"Ok": [approval("Yes")]})}, missing=[zones(OTHER)])
    settings = json.loads((project.folder / "cdk.json").read_text())
    (project.folder / "cdk.json").write_text(json.dumps({**settings, "context": {"own": "set"}}))
    (project.folder / "cdk.context.json").write_text(json.dumps(COMMITTED))
    project.git("init", "--quiet", "--initial-branch=main")
    project.git("add", "cdk.json", "cdk.context.json", "assembly")
    project.git("commit", "--quiet", "--message=First")
    yield project
    client.stop(Home.of(project.folder))


def test_an_account_is_bootstrapped_before_something_is_looked_up_there(project: SmallProject) -> None:
    done = project.slipway("rehearse", "--approve", "all")
    assert done.returncode == 0, done.stderr
    said = [line.removeprefix("- ") for line in done.stdout.splitlines() if line.startswith("- cdk ")]
    assert said == [
        "cdk synth",
        f"cdk bootstrap aws://{OTHER}/{REGION}",
        "cdk synth, with look-ups in the embedded AWS",
        "cdk bootstrap aws://000000000000/us-east-1",
        "cdk deploy Small",
    ]
    assert json.loads((project.folder / "found.json").read_text())[0].startswith(REGION)
    assert json.loads((project.folder / "cdk.context.json").read_text()) == COMMITTED
    assert project.git("status", "--porcelain").split() == ["??", "found.json", "??", "node_modules"]


def test_a_plan_looks_nothing_up_and_names_the_keys(project: SmallProject) -> None:
    failed = project.slipway("plan", "--synth")
    assert failed.returncode == 2
    assert ZONES in failed.stderr
    assert "slipway rehearse` looks up in the embedded AWS" in failed.stderr
    assert json.loads((project.folder / "cdk.context.json").read_text()) == COMMITTED


@pytest.mark.parametrize("account", ["$(touch pwned)", "--help", "12"])
def test_an_account_that_is_none_is_named(project: SmallProject, account: str) -> None:
    project.write(app=APP, stacks={"Small": template({"Ok": [approval("Yes")]})}, missing=[zones(account)])
    settings = json.loads((project.folder / "cdk.json").read_text())
    (project.folder / "cdk.json").write_text(json.dumps({**settings, "context": {"own": "set"}}))
    failed = project.slipway("rehearse")
    assert failed.returncode == 1
    assert "is not an assembly as" in failed.stderr
    assert not list(project.folder.rglob("pwned"))
