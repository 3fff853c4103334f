"""The Deploy action of S3: an artifact as one object, or its files as single objects."""

from __future__ import annotations

import mimetypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rehearsal.archive import OutsideError, lies_within
from rehearsal.engine.ports import ActionRequest
from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity
from rehearsal.providers.configuration import reading
from rehearsal.providers.identity import session_of
from rehearsal.providers.outcome import ActionFailure, reported
from rehearsal.providers.transfer import upload

_AT_ONCE = 8
_CANNED_ACLS = (
    "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read",
    "bucket-owner-read", "bucket-owner-full-control",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Settings:
    bucket: str
    extract: bool
    key: str
    acl: str | None
    cache_control: str | None
    kms_key: str | None

    @classmethod
    def of(cls, action: Action) -> _Settings:
        with reading(action) as values:
            values.artifacts(inputs=(1, 1), outputs=(0, 0))
            bucket, extract = values.required("BucketName"), values.choice("Extract", ("true", "false"))
            acl = values.optional("CannedACL")
            if acl is not None:
                values.choice("CannedACL", _CANNED_ACLS)
            return cls(
                bucket=bucket,
                extract=extract == "true",
                key=values.text("ObjectKey", "")
                if extract == "true"
                else values.required("ObjectKey", why="Extract is false"),
                acl=acl,
                cache_control=values.optional("CacheControl"),
                kms_key=values.optional("KMSEncryptionKeyARN"),
            )

    @property
    def headers(self) -> dict[str, str]:
        given = {"ACL": self.acl, "CacheControl": self.cache_control, "SSEKMSKeyId": self.kms_key}
        encryption = {"ServerSideEncryption": "aws:kms"} if self.kms_key else {}
        return {key: value for key, value in given.items() if value} | encryption


class S3Deploy:
    fidelity = Fidelity.EMULATED

    def check(self, action: Action) -> None:
        _Settings.of(action)

    @reported
    def run(self, request: ActionRequest) -> ActionResult:
        settings = _Settings.of(request.action)
        [artifact] = request.action.input_artifacts
        if settings.extract:
            count = _deploy_files(request, settings, artifact)
        else:
            count = 1
            _upload(request, settings, {settings.key: request.artifacts.fetch(artifact)})
        request.log(f"{count} object{'s' * (count != 1)} deployed to s3://{settings.bucket}/{settings.key}")
        return ActionResult(fidelity=self.fidelity, external_id=f"{settings.bucket}/{settings.key}")


def _deploy_files(request: ActionRequest, settings: _Settings, artifact: str) -> int:
    folder = request.workdir / "deploy"
    request.artifacts.unpack(artifact, folder)
    prefix = f"{settings.key.strip('/')}/" if settings.key.strip("/") else ""
    files = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    for name, path in files.items():
        if not lies_within(path, folder):
            raise OutsideError(f"artifact entry {name!r} is a link that leads out of the artifact")
    _upload(request, settings, {f"{prefix}{name}": path for name, path in files.items()})
    return len(files)


def _upload(request: ActionRequest, settings: _Settings, files: dict[str, Path]) -> None:
    s3 = session_of(request).client("s3")

    def put(item: tuple[str, Path]) -> None:
        if request.cancelled.is_set():
            raise ActionFailure("stopped while it was deploying")
        key, path = item
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        headers = {"ContentType": kind, **settings.headers}
        upload(s3, path, bucket=settings.bucket, key=key, headers=headers)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(put, files.items()))
