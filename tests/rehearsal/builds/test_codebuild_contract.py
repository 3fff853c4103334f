"""The CodeBuild action keeps the contract of every action provider.

A build is handed to the service inside one process. The service therefore runs in the test's own, with
roles, logs and artifacts on the embedded AWS; only calls of the `codebuild` API do not leave the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import boto3
import pytest

from rehearsal.builds.environment.credentials import CredentialEndpoint
from rehearsal.builds.reports.groups import ReportGroups
from rehearsal.builds.reuse.calls import CallTracker
from rehearsal.builds.reuse.results import BuildResults
from rehearsal.builds.service import BuildService
from rehearsal.builds.site import Site
from rehearsal.builds.store import BuildStore
from rehearsal.daemon import client
from rehearsal.emulator.extension import Cloud, Emulator, ServiceRequest
from rehearsal.emulator.gaps import GapLog
from rehearsal.engine.ports import ActionRequest
from rehearsal.home import Endpoint, Home
from rehearsal.model.definition import Action, ActionType, ArtifactStore, Pipeline
from rehearsal.model.results import S3Object
from rehearsal.processes import Processes
from rehearsal.providers.artifacts import S3Artifacts
from rehearsal.providers.codebuild import CodeBuild
from tests.rehearsal.builds.aws import Account, commands, zipped
from tests.rehearsal.builds.traces import Trace
from tests.rehearsal.contracts.action_provider import ActionProviderContract, Case


@dataclass(frozen=True)
class InProcess:
    """The operations of boto3's CodeBuild client that the provider uses."""

    service: BuildService
    account: Account

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = "".join(part.title() for part in name.split("_"))
        return lambda **payload: self.service.handle(
            ServiceRequest(
                operation=operation, payload=payload, account=self.account.number, region=self.account.region
            )
        )


@dataclass(frozen=True)
class Sessions:
    service: BuildService
    account: Account

    def assume(self, _role: str | None, *, region: str | None = None) -> boto3.session.Session:  # noqa: ARG002
        return cast(boto3.session.Session, self)

    def client(self, name: str) -> Any:
        if name == "codebuild":
            return InProcess(self.service, self.account)
        return self.account.session.client(name)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Roots:
    """The part of the emulator that builds use."""

    endpoint: Endpoint

    def session(self, *, account: str, region: str) -> boto3.session.Session:
        return client.session(self.endpoint, account=account, region=region)


@dataclass
class Workshop:
    account: Account
    service: BuildService
    bucket: str
    folder: Path
    lines: list[str] = field(default_factory=list)

    def action(self, buildspec: str, **configuration: str) -> Action:
        name = f"demo-{uuid4().hex[:8]}"
        place = f"arn:aws:codebuild:{self.account.region}:{self.account.number}"
        role = self.account.role("codebuild.amazonaws.com", ["logs:*", "s3:*", "kms:*"])
        source = {"type": "CODEPIPELINE", "buildspec": buildspec}
        self.service.store.create(
            {"name": name, "arn": f"{place}:project/{name}", "serviceRole": role, "source": source}
        )
        return Action(
            name="Build",
            type=ActionType(category="Build", owner="AWS", provider="CodeBuild", version="1"),
            configuration={"ProjectName": name, **configuration},
            input_artifacts=("Src",),
            output_artifacts=("Out",),
        )

    def request(self, action: Action) -> ActionRequest:
        workdir = self.folder / uuid4().hex
        workdir.mkdir()
        sessions = Sessions(self.service, self.account)
        return ActionRequest(
            pipeline="line",
            stage="Build",
            action=action,
            execution_id=str(uuid4()),
            action_execution_id=str(uuid4()),
            account=self.account.number,
            region=self.account.region,
            artifacts=self.artifacts(action, sessions, workdir),
            sessions=sessions,
            workdir=workdir,
            log=self.lines.append,
            progress=lambda _: None,
            cancelled=threading.Event(),
        )

    def artifacts(self, action: Action, sessions: Sessions, workdir: Path) -> S3Artifacts:
        pipeline = Pipeline(
            name="line",
            account=self.account.number,
            region=self.account.region,
            role_arn="",
            stages=(),
            artifact_stores={self.account.region: ArtifactStore(bucket=self.bucket)},
        )
        inputs = {"Src": S3Object(bucket=self.bucket, key="src.zip")}
        return S3Artifacts(
            pipeline=pipeline, action=action, sessions=sessions, inputs=inputs, workdir=workdir
        )


