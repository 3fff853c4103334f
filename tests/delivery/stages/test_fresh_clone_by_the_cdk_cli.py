"""The ordinary commands of the CDK on a fresh clone, in a shell of the embedded AWS, with nothing built."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.function_assets import REPOSITORY
from blocks.placeholder import PARAMETER
from rehearsal.cli.cloud import shell_variables
from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from tests.delivery.checkout import copy_to

WARNING = "warning: functions are not built"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cdk-clone")
    copy_to(root, built=False)
    for folder in ("node_modules", ".venv"):
        (root / folder).symlink_to(REPOSITORY / folder)
    return root


@pytest.fixture(scope="module")
def endpoint(clone: Path) -> Iterator[Endpoint]:
    yield client.start(Home.of(clone))
    client.stop(Home.of(clone))


def cdk(clone: Path, endpoint: Endpoint, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As in a shell after `eval "$(slipway env)"`, with a synth that is made once."""
    variables = shell_variables(Home.of(clone), endpoint, account=None)
    unset = {name for name, value in variables.items() if not value} | {"CODEBUILD_BUILD_ID"}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run(
        [clone / "node_modules/.bin/cdk", *arguments, "--no-notices"],
        cwd=clone,
        env={**kept, **{name: value for name, value in variables.items() if value}},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_pipeline_is_deployed_and_no_environment(clone: Path, endpoint: Endpoint) -> None:
    listed = cdk(clone, endpoint, "ls")
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.splitlines()[0] == "pipeline"
    assert WARNING in listed.stderr
    assert WARNING not in listed.stdout
    manifest = json.loads((clone / "cdk.out/manifest.json").read_text())
    named = manifest["artifacts"]["pipeline"]["environment"].rpartition("/")[2]
    region = endpoint.region if named == "unknown-region" else named
    place = f"aws://{endpoint.account}/{region}"
    assert cdk(clone, endpoint, "bootstrap", place, "--app", "cdk.out").returncode == 0
    policies = subprocess.run(
        [sys.executable, "-m", "pipeline.bootstrap", "--policies", "build/policies"],
        cwd=clone, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert policies.returncode == 0, policies.stderr
    client.session(endpoint).client("iam").create_policy(
        PolicyName="delivery-boundary",
        PolicyDocument=(clone / "build/policies/delivery-boundary.json").read_text(),
    )
    deployed = cdk(clone, endpoint, "deploy", "pipeline", "--require-approval", "never")
    assert deployed.returncode == 0, deployed.stderr
    assert WARNING in deployed.stderr
    pipelines = client.session(endpoint, region=region).client("codepipeline").list_pipelines()["pipelines"]
    assert [pipeline["name"] for pipeline in pipelines] == ["slipway", "slipway-checks"]
    database = ["deploy", "--exclusively", "--require-approval", "never", "pipeline/Dev/SecondBrainDatabase"]
    refused = cdk(clone, endpoint, *database, "--app", "cdk.out")
    assert refused.returncode != 0
    assert PARAMETER in refused.stderr + refused.stdout
