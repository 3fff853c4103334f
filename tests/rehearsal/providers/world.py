"""A small AWS for provider tests: roles, an artifact bucket, and requests to run."""

import io
import json
import threading
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import Empty, Queue
from typing import Any, TypeVar
from uuid import uuid4

import boto3

from rehearsal.archive import pack
from rehearsal.daemon import client
from rehearsal.emulator.environment import AccessKey
from rehearsal.engine.ports import ActionRequest, ApprovalAnswer, JobAnswer
from rehearsal.home import Endpoint, Home
from rehearsal.model.definition import Action, ActionType, ArtifactStore, Pipeline, Stage
from rehearsal.model.results import ActionResult, S3Object
from rehearsal.providers.artifacts import S3Artifacts
from rehearsal.providers.registry import provider_for

OTHER_ACCOUNT = "444455556666"
OTHER_REGION = "us-east-1"

Answer = TypeVar("Answer")


class Roles:
    """Sessions of roles: the pipeline's by the account's root, an action's by the pipeline's."""

    def __init__(self, endpoint: Endpoint, pipeline_role: str) -> None:
        self.endpoint = endpoint
        self.pipeline_role = pipeline_role
        self.known: dict[tuple[str | None, str | None], boto3.session.Session] = {}

    def assume(self, role_arn: str | None, *, region: str | None = None) -> boto3.session.Session:
        key = (role_arn, region)
        if key not in self.known:
            self.known[key] = self._chained(role_arn, region)
        return self.known[key]

    def _chained(self, role_arn: str | None, region: str | None) -> boto3.session.Session:
        pipeline = self._assumed(client.session(self.endpoint), self.pipeline_role, region)
        return pipeline if role_arn is None else self._assumed(pipeline, role_arn, region)

    def _assumed(self, by: boto3.session.Session, role: str, region: str | None) -> boto3.session.Session:
        found = by.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        key = AccessKey(
            key_id=found["AccessKeyId"], secret=found["SecretAccessKey"], token=found["SessionToken"]
        )
        return client.session(self.endpoint, region=region, key=key)


@dataclass
class People:
    """Approvals that the test answers."""

    announced: bool = False
    expires: datetime | None = None
    asked: Queue[dict[str, Any]] = field(default_factory=Queue)
    given: Queue[ApprovalAnswer] = field(default_factory=Queue)

    def ask(self, *, expires: datetime, custom_data: str = "", link: str = "") -> str:
        self.asked.put({"expires": expires, "custom_data": custom_data, "link": link})
        return "token-1"

    def answer(self, token: str, *, wait_seconds: float) -> ApprovalAnswer | None:
        assert token == "token-1"
        return _next(self.given, wait_seconds)


@dataclass
class OpenJobs:
    """Jobs that the test answers, with `respond` called for each one that is opened."""

    respond: Callable[[Mapping[str, Any]], JobAnswer | None] = lambda _: None
    opened: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    answers: Queue[JobAnswer] = field(default_factory=Queue)

    def open(self, job_id: str, data: Mapping[str, Any]) -> None:
        self.opened.append((job_id, data))
        if answer := self.respond(data):
            self.answers.put(answer)

    def answer(self, job_id: str, *, wait_seconds: float) -> JobAnswer | None:
        assert job_id == self.opened[-1][0]
        return _next(self.answers, wait_seconds)


def _next(queue: Queue[Answer], seconds: float) -> Answer | None:
    try:
        return queue.get(timeout=seconds)
    except Empty:
        return None