@pytest.fixture
def workshop(cloud: Endpoint, aws: boto3.session.Session, tmp_path: Path) -> Iterator[Workshop]:
    account = Account(session=aws, number=cloud.account, region=cloud.region)
    home = Home(tmp_path / "home")
    home.create()
    (home.root / "secret").write_text(cloud.secret)  # the daemon's, by which it knows its own services
    part = Cloud(
        home=home,
        endpoint_url=cloud.url,
        account=cloud.account,
        region=cloud.region,
        enforces_iam=True,
        gaps=GapLog.of(home),
        emulator=cast(Emulator, Roots(cloud)),
        processes=Processes(home),
    )
    site = Site(
        cloud=part, credentials=CredentialEndpoint(), tracker=CallTracker(), results=BuildResults.of(home)
    )
    service = BuildService(site=site, store=BuildStore(), groups=ReportGroups(tmp_path / "reports.json"))
    bucket = account.bucket()
    aws.client("s3").put_object(Bucket=bucket, Key="src.zip", Body=zipped(in_txt="hello"))
    yield Workshop(account=account, service=service, bucket=bucket, folder=tmp_path)
    service.close()


class TestCodeBuild(ActionProviderContract):
    @pytest.fixture
    def case(self, workshop: Workshop) -> Case:
        packing = "env: {exported-variables: [V]}\nartifacts: {files: out.txt}\n"
        good = workshop.action(commands("V=1; cp in.txt out.txt", more=packing))
        return Case(
            provider=CodeBuild(),
            request=workshop.request,
            good=good,
            unsupported=workshop.action(commands("true"), BatchEnabled="true"),
            named="BatchEnabled",
            failing=workshop.action(commands("exit 3", more="artifacts: {files: in.txt}\n")),
            endless=workshop.action(commands("sleep 300", more="artifacts: {files: in.txt}\n")),
        )


def test_a_build_is_told_live_and_reports_what_differs(workshop: Workshop) -> None:
    action = workshop.action(
        commands("echo one", "cat in.txt > out.txt", more="artifacts: {files: out.txt}\n")
    )
    result = CodeBuild().run(workshop.request(action))
    assert "one" in workshop.lines
    assert "commands run on this machine" in result.gaps[0].reason
    assert Path(result.external_url.removeprefix("file://")).read_text().count("\none\n") == 1


def test_builds_side_by_side_all_succeed(workshop: Workshop) -> None:
    """Short ones, so that several end at once and look after what is remembered together."""
    packing = "artifacts: {files: out.txt}\n"
    for turn in range(2):
        actions = [
            workshop.action(commands(f"echo {turn} {number} > out.txt", more=packing)) for number in range(8)
        ]
        with ThreadPoolExecutor(len(actions)) as pool:
            results = list(pool.map(CodeBuild().run, map(workshop.request, actions)))
        assert [result.failure for result in results] == [None] * len(actions)


def test_a_build_that_may_not_be_answered_runs_and_the_next_one_may(workshop: Workshop) -> None:
    """As `slipway rehearse --no-reuse` asks for its own execution, while a push builds the same."""
    trace = Trace()
    action = workshop.action(
        commands(f"{trace.command}; cp in.txt out.txt", more="artifacts: {files: out.txt}\n")
    )
    ordinary = workshop.request(action)
    CodeBuild().run(ordinary)
    result = CodeBuild().run(replace(workshop.request(action), reuse_builds=False))
    assert "reused result of" not in result.summary
    assert trace.count() == 2
    assert "reused result of" in CodeBuild().run(workshop.request(action)).summary
