"""The pipeline's own template as people last approved it.

The pipeline changes itself before anybody is asked, so its deployed template always equals the new
one. Every report therefore keeps the pipeline's template, and the next one compares with that of the
last execution that went through the stage: whatever changed since is in the report.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_codepipeline import CodePipelineClient
    from mypy_boto3_codepipeline.type_defs import ActionExecutionDetailTypeDef
    from mypy_boto3_s3 import S3Client

PREFIX = "change-reports"
HISTORY = 5000
"""Action executions that are looked through: months of them."""


@dataclass(frozen=True, kw_only=True)
class Reports:
    """Where one pipeline's reports are kept: a folder for each execution."""

    s3: S3Client
    bucket: str
    pipeline: str

    def key(self, execution_id: str, name: str) -> str:
        return f"{PREFIX}/{self.pipeline}/{execution_id}/{name}"

    def keep(self, execution_id: str, name: str, body: bytes, content_type: str) -> str:
        key = self.key(execution_id, name)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)
        return key

    def template(self, execution_id: str) -> dict[str, Any] | None:
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=self.key(execution_id, "pipeline.json"))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied", "404"):
                return None  # without the right to list, S3 says AccessDenied for what is not there
            raise
        template: dict[str, Any] = json.loads(answer["Body"].read())
        return template


def last_approved(codepipeline: CodePipelineClient, reports: Reports, *, stage: str) -> dict[str, Any] | None:
    """The newest template whose execution succeeded in the stage; None the first time."""
    for execution_id in succeeded(codepipeline, pipeline=reports.pipeline, stage=stage):
        template = reports.template(execution_id)
        if template is not None:
            return template
    return None


def succeeded(codepipeline: CodePipelineClient, *, pipeline: str, stage: str) -> Iterator[str]:
    """Executions that went through the stage, newest first."""
    pages = codepipeline.get_paginator("list_action_executions").paginate(
        pipelineName=pipeline, PaginationConfig={"MaxItems": HISTORY}
    )
    return went_through((action for page in pages for action in page["actionExecutionDetails"]), stage=stage)


def went_through(actions: Iterable[ActionExecutionDetailTypeDef], *, stage: str) -> Iterator[str]:
    """`actions` as the API lists them, newest first: a retry stands before what it repeats."""
    outcomes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for action in actions:
        if action.get("stageName") == stage:
            outcomes[action["pipelineExecutionId"]].setdefault(action["actionName"], action["status"])
    for execution_id, statuses in outcomes.items():
        if set(statuses.values()) == {"Succeeded"}:
            yield execution_id
