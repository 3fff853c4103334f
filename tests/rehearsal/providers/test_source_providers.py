"""Source actions: git by connection, CodeCommit and GitHub, and S3."""

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity, SourceRevision
from rehearsal.providers.registry import provider_for
from rehearsal.sources.publish import publish
from tests.rehearsal.providers.world import World, an_action, make_bucket

CONNECTION = "arn:aws:codeconnections:eu-west-1:111122223333:connection/1"
AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05+02:00",
    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "2026-01-02T04:04:05+00:00",
}  # fmt: skip


def commit(project: Path, text: str, message: str) -> None:
    project.mkdir(exist_ok=True)
    (project / "file").write_text(text)
    for command in (["init", "-q", "-b", "main"], ["add", "file"], ["commit", "-q", "-m", message]):
        subprocess.run(["git", *command], cwd=project, check=True, env={**os.environ, **AUTHOR})


def run(world: World, action: Action, **changes: Any) -> ActionResult:
    return provider_for(action.type).run(world.request(action, **changes))


def content(world: World, result: ActionResult) -> str:
    [stored] = result.output_artifacts.values()
    target = world.workdir / "fetched.zip"
    world.root.client("s3").download_file(stored.bucket, stored.key, str(target))
    with zipfile.ZipFile(target) as archive:
        return archive.read("file").decode()


def connection_source(world: World, **configuration: str) -> Action:
    return an_action(
        "Source",
        "CodeStarSourceConnection",
        {
            "ConnectionArn": CONNECTION,
            "FullRepositoryId": "acme/connected",
            "BranchName": "main",
            **configuration,
        },
        outputs=("Src",),
        role_arn=world.action_role,
    )


def test_a_connection_source_hands_on_the_newest_commit_and_describes_it(world: World) -> None:
    project = world.workdir / "project"
    commit(project, "one", "First\n\nbody")
    revision = publish(project, world.home, "acme/connected", "main", dirty=False)

    result = run(world, connection_source(world, DetectChanges="false"))

    assert result.succeeded
    assert content(world, result) == "one"
    assert result.variables == {
        "AuthorDate": "2026-01-02T01:04:05Z",
        "BranchName": "main",
        "CommitId": revision.revision_id,
        "CommitMessage": "First\n\nbody",
        "ConnectionArn": CONNECTION,
        "FullRepositoryName": "acme/connected",
    }
    assert result.revision == SourceRevision(revision_id=revision.revision_id, summary="First")
    assert result.fidelity is Fidelity.EMULATED
    assert [gap.subject for gap in result.gaps] == ["source acme/connected"]


def test_an_older_revision_can_be_asked_for(world: World) -> None:
    project = world.workdir / "project"
    commit(project, "one", "First")
    first = publish(project, world.home, "acme/connected", "main", dirty=False)
    commit(project, "two", "Second")
    publish(project, world.home, "acme/connected", "main", dirty=False)

    assert content(world, run(world, connection_source(world))) == "two"
    assert content(world, run(world, connection_source(world), revision=first)) == "one"
    missing = run(world, connection_source(world), revision=SourceRevision(revision_id="f" * 40))
    assert missing.failure
    assert "has no commit ffff" in missing.failure.message


def test_a_source_that_was_never_pushed_fails_with_the_way_to_push_it(world: World) -> None:
    result = run(world, connection_source(world, FullRepositoryId="acme/never"))
    assert result.failure
    assert result.failure.code == "JobFailed"
    assert "git push slipway main" in result.failure.message


def test_codecommit_and_github_describe_the_commit_in_their_own_variables(world: World) -> None:
    project = world.workdir / "project"
    commit(project, "one", "First")
    revision = publish(project, world.home, "website", "main", dirty=False)
    publish(project, world.home, "acme/website", "main", dirty=False)
    shared = {
        "AuthorDate": "2026-01-02T01:04:05Z",
        "BranchName": "main",
        "CommitId": revision.revision_id,
        "CommitMessage": "First",
        "CommitterDate": "2026-01-02T04:04:05Z",
        "RepositoryName": "website",
    }
    codecommit = an_action(
        "Source",
        "CodeCommit",
        {"RepositoryName": "website", "BranchName": "main", "PollForSourceChanges": "false"},
        outputs=("Src",),
    )
    github = an_action(
        "Source",
        "GitHub",
        {"Owner": "acme", "Repo": "website", "Branch": "main", "OAuthToken": "****"},
        owner="ThirdParty",
        outputs=("Src",),
    )
    assert run(world, codecommit).variables == shared
    assert run(world, github).variables == shared | {
        "CommitUrl": f"https://github.com/acme/website/commit/{revision.revision_id}"
    }


def s3_source(world: World, bucket: str) -> Action:
    return an_action(
        "Source",
        "S3",
        {"S3Bucket": bucket, "S3ObjectKey": "drop/source.zip"},
        outputs=("Src",),
        role_arn=world.action_role,
    )


def upload(world: World, bucket: str, text: str) -> str:
    archive = world.workdir / "upload.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("file", text)
    put = world.root.client("s3").put_object(Bucket=bucket, Key="drop/source.zip", Body=archive.read_bytes())
    return put.get("VersionId", "")


def test_an_s3_source_hands_on_one_version_of_its_object(world: World) -> None:
    bucket = make_bucket(world.root, f"{world.bucket}-src")
    world.root.client("s3").put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    first, second = upload(world, bucket, "one"), upload(world, bucket, "two")

    newest = run(world, s3_source(world, bucket))
    assert content(world, newest) == "two"
    assert newest.variables["VersionId"] == second
    assert newest.variables["ETag"].isalnum()
    assert newest.revision
    assert (newest.revision.revision_id, newest.revision.kind) == (second, "S3_OBJECT_VERSION_ID")

    older = SourceRevision(revision_id=first, kind="S3_OBJECT_VERSION_ID")
    assert content(world, run(world, s3_source(world, bucket), revision=older)) == "one"


def test_an_s3_source_without_versions_or_without_an_object_says_so(world: World) -> None:
    bucket = make_bucket(world.root, f"{world.bucket}-src")
    missing = run(world, s3_source(world, bucket)).failure
    assert missing
    assert "drop/source.zip does not exist; upload it" in missing.message
    upload(world, bucket, "one")
    plain = run(world, s3_source(world, bucket)).failure
    assert plain
    assert "enable its versioning" in plain.message


def test_a_role_without_the_permission_is_a_permission_error(world: World) -> None:
    bucket = make_bucket(world.root, f"{world.bucket}-src")
    iam = world.root.client("iam")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    iam.put_role_policy(
        RoleName=world.action_role.split("/")[-1], PolicyName="no", PolicyDocument=json.dumps(policy)
    )
    failure = run(world, s3_source(world, bucket)).failure
    assert failure
    assert failure.code == "PermissionError"


@pytest.mark.parametrize("provider", ["CodeStarSourceConnection", "CodeConnections"])
def test_both_names_of_the_connection_source_are_known(provider: str) -> None:
    assert provider_for(an_action("Source", provider, {}).type)
