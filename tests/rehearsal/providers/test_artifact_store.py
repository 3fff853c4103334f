"""The artifact store: what is stored comes back with its modes and links, and never lands outside."""

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from rehearsal.archive import pack, unpack
from rehearsal.daemon import client
from rehearsal.model.definition import ArtifactStore
from rehearsal.model.results import S3Object
from rehearsal.providers.configuration import ConfigurationError
from rehearsal.providers.registry import provider_for
from rehearsal.sources.publish import publish
from rehearsal.sources.repository import SourceError
from tests.rehearsal.providers.world import OTHER_REGION, World, an_action, make_bucket


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "run").write_text("#!/bin/sh\n")
    (folder / "bin" / "run").chmod(0o755)
    (folder / "plain").write_text("text")
    (folder / "link").symlink_to("bin/run")
    return folder


def test_packing_and_unpacking_keeps_modes_and_links(files: Path, tmp_path: Path) -> None:
    first, second, back = tmp_path / "1.zip", tmp_path / "2.zip", tmp_path / "back"
    pack(files, first)
    pack(files, second)
    assert first.read_bytes() == second.read_bytes()
    unpack(first, back)
    assert (back / "bin" / "run").stat().st_mode & 0o777 == 0o755
    assert (back / "link").is_symlink()
    assert (back / "link").readlink() == Path("bin/run")
    assert (back / "plain").read_text() == "text"


def test_an_artifact_is_stored_encrypted_under_codepipelines_kind_of_key(world: World, files: Path) -> None:
    key = world.root.client("kms").create_key()["KeyMetadata"]["Arn"]
    world.stores[world.endpoint.region] = ArtifactStore(bucket=world.bucket, encryption_key=key)
    archive = world.workdir / "out.zip"
    pack(files, archive)
    action = an_action("Deploy", "S3", {}, outputs=("Some_Long_Artifact",), role_arn=world.action_role)
    artifacts = world.artifacts(action, world.workdir)

    stored = artifacts.store("Some_Long_Artifact", archive)

    pipeline, artifact, chance = stored.key.split("/")
    assert (stored.bucket, pipeline, artifact, len(chance)) == (world.bucket, "demo", "Some_Long_", 7)
    found = world.root.client("s3").head_object(Bucket=stored.bucket, Key=stored.key)
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", key)
    assert artifacts.location("Some_Long_Artifact") == stored


def test_an_artifact_is_unpacked_as_it_was_packed(world: World) -> None:
    world.artifact("In", {"sub/file": "content"})
    artifacts = world.artifacts(an_action("Deploy", "S3", {}, inputs=("In",)), world.workdir)
    artifacts.unpack("In", world.workdir / "unpacked")
    assert (world.workdir / "unpacked" / "sub" / "file").read_text() == "content"
    assert artifacts.fetch("In") == artifacts.fetch("In")


def test_an_unknown_artifact_is_named(world: World) -> None:
    artifacts = world.artifacts(an_action("Deploy", "S3", {}, inputs=("In",)), world.workdir)
    with pytest.raises(ConfigurationError, match="no input artifact 'In'"):
        artifacts.fetch("In")


def test_an_action_in_another_region_works_on_copies_there(world: World, files: Path) -> None:
    there = client.session(world.endpoint, region=OTHER_REGION)
    world.stores[OTHER_REGION] = ArtifactStore(bucket=make_bucket(there, f"{world.bucket}-there"))
    world.artifact("In", {"file": "content"})
    action = an_action(
        "Deploy", "S3", {}, inputs=("In",), outputs=("Out",), region=OTHER_REGION, role_arn=world.action_role
    )
    artifacts = world.artifacts(action, world.workdir)
    archive = world.workdir / "out.zip"
    pack(files, archive)

    assert artifacts.location("In").bucket == f"{world.bucket}-there"
    artifacts.unpack("In", world.workdir / "unpacked")
    assert (world.workdir / "unpacked" / "file").read_text() == "content"
    assert artifacts.store("Out", archive).bucket == world.bucket
    assert artifacts.location("Out").bucket == f"{world.bucket}-there"


def test_a_region_without_a_store_is_a_configuration_error(world: World) -> None:
    world.artifact("In", {"file": "content"})
    action = an_action("Deploy", "S3", {}, inputs=("In",), region="ap-south-1")
    with pytest.raises(ConfigurationError, match="add one for ap-south-1 to artifactStores"):
        world.artifacts(action, world.workdir).fetch("In")


def test_only_a_build_follows_a_clone_reference(world: World, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "file").write_text("content")
    for command in (["init", "-q"], ["add", "file"]):
        subprocess.run(["git", *command], cwd=project, check=True)
    publish(project, world.home, "acme/cloned", "main", dirty=True)
    source = an_action(
        "Source",
        "CodeCommit",
        {
            "RepositoryName": "acme/cloned",
            "BranchName": "main",
            "OutputArtifactFormat": "CODEBUILD_CLONE_REF",
        },
        outputs=("Src",),
        role_arn=world.action_role,
    )
    result = provider_for(source.type).run(world.request(source))
    world.inputs["Src"] = result.output_artifacts["Src"]

    build = an_action("Build", "CodeBuild", {}, inputs=("Src",))
    world.artifacts(build, world.workdir / "b").unpack("Src", world.workdir / "clone")
    assert (world.workdir / "clone" / "file").read_text() == "content"
    assert (world.workdir / "clone" / ".git").is_dir()

    deploy = an_action("Deploy", "S3", {}, inputs=("Src",))
    with pytest.raises(SourceError, match="OutputArtifactFormat to CODE_ZIP"):
        world.artifacts(deploy, world.workdir / "d").unpack("Src", world.workdir / "x")


@pytest.mark.parametrize(
    "reference",
    [
        {"repository": "r", "path": "/", "commit": "--upload-pack=touch evil"},
        {"repository": "r", "path": 7, "commit": "a" * 40},
        {"repository": "r"},
        ["no", "object"],
    ],
)
def test_a_clone_reference_that_no_source_made_is_refused(
    world: World, tmp_path: Path, reference: object
) -> None:
    with pytest.raises(SourceError, match="clone reference cannot be followed"):
        _follow(world, tmp_path, reference)


def test_a_clone_reference_leads_to_the_rehearsals_repositories_only(world: World, tmp_path: Path) -> None:
    private = tmp_path / "private"
    subprocess.run(["git", "init", "--quiet", "--bare", private], check=True)
    with pytest.raises(SourceError, match="is gone"):
        _follow(world, tmp_path, {"repository": "r", "path": str(private), "commit": "a" * 40})


def _follow(world: World, tmp_path: Path, reference: object) -> None:
    archive = tmp_path / "reference.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("codepipeline-clone-reference.json", json.dumps(reference))
    world.root.client("s3").upload_file(str(archive), world.bucket, "demo/reference")
    world.inputs["Src"] = S3Object(bucket=world.bucket, key="demo/reference")
    build = an_action("Build", "CodeBuild", {}, inputs=("Src",))
    world.artifacts(build, world.workdir).unpack("Src", world.workdir / "cloned")
