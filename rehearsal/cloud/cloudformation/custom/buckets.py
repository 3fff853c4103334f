"""CDK's custom resources for S3: emptying a bucket before its deletion, and deploying files to one."""

import fnmatch
import io
import json
import mimetypes
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.archive import CODE, Kind, checked_entries, open_zip, read_entry
from rehearsal.cloud.cloudformation.custom.request import CustomRequest
from rehearsal.emulator.extension import ResourceResult

_AUTO_DELETE_TAG = "aws-cdk:auto-delete-objects"
_OWNER_TAG = "aws-cdk:cr-owned"
_BATCH = 1000
_HEADERS = {
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-type": "ContentType",
    "expires": "Expires",
    "sse": "ServerSideEncryption",
    "sse-kms-key-id": "SSEKMSKeyId",
    "storage-class": "StorageClass",
    "website-redirect": "WebsiteRedirectLocation",
    "acl": "ACL",
}


def auto_delete_objects(request: CustomRequest) -> ResourceResult:
    """Empty the bucket on delete, but only if it still has CDK's tag."""
    bucket = request.properties["BucketName"]
    if not request.is_delete:
        return request.answer(bucket if request.kind == "Update" else "")
    s3 = request.client("s3")
    try:
        if _AUTO_DELETE_TAG in _tags(s3, bucket):
            empty_bucket(s3, bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
    return request.answer()


def empty_bucket(s3: Any, bucket: str) -> None:
    """Delete every version and delete marker."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        doomed = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in found]
        if doomed:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})


def deploy(request: CustomRequest) -> ResourceResult:
    """Copy the sources' files with their markers replaced, and prune files that no longer exist."""
    it = request.properties
    destination = (it["DestinationBucketName"], _prefix(it))
    s3 = request.client("s3")
    if request.is_delete:
        _clear_on_delete(request, s3, destination)
    else:
        _clear_former_destination(request, s3, destination)
        _upload(s3, it, destination)
    _invalidate(request)
    answer = request.answer(request.physical_id or f"aws.cdk.s3deployment.{uuid.uuid4()}")
    attributes = {
        "DestinationBucketArn": it.get("DestinationBucketArn") or f"arn:aws:s3:::{destination[0]}",
        "SourceObjectKeys": it.get("SourceObjectKeys", []),
    }
    return ResourceResult(physical_id=answer.physical_id, attributes=attributes)


def _upload(s3: Any, it: Mapping[str, Any], destination: tuple[str, str]) -> None:
    bucket, prefix = destination
    wanted = {f"{prefix}{name}": content for name, content in _contents(s3, it) if _included(name, it)}
    for key, content in wanted.items():
        s3.put_object(Bucket=bucket, Key=key, Body=content, **_metadata(key, it))
    if _yes(it, "Prune", default=True):
        stale = [
            key
            for key in _keys(s3, bucket, prefix)
            if key not in wanted and _included(key[len(prefix) :], it)
        ]
        _delete(s3, bucket, stale)


def _contents(s3: Any, it: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    sources = zip(
        it["SourceBucketNames"], it["SourceObjectKeys"], _markers(it), _marker_settings(it), strict=True
    )
    for bucket, key, markers, settings in sources:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        if not _yes(it, "Extract", default=True):
            yield key.rpartition("/")[2], body
            continue
        for name, content in _files(body):
            yield name, _replaced(content, markers, settings)


def _files(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Like CDK's own handler, which unpacks with Python's zipfile, turn links into text files."""
    with open_zip(io.BytesIO(body)) as archive:
        for entry in checked_entries(archive, CODE):
            if entry.kind is not Kind.FOLDER:
                yield "/".join(entry.path), read_entry(archive, entry.info, link_as_text=True)


def _markers(it: Mapping[str, Any]) -> list[Mapping[str, str]]:
    return list(it.get("SourceMarkers") or [{} for _ in it["SourceBucketNames"]])


def _marker_settings(it: Mapping[str, Any]) -> list[Mapping[str, str]]:
    return list(it.get("SourceMarkersConfig") or [{} for _ in it["SourceBucketNames"]])


def _replaced(content: bytes, markers: Mapping[str, str], settings: Mapping[str, str]) -> bytes:
    for marker, value in markers.items():
        escape = str(settings.get("jsonEscape", "false")).lower() == "true"
        text = json.dumps(value)[1:-1] if escape and isinstance(value, str) else str(value)
        content = content.replace(marker.encode(), text.encode())
    return content


def _included(name: str, it: Mapping[str, Any]) -> bool:
    """The last matching filter decides, as for `aws s3 sync`; includes come after excludes."""
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in it.get("Include") or ()):
        return True
    return not any(fnmatch.fnmatchcase(name, pattern) for pattern in it.get("Exclude") or ())


def _metadata(key: str, it: Mapping[str, Any]) -> dict[str, Any]:
    system = {name.lower(): value for name, value in (it.get("SystemMetadata") or {}).items()}
    arguments = {_HEADERS[name]: value for name, value in system.items() if name in _HEADERS}
    guessed = mimetypes.guess_type(key)[0]
    user = {name.lower(): value for name, value in (it.get("UserMetadata") or {}).items()}
    return {
        **({"ContentType": guessed} if guessed else {}),
        **arguments,
        **({"Metadata": user} if user else {}),
    }


def _clear_on_delete(request: CustomRequest, s3: Any, destination: tuple[str, str]) -> None:
    if _yes(request.properties, "RetainOnDelete", default=True):
        return
    bucket, prefix = destination
    owned = f"{_OWNER_TAG}:{prefix.rstrip('/')}" if prefix else _OWNER_TAG
    if not any(tag.startswith(owned) for tag in _tags(s3, bucket)):
        _delete(s3, bucket, list(_keys(s3, bucket, prefix)))


def _clear_former_destination(request: CustomRequest, s3: Any, destination: tuple[str, str]) -> None:
    old = request.old_properties
    if not old or _yes(request.properties, "RetainOnDelete", default=True):
        return
    former = (old["DestinationBucketName"], _prefix(old))
    if former != destination:
        _delete(s3, former[0], list(_keys(s3, *former)))


def _invalidate(request: CustomRequest) -> None:
    it = request.properties
    if not it.get("DistributionId"):
        return
    paths = it.get("DistributionPaths") or [f"/{_prefix(it)}*"]
    request.client("cloudfront").create_invalidation(
        DistributionId=it["DistributionId"],
        InvalidationBatch={
            "Paths": {"Quantity": len(paths), "Items": paths},
            "CallerReference": str(uuid.uuid4()),
        },
    )


def _prefix(it: Mapping[str, Any]) -> str:
    given = str(it.get("DestinationBucketKeyPrefix", "")).strip("/")
    return f"{given}/" if given else ""


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", ()):
            yield found["Key"]


def _delete(s3: Any, bucket: str, keys: list[str]) -> None:
    for start in range(0, len(keys), _BATCH):
        doomed = [{"Key": key} for key in keys[start : start + _BATCH]]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})


def _tags(s3: Any, bucket: str) -> set[str]:
    try:
        return {tag["Key"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return set()
        raise


def _yes(it: Mapping[str, Any], name: str, *, default: bool) -> bool:
    return str(it.get(name, default)).lower() == "true"
