"""Deployments to S3."""

import io
import zipfile
from pathlib import Path
from uuid import uuid4

from rehearsal.model.results import Failure, S3Object
from tests.rehearsal.archive.zips import LINK, Item, write
from tests.rehearsal.providers.world import World, an_action, make_bucket, run


def test_files_are_deployed_one_by_one_with_their_types(world: World) -> None:
    site = make_bucket(world.root, f"{world.bucket}-site")
    world.artifact("Site", {"index.html": "<h1>", "css/site.css": "a{}"})
    action = an_action(
        "Deploy",
        "S3",
        {"BucketName": site, "Extract": "true", "ObjectKey": "v1", "CacheControl": "max-age=60"},
        inputs=("Site",),
        role_arn=world.action_role,
    )
    assert run(world, action).failure is None
    s3 = world.root.client("s3")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=site)["Contents"]]
    assert keys == ["v1/css/site.css", "v1/index.html"]
    page = s3.head_object(Bucket=site, Key="v1/index.html")
    assert (page["ContentType"], page["CacheControl"]) == ("text/html", "max-age=60")


def test_an_artifact_is_deployed_whole(world: World) -> None:
    site = make_bucket(world.root, f"{world.bucket}-site")
    world.artifact("Site", {"index.html": "<h1>"})
    configuration = {"BucketName": site, "Extract": "false", "ObjectKey": "release.zip"}
    action = an_action("Deploy", "S3", configuration, inputs=("Site",), role_arn=world.action_role)
    assert run(world, action).failure is None
    body = world.root.client("s3").get_object(Bucket=site, Key="release.zip")["Body"].read()
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == ["index.html"]


def test_a_bucket_that_is_not_there_fails_the_deployment(world: World) -> None:
    world.artifact("Site", {"index.html": "<h1>"})
    configuration = {"BucketName": f"missing-{uuid4().hex}", "Extract": "true"}
    action = an_action("Deploy", "S3", configuration, inputs=("Site",), role_arn=world.action_role)
    failure = run(world, action).failure
    assert failure
    assert failure.code == "JobFailed"


def test_a_link_out_of_the_artifact_is_not_deployed(world: World, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the person's own")
    items = [Item("index.html"), Item("same", b"index.html", LINK), Item("door", str(secret).encode(), LINK)]
    failure = _deploy(world, write(tmp_path / "site.zip", items))
    assert failure
    assert failure.message == "artifact entry 'door' is a link that leads out of the artifact"
    assert _deploy(world, write(tmp_path / "site.zip", items[:2])) is None


def test_an_artifact_that_is_no_honest_zip_fails_the_action_by_name(world: World, tmp_path: Path) -> None:
    items = [Item("a", b"..", LINK), Item("b", b"a/..", LINK), Item("b/evil")]
    failure = _deploy(world, write(tmp_path / "site.zip", items))
    assert failure
    assert (failure.code, "'b/evil' needs 'b' to be a folder" in failure.message) == ("JobFailed", True)


def _deploy(world: World, archive: Path) -> Failure | None:
    site = f"{world.bucket}-{uuid4().hex[:6]}"
    make_bucket(world.root, site)
    world.root.client("s3").upload_file(str(archive), world.bucket, f"demo/{archive.name}")
    world.inputs["Site"] = S3Object(bucket=world.bucket, key=f"demo/{archive.name}")
    configuration = {"BucketName": site, "Extract": "true"}
    return run(
        world, an_action("Deploy", "S3", configuration, inputs=("Site",), role_arn=world.action_role)
    ).failure
