"""`--skip STAGE/ACTION` and `--until STAGE`: pipelines with actions that the rehearsal does not support."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from rehearsal.daemon import client
from rehearsal.home import Home
from tests.rehearsal.cli.small_pipeline import action, approval, template
from tests.rehearsal.cli.small_project import SmallProject

COPY = "cp assembly/* $CDK_OUTDIR/"
SHIFT = action(
    "Shift", "Deploy", "CodeDeploy", {"ApplicationName": "a", "DeploymentGroupName": "b"}, inputs=["Code"]
)
SCAN = action("Scan", "Test", "DeviceFarm", {}, inputs=["Code"], outputs=["Findings"])
USES = action("Uses", "Deploy", "S3", {"BucketName": "b", "Extract": "true"}, inputs=["Findings"])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    project = SmallProject(tmp_path / "project")
    project.folder.mkdir()
    project.git("init", "--quiet", "--initial-branch=main")
    project.git("commit", "--quiet", "--allow-empty", "--message=First")
    yield project
    client.stop(Home.of(project.folder))


def test_an_unsupported_action_is_refused_with_the_option_that_skips_it(project: SmallProject) -> None:
    project.write(
        app=COPY, stacks={"Small": template({"Scan": [SCAN], "Ship": [SHIFT], "Ok": [approval("Yes")]})}
    )
    refused = project.slipway("rehearse", "--keep", "--approve", "all")
    assert refused.returncode == 4, refused.stderr
    assert "add --skip Scan/Scan --skip Ship/Shift; each passes as skipped" in refused.stderr
    half = project.slipway("rehearse", "--keep", "--skip", "Scan/Scan")
    assert half.returncode == 4
    assert "add --skip Ship/Shift; each" in half.stderr
    skips = ("--skip", "Scan/Scan", "--skip", "Ship/Shift")
    done = project.slipway("rehearse", "--keep", "--approve", "all", "--json", *skips)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert [stage["status"] for stage in report["stages"]] == ["Succeeded"] * 4
    skipped = {"fidelity": "recorded", "reason": "skipped on request; AWS would have run it"}
    assert {"subject": "action Ship/Shift", **skipped} in report["gaps"]
    assert {"subject": "action Scan/Scan", **skipped} in report["gaps"]
    assert project.slipway("rehearse", "--approve", "all", "--strict", *skips).returncode == 1
    # Without the option the accepted pipeline refuses the action itself.
    failed = project.slipway("rehearse", "--skip", "Scan/Scan")
    assert failed.returncode == 4
    assert "slipway rehearse --skip Ship/Shift" in failed.stdout


def test_what_needs_a_skipped_action_is_named_before_anything_runs(project: SmallProject) -> None:
    project.write(app=COPY, stacks={"Small": template({"Scan": [SCAN], "Ship": [USES]})})
    refused = project.slipway("rehearse", "--keep", "--skip", "Scan/Scan")
    assert refused.returncode == 2, refused.stderr
    assert "Scan/Scan is skipped, and Ship/Uses needs its artifact 'Findings'" in refused.stderr
    assert "--skip Ship/Uses" in refused.stderr
    assert project.slipway("status").returncode == 2  # no execution was started
    done = project.slipway("rehearse", "--keep", "--skip", "Scan/Scan", "--skip", "Ship/Uses")
    assert done.returncode == 0, done.stderr


def test_the_stages_after_until_are_skipped_supported_or_not(project: SmallProject) -> None:
    project.write(
        app=COPY, stacks={"Small": template({"Ok": [approval("Yes")], "Scan": [SCAN], "Ship": [SHIFT]})}
    )
    done = project.slipway("rehearse", "--keep", "--approve", "all", "--json", "--until", "Ok")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    statuses = {stage["name"]: stage["status"] for stage in report["stages"]}
    assert statuses == {"Source": "Succeeded", "Ok": "Succeeded", "Scan": "Skipped", "Ship": "Skipped"}
    assert {"stage Scan", "stage Ship"} <= {gap["subject"] for gap in report["gaps"]}


def test_an_unknown_name_is_refused_with_the_known_ones(project: SmallProject) -> None:
    project.write(app=COPY, stacks={"Small": template({"Ok": [approval("Yes")]})})
    wrong = project.slipway("rehearse", "--keep", "--skip", "Ok/No")
    assert wrong.returncode == 2
    assert "one of: Ok/Yes, Source/Code" in wrong.stderr
    wrong = project.slipway("rehearse", "--until", "Never")
    assert wrong.returncode == 2
    assert "one of: Source, Ok" in wrong.stderr
    later = project.slipway("rehearse", "--approve", "all", "--skip", "New/One")
    assert later.returncode == 0, later.stderr
    assert "it is skipped if its update brings one" in later.stdout


def test_an_execution_skips_what_an_update_of_its_own_pipeline_brings(project: SmallProject) -> None:
    project.write(app=COPY, stacks={"Small": template({"Ok": [approval("Yes")]})})
    assert project.slipway("rehearse", "--keep", "--until", "Source").returncode == 0
    waiting = project.slipway("rehearse", "--skip", "New/Shift")
    assert waiting.returncode == 3, waiting.stderr
    endpoint = client.answering(Home.of(project.folder))
    assert endpoint is not None
    codepipeline = client.session(endpoint).client("codepipeline")
    definition = codepipeline.get_pipeline(name="small")["pipeline"]
    wider = copy.deepcopy(definition)
    shift = {
        "name": "Shift",
        "actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "CodeDeploy", "version": "1"},
        "inputArtifacts": [{"name": "Code"}],
    }
    wider["stages"].append({"name": "Other", "actions": [shift]})
    with pytest.raises(ClientError, match="slipway rehearse --skip Other/Shift"):
        codepipeline.update_pipeline(pipeline=wider)
    wider["stages"][-1]["name"] = "New"
    codepipeline.update_pipeline(pipeline=wider)
    assert project.slipway("approve").returncode == 0
