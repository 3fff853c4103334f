"""A pipeline's stack that names its account: an embedded AWS that nobody has used yet moves there."""

import json
import subprocess
from pathlib import Path

import pytest

from rehearsal.daemon import client
from rehearsal.home import Home
from tests.rehearsal.cli.command import SLIPWAY

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = {
    "version": "36.0.0",
    "artifacts": {
        "Delivery": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/eu-central-1",
            "properties": {"templateFile": "delivery.json"},
        }
    },
}
BROKEN_PIPELINE = {"Resources": {"P": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Stages": []}}}}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "assembly").mkdir(parents=True)
    (folder / "assembly" / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "assembly" / "delivery.json").write_text(json.dumps(BROKEN_PIPELINE))
    (folder / "cdk.json").write_text(json.dumps({"app": "cp assembly/* $CDK_OUTDIR/"}))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


def slipway(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SLIPWAY, *arguments], cwd=project, capture_output=True, text=True, check=False)


def place(project: Path) -> str:
    variables = json.loads(slipway(project, "env", "--json").stdout)
    return f"{variables['CDK_DEFAULT_ACCOUNT']} {variables['AWS_REGION']}"


def test_an_unused_embedded_aws_moves_to_the_pipelines_place(project: Path) -> None:
    try:
        assert slipway(project, "up").returncode == 0
        done = slipway(project, "rehearse", "--keep")
        assert "belongs to account" not in done.stderr, done.stderr
        assert place(project) == "111122223333 eu-central-1"
    finally:
        client.stop(Home.of(project))


def test_one_whose_place_somebody_chose_stays(project: Path) -> None:
    try:
        assert slipway(project, "up", "--account", "444455556666").returncode == 0
        done = slipway(project, "rehearse", "--keep")
        assert "belongs to account 111122223333" in done.stderr
        assert "slipway down" in done.stderr
        assert place(project) == "444455556666 us-east-1"
    finally:
        client.stop(Home.of(project))
