"""Deployments to S3."""

import io
import zipfile
from uuid import uuid4

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
