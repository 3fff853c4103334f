"""The Source action of S3: one object of a versioned bucket, stored unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rehearsal.engine.ports import ActionRequest
from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity, SourceRevision
from rehearsal.providers.configuration import reading
from rehearsal.providers.identity import session_of
from rehearsal.providers.outcome import ActionFailure, reported

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, kw_only=True)
class S3Settings:
    bucket: str
    key: str
    polled: bool

    @classmethod
    def of(cls, action: Action) -> S3Settings:
        with reading(action) as values:
            values.artifacts(inputs=(0, 0), outputs=(1, 1))
            values.ignored("AllowOverrideForS3ObjectKey")
            return cls(
                bucket=values.required("S3Bucket"),
                key=values.required("S3ObjectKey"),
                polled=values.flag("PollForSourceChanges", default=True),
            )


class S3Source:
    fidelity = Fidelity.EMULATED

    def check(self, action: Action) -> None:
        S3Settings.of(action)

    @reported
    def run(self, request: ActionRequest) -> ActionResult:
        settings = S3Settings.of(request.action)
        s3 = session_of(request).client("s3")
        wanted = _wanted(settings, request.revision)
        found = _head(s3, wanted)
        version, etag = found["VersionId"], found["ETag"].strip('"')
        request.log(f"s3://{wanted['Bucket']}/{wanted['Key']} version {version}")
        target = request.workdir / "source.zip"
        s3.download_file(wanted["Bucket"], wanted["Key"], str(target), ExtraArgs={"VersionId": version})
        [output] = request.action.output_artifacts
        return ActionResult(
            output_artifacts={output: request.artifacts.store(output, target)},
            variables={
                "BucketName": wanted["Bucket"],
                "ObjectKey": wanted["Key"],
                "ETag": etag,
                "VersionId": version,
            },
            external_id=version,
            summary=f"Amazon S3 version id: {version}",
            revision=SourceRevision(
                revision_id=version,
                summary=f"Amazon S3 version id: {version}",
                kind="S3_OBJECT_VERSION_ID",
            ),
            fidelity=self.fidelity,
        )


def _wanted(settings: S3Settings, revision: SourceRevision | None) -> dict[str, str]:
    wanted = {"Bucket": settings.bucket, "Key": settings.key}
    if revision is None:
        return wanted
    if revision.kind == "S3_OBJECT_KEY":
        return wanted | {"Key": revision.revision_id}
    return wanted | {"VersionId": revision.revision_id}


def _head(s3: S3Client, wanted: dict[str, str]) -> dict[str, Any]:
    where = f"s3://{wanted['Bucket']}/{wanted['Key']}"
    try:
        found: dict[str, Any] = dict(s3.head_object(**wanted))  # type: ignore[arg-type]
    except ClientError as error:
        if error.response["Error"].get("Code") not in ("404", "NoSuchKey", "NoSuchBucket", "NoSuchVersion"):
            raise
        raise ActionFailure(f"{where} does not exist; upload it, then start the pipeline again") from None
    if found.get("VersionId", "null") == "null":
        raise ActionFailure(
            f"bucket {wanted['Bucket']} is not versioned, as an S3 source must be; "
            "enable its versioning and upload the object again"
        )
    return found
