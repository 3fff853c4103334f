"""The pipeline's step: builds the report, keeps it with the artifacts, and says where it is.

    python -m pipeline.change_report.publish --variables FILE

Everything else comes from the environment that the step is given. The file it writes exports SUMMARY
and REPORT_URL, which the approval shows.
"""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from pipeline import assembly
from pipeline.change_report.baseline import Reports, last_approved
from pipeline.change_report.bootstrapped import lacking
from pipeline.change_report.compare import compare
from pipeline.change_report.deployed import Deployed
from pipeline.change_report.page import draw
from pipeline.change_report.report import Report, StackChange, as_json, summary
from pipeline.repair import reason_of

REHEARSED_LINK_SECONDS = 7 * 24 * 3600
REPAIR = "This execution is in the repair lane: alarms that sound will not stop it."
FIRST_TIME = "No earlier execution has gone through this stage, so the pipeline itself is shown as new."


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the step was told by the pipeline."""

    assembly: Path
    bucket: str
    environment: str
    """As in the configuration, and in the names of its kept policies."""
    stage: str
    """The construct id of the Stage, as in the assembly."""
    pipeline_stage: str
    """What the pipeline calls it."""
    execution_id: str
    pipeline: str
    pipeline_stack: str

    @classmethod
    def from_environment(cls, folder: Path) -> "Order":
        return cls(
            assembly=folder,
            bucket=os.environ["ARTIFACT_BUCKET"],
            environment=os.environ["DELIVERY_ENVIRONMENT"],
            stage=os.environ["DELIVERY_STAGE"],
            pipeline_stage=os.environ["PIPELINE_STAGE"],
            execution_id=os.environ["EXECUTION_ID"],
            pipeline=os.environ["PIPELINE_NAME"],
            pipeline_stack=os.environ["PIPELINE_STACK"],
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.change_report.publish")
    parser.add_argument("--assembly", type=Path, default=Path("cdk.out"))
    parser.add_argument("--variables", type=Path, required=True)
    arguments = parser.parse_args()
    session = boto3.session.Session()
    url, line = publish(Order.from_environment(arguments.assembly), session)
    arguments.variables.write_text(
        f"export SUMMARY={shlex.quote(line)}\nexport REPORT_URL={shlex.quote(url)}\n", encoding="utf-8"
    )
    sys.stdout.write(f"{line}\n{url}\n")


def publish(order: Order, session: boto3.session.Session) -> tuple[str, str]:
    """Where the page is, and its one line."""
    reports = Reports(s3=session.client("s3"), bucket=order.bucket, pipeline=order.pipeline)
    pipeline_stack = _pipeline_stack(order)
    report = _report(order, session, reports, pipeline_stack)
    written = json.dumps(as_json(report), indent=2).encode()
    reports.keep(order.execution_id, "report.json", written, "application/json")
    key = reports.keep(order.execution_id, "index.html", draw(report).encode(), "text/html; charset=utf-8")
    template = json.dumps(pipeline_stack.template()).encode()
    reports.keep(order.execution_id, "pipeline.json", template, "application/json")
    return _url(order.bucket, key, session), summary(report)


def _report(
    order: Order, session: boto3.session.Session, reports: Reports, pipeline_stack: assembly.AssemblyStack
) -> Report:
    approved = last_approved(session.client("codepipeline"), reports, stage=order.pipeline_stage)
    itself = compare(
        name=pipeline_stack.path,
        before=approved,
        after=pipeline_stack.template(),
        environment=pipeline_stack.environment,
    )
    execution = _execution(order, session)
    revision, message = _revision(execution)
    repair = reason_of(execution)
    delivered = _delivered(order)
    deployed = Deployed(
        session=session,
        account=session.client("sts").get_caller_identity()["Account"],
        region=session.region_name or "us-east-1",
    )
    return Report(
        title=f"{order.pipeline} → {order.stage}",
        target=order.stage,
        revision=revision,
        message=message,
        execution_id=order.execution_id,
        stacks=(*_environment_changes(delivered, deployed), itself),
        notes=tuple(_notes(repair, is_first=not approved)),
        repair=repair,
        to_bootstrap=tuple(lacking(order.environment, deployed.session_for(delivered[0]))),
    )


def _delivered(order: Order) -> list[assembly.AssemblyStack]:
    found = [stack for stack in assembly.stacks(order.assembly) if _is_delivered(stack, order)]
    if not found:
        raise assembly.AssemblyError(f"{order.assembly} holds no stack of the stage {order.stage}")
    return found


def _environment_changes(
    delivered: Sequence[assembly.AssemblyStack], deployed: Deployed
) -> list[StackChange]:
    return [
        compare(
            name=stack.path,
            before=deployed.template(stack),
            after=stack.template(),
            environment=stack.environment,
        )
        for stack in delivered
    ]


def _is_delivered(stack: assembly.AssemblyStack, order: Order) -> bool:
    return stack.path.startswith(f"{order.pipeline_stack}/{order.stage}/")


def _pipeline_stack(order: Order) -> assembly.AssemblyStack:
    for stack in assembly.stacks(order.assembly):
        if stack.path == order.pipeline_stack:
            return stack
    raise assembly.AssemblyError(f"{order.assembly} holds no stack {order.pipeline_stack}")


def _notes(repair: str, *, is_first: bool) -> Iterator[str]:
    if repair:
        yield f"{REPAIR} The reason: {repair}"
    if is_first:
        yield FIRST_TIME


def _execution(order: Order, session: boto3.session.Session) -> Mapping[str, Any]:
    """The report is complete without it."""
    try:
        answer: Any = session.client("codepipeline").get_pipeline_execution(
            pipelineName=order.pipeline, pipelineExecutionId=order.execution_id
        )
    except ClientError:
        return {}
    found: Mapping[str, Any] = answer["pipelineExecution"]
    return found


def _revision(execution: Mapping[str, Any]) -> tuple[str, str]:
    """Which commit it is and what its author said."""
    revisions = execution.get("artifactRevisions", [])
    newest = revisions[0] if revisions else {}
    return newest.get("revisionId", ""), _commit_message(newest.get("revisionSummary", ""))


def _commit_message(text: str) -> str:
    """Git hosts wrap the message: `{"ProviderType": "GitHub", "CommitMessage": "…"}`."""
    try:
        wrapped = json.loads(text)
    except ValueError:
        return text
    return str(wrapped.get("CommitMessage", text)) if isinstance(wrapped, dict) else text


def _url(bucket: str, key: str, session: boto3.session.Session) -> str:
    """A link for people: the console, where reading the report needs a login; the endpoint in a rehearsal."""
    if os.environ.get("AWS_ENDPOINT_URL"):
        # Only this machine can follow it, and no console is there to sign anybody in.
        link: str = session.client("s3").generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=REHEARSED_LINK_SECONDS
        )
        return link
    region = session.region_name
    return f"https://{region}.console.aws.amazon.com/s3/object/{bucket}?region={region}&prefix={key}"


if __name__ == "__main__":
    try:
        main()
    except (assembly.AssemblyError, KeyError) as error:
        sys.exit(f"change report: {error}")
