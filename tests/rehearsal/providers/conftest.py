"""One small AWS for each provider test."""

from pathlib import Path
from uuid import uuid4

import pytest

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from tests.rehearsal.providers.world import Roles, World, make_bucket, make_execution_role, make_role


@pytest.fixture
def world(cloud: Endpoint, cloud_home: Home, tmp_path: Path) -> World:
    unique = uuid4().hex[:8]
    root = client.session(cloud)
    everything = ["s3:*", "cloudformation:*", "lambda:*", "sns:*", "states:*", "kms:*", "iam:PassRole"]
    account_root = f"arn:aws:iam::{cloud.account}:root"
    pipeline_role = make_role(
        root, f"pipeline-{unique}", trusts=account_root, allows=["s3:*", "sts:AssumeRole", "kms:*"]
    )
    action_role = make_role(root, f"action-{unique}", trusts=account_root, allows=everything)
    for name in ("cfn-exec", "cfn"):
        make_execution_role(root, name)
    return World(
        endpoint=cloud,
        home=cloud_home,
        workdir=tmp_path,
        bucket=make_bucket(root, f"artifacts-{unique}"),
        sessions=Roles(cloud, pipeline_role),
        action_role=action_role,
    )


@pytest.fixture
def stack() -> str:
    return f"stack-{uuid4().hex[:8]}"
