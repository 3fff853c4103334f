"""The project's own policy for CloudFormation, put into the embedded AWS and kept up to date."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from rehearsal.conductor.execution_policy import ADMINISTRATOR, BootstrapPolicies, ManagedPolicy
from rehearsal.conductor.problems import Problem
from rehearsal.daemon import client
from rehearsal.home import Endpoint

_BOOTSTRAPPED = "444455556666"
"""An account of its own: other tests bootstrap the one that they share."""


def written(folder: Path, *actions: str) -> Path:
    file = folder / "what_it_may_do.json"
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return file


def test_the_policy_says_what_the_file_says(
    cloud: Endpoint, aws: boto3.session.Session, tmp_path: Path
) -> None:
    for actions in (("sqs:*",), ("sqs:*", "sns:*"), ("ecr:*",)):
        arn = ManagedPolicy.of(written(tmp_path, *actions)).put(cloud, account=cloud.account)
        assert arn == f"arn:aws:iam::{cloud.account}:policy/what-it-may-do"
        policy = aws.client("iam").get_policy(PolicyArn=arn)["Policy"]
        version = aws.client("iam").get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
        document: Any = version["PolicyVersion"]["Document"]
        assert document["Statement"][0]["Action"] == list(actions)


def test_a_file_that_holds_no_policy_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"absent\.json is not an IAM policy"):
        ManagedPolicy.of(tmp_path / "absent.json")


def test_without_a_policy_cloudformation_administrates(cloud: Endpoint) -> None:
    assert BootstrapPolicies().put(cloud, account=cloud.account) == (ADMINISTRATOR,)


def test_several_policies_are_attached_and_a_boundary_only_made(
    cloud: Endpoint, aws: boto3.session.Session, tmp_path: Path
) -> None:
    names = ("first", "second", "limit")
    files = [written(tmp_path, f"{name}:*").rename(tmp_path / f"{name}.json") for name in names]
    policies = BootstrapPolicies.of(execution=files[:2], boundaries=files[2:])
    start = f"arn:aws:iam::{cloud.account}:policy/"
    assert policies.put(cloud, account=cloud.account) == (f"{start}first", f"{start}second")
    assert aws.client("iam").get_policy(PolicyArn=f"{start}limit")["Policy"]["AttachmentCount"] == 0


def test_a_bootstrapped_account_gets_exactly_the_policies_of_today(cloud: Endpoint, tmp_path: Path) -> None:
    iam = client.session(cloud, account=_BOOTSTRAPPED).client("iam")
    role = f"cdk-hnb659fds-cfn-exec-role-{_BOOTSTRAPPED}-eu-west-1"
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(document))

    def attached() -> list[str]:
        policies = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        return sorted(policy["PolicyName"] for policy in policies)

    for names in (["before"], ["one", "two"], ["two"]):
        files = [written(tmp_path, f"{name}:*").rename(tmp_path / f"{name}.json") for name in names]
        BootstrapPolicies.of(execution=files, boundaries=[]).renew(cloud, account=_BOOTSTRAPPED)
        assert attached() == names
    BootstrapPolicies().renew(cloud, account=_BOOTSTRAPPED)
    assert attached() == ["two"]