@dataclass
class World:
    """What a provider test works with."""

    endpoint: Endpoint
    home: Home
    workdir: Path
    bucket: str
    sessions: Roles
    action_role: str
    lines: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    inputs: dict[str, S3Object] = field(default_factory=dict)
    stores: dict[str, ArtifactStore] = field(default_factory=dict)
    people: People = field(default_factory=People)
    jobs: OpenJobs = field(default_factory=OpenJobs)
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def root(self) -> boto3.session.Session:
        return client.session(self.endpoint)

    def account(self, number: str) -> boto3.session.Session:
        return client.session(self.endpoint, account=number)

    def artifact(self, name: str, files: Mapping[str, str]) -> None:
        """Make an input artifact of these files."""
        folder = self.workdir / f"make-{name}-{uuid4().hex[:6]}"
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        archive = folder.with_suffix(".zip")
        pack(folder, archive)
        key = f"demo/{name}/{uuid4().hex[:7]}"
        self.root.client("s3").upload_file(str(archive), self.bucket, key)
        self.inputs[name] = S3Object(bucket=self.bucket, key=key)

    def artifacts(self, action: Action, folder: Path) -> S3Artifacts:
        pipeline = Pipeline(
            name="demo",
            account=self.endpoint.account,
            region=self.endpoint.region,
            role_arn=self.sessions.pipeline_role,
            stages=(Stage(name="Deploy", actions=(action,)),),
            artifact_stores={self.endpoint.region: ArtifactStore(bucket=self.bucket), **self.stores},
        )
        return S3Artifacts(
            pipeline=pipeline, action=action, sessions=self.sessions, inputs=self.inputs, workdir=folder
        )

    def request(self, action: Action, **changes: Any) -> ActionRequest:
        folder = self.workdir / uuid4().hex
        folder.mkdir()
        values: dict[str, Any] = {
            "pipeline": "demo",
            "stage": "Deploy",
            "action": action,
            "execution_id": str(uuid4()),
            "action_execution_id": str(uuid4()),
            "account": self.endpoint.account,
            "region": self.endpoint.region,
            "artifacts": self.artifacts(action, folder),
            "sessions": self.sessions,
            "workdir": folder,
            "log": self.lines.append,
            "progress": self.words.append,
            "cancelled": self.cancelled,
            "home": self.home,
            "approvals": self.people,
            "jobs": self.jobs,
        }
        return ActionRequest(**{**values, **changes})


def make_role(session: boto3.session.Session, name: str, *, trusts: str, allows: list[str]) -> str:
    iam = session.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": trusts}, "Action": "sts:AssumeRole"}],
    }
    created = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": allows, "Resource": "*"}],
    }
    iam.put_role_policy(RoleName=name, PolicyName="allows", PolicyDocument=json.dumps(policy))
    return str(created["Role"]["Arn"])


def make_execution_role(session: boto3.session.Session, name: str = "cfn-exec") -> None:
    """What CloudFormation acts with: it exists once for all tests."""
    iam = session.client("iam")
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "cloudformation.amazonaws.com"},
                "Action": "sts:AssumeRole",
            },
        }
    )
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    everything = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(RoleName=name, PolicyArn=everything)


def make_bucket(session: boto3.session.Session, name: str, *, shared_with: str = "") -> str:
    s3 = session.client("s3")
    place = {"CreateBucketConfiguration": {"LocationConstraint": session.region_name}}
    extra: dict[str, Any] = {} if session.region_name == "us-east-1" else place
    s3.create_bucket(Bucket=name, **extra)
    if shared_with:
        grant = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{shared_with}:root"},
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        }
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [grant]}))
    return name


def an_action(
    category: str,
    provider: str,
    configuration: Mapping[str, str],
    *,
    owner: str = "AWS",
    inputs: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    **more: Any,
) -> Action:
    return Action(
        name="Act",
        type=ActionType(category=category, owner=owner, provider=provider, version="1"),
        configuration=configuration,
        input_artifacts=inputs,
        output_artifacts=outputs,
        **more,
    )


def make_function(world: World, source: str) -> str:
    """A Lambda function whose `handler` is in this Python source."""
    name = f"function-{uuid4().hex[:8]}"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("index.py", source)
    trust = f"arn:aws:iam::{world.endpoint.account}:root"
    world.root.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=make_role(world.root, name, trusts=trust, allows=["logs:*"]),
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
    )
    return name


def run(world: World, action: Action, **changes: Any) -> ActionResult:
    return provider_for(action.type).run(world.request(action, **changes))
