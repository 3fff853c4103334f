"""Invokes a Lambda function with a CodePipeline job.

The function receives the job's event and answers through the API, `PutJobSuccessResult` or
`PutJobFailureResult`, during its run or later. A result with a continuation token requests another invocation
with that token, which CodePipeline makes every half minute; here it is made every second. If a function fails
before it answers, CodePipeline waits for twenty minutes; here that failure is reported at once.
"""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.engine.ports import ActionRequest, JobAnswer
from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity, Gap, S3Object
from rehearsal.providers.configuration import reading
from rehearsal.providers.identity import session_of
from rehearsal.providers.outcome import ActionFailure, reported

_TWENTY_MINUTES = 20
_LISTEN_SECONDS = 0.5
_CONTINUE_AFTER_SECONDS = 1.0

_SOONER = Gap(
    subject="Lambda invoke action",
    fidelity=Fidelity.EMULATED,
    reason="a job that continues is invoked again after one second instead of about thirty",
)


@dataclass(frozen=True, kw_only=True)
class _Settings:
    function: str
    user_parameters: str | None

    @classmethod
    def of(cls, action: Action) -> "_Settings":
        with reading(action) as values:
            values.artifacts(inputs=(0, 5), outputs=(0, 5))
            return cls(
                function=values.required("FunctionName"), user_parameters=values.optional("UserParameters")
            )


class LambdaInvoke:
    fidelity = Fidelity.EMULATED

    def check(self, action: Action) -> None:
        _Settings.of(action)

    @reported
    def run(self, request: ActionRequest) -> ActionResult:
        settings = _Settings.of(request.action)
        deadline = time.monotonic() + 60 * (request.action.timeout_minutes or _TWENTY_MINUTES)
        answer, token = _one_job(request, settings, None, deadline), None
        while answer.continuation_token:
            token = answer.continuation_token
            request.log(f"the job continues: {answer.summary or token}")
            if request.cancelled.wait(_CONTINUE_AFTER_SECONDS):
                raise ActionFailure("stopped while the job continued")
            answer = _one_job(request, settings, token, deadline)
        return ActionResult(
            output_artifacts={name: _written(request, name) for name in request.action.output_artifacts},
            variables=dict(answer.variables),
            external_id=answer.external_id,
            summary=answer.summary,
            fidelity=self.fidelity,
            gaps=(_SOONER,) if token else (),
        )


def _one_job(request: ActionRequest, settings: _Settings, token: str | None, deadline: float) -> JobAnswer:
    if request.jobs is None:
        raise ActionFailure("internal error: this action has no job queue", code="SystemUnavailable")
    job_id = str(uuid.uuid4())
    data = _job_data(request, settings, token)
    request.jobs.open(job_id, data)
    _invoke(request, settings, {"id": job_id, "accountId": request.account, "data": data})
    while not (answer := request.jobs.answer(job_id, wait_seconds=_LISTEN_SECONDS)):
        if request.cancelled.is_set():
            raise ActionFailure("stopped while waiting for the function's answer")
        if time.monotonic() > deadline:
            raise ActionFailure(
                f"function {settings.function} did not answer its job with PutJobSuccessResult or "
                "PutJobFailureResult in time",
                code="TimedOut",
            )
    if answer.failure:
        raise ActionFailure(answer.failure.message, code=answer.failure.code)
    return answer


def _invoke(request: ActionRequest, settings: _Settings, job: Mapping[str, Any]) -> None:
    invoked = (
        session_of(request)
        .client("lambda")
        .invoke(FunctionName=settings.function, Payload=json.dumps({"CodePipeline.job": job}))
    )
    if invoked.get("FunctionError"):
        raise ActionFailure(f"function {settings.function} failed: {invoked['Payload'].read().decode()}")


def _job_data(request: ActionRequest, settings: _Settings, token: str | None) -> dict[str, Any]:
    configuration = {"FunctionName": settings.function}
    if settings.user_parameters is not None:
        configuration["UserParameters"] = settings.user_parameters
    credentials = session_of(request).get_credentials()
    assert credentials is not None  # noqa: S101 - sessions of roles have credentials
    keys = credentials.get_frozen_credentials()
    data = {
        "actionConfiguration": {"configuration": configuration},
        "inputArtifacts": [_artifact(request, name) for name in request.action.input_artifacts],
        "outputArtifacts": [_artifact(request, name) for name in request.action.output_artifacts],
        "artifactCredentials": {
            "accessKeyId": keys.access_key,
            "secretAccessKey": keys.secret_key,
            "sessionToken": keys.token or "",
        },
    }
    return data | ({"continuationToken": token} if token else {})


def _artifact(request: ActionRequest, name: str) -> dict[str, Any]:
    location = request.artifacts.location(name)
    s3 = {"bucketName": location.bucket, "objectKey": location.key}
    return {"name": name, "revision": None, "location": {"type": "S3", "s3Location": s3}}


def _written(request: ActionRequest, name: str) -> S3Object:
    """The output that the function wrote to the job's location."""
    try:
        return request.artifacts.store(name, request.artifacts.fetch(name))
    except ClientError as error:
        if error.response["Error"].get("Code") not in ("404", "NoSuchKey"):
            raise
        place = request.artifacts.location(name)
        raise ActionFailure(
            f"the function did not write output artifact {name!r} to s3://{place.bucket}/{place.key}"
        ) from None
