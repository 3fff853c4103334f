"""Uploads that raise S3's own error instead of the transfer library's wrapper."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def upload(s3: S3Client, file: Path, *, bucket: str, key: str, headers: Mapping[str, str]) -> None:
    try:
        s3.upload_file(str(file), bucket, key, ExtraArgs=dict(headers))
    except S3UploadFailedError as error:
        if isinstance(error.__context__, ClientError):
            raise error.__context__ from None
        raise
