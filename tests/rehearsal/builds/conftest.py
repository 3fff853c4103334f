"""Builds with the real shell, the real host tools and a log that is a list; no daemon."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rehearsal.builds.buildspec.model import Buildspec
from rehearsal.builds.buildspec.parser import parse
from rehearsal.builds.environment.credentials import CredentialEndpoint, TemporaryKey
from rehearsal.builds.environment.surroundings import build_folder_variables, surround
from rehearsal.builds.files.workspace import Workspace, occupied
from rehearsal.builds.logs.log import BuildLog, Lines
from rehearsal.builds.logs.masking import Masker
from rehearsal.builds.runner import Runner, RunResult
from rehearsal.builds.running.phases import PhaseTrail
from rehearsal.builds.running.shell import Shell, StopSignal
from rehearsal.home import Home
from rehearsal.processes import Processes
from tests.rehearsal.builds.identity import PROJECT

KEY = TemporaryKey(
    key_id="ASIAEXAMPLEEXAMPLE00",
    secret="the-secret-key-of-the-build",
    token="the-session-token",
    expires=datetime.now(UTC) + timedelta(hours=1),
)


@dataclass
class Bench:
    """Runs one buildspec after another in slots of one folder."""

    builds: Path
    endpoint: CredentialEndpoint
    lines: list[str] = field(default_factory=list)
    trail: PhaseTrail = field(default_factory=PhaseTrail)
    stop: StopSignal = field(default_factory=StopSignal)
    notes: tuple[str, ...] = ()

    def run(
        self,
        buildspec: str,
        *,
        files: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        person: Mapping[str, str] | None = None,
        uid: str = "0001",
    ) -> RunResult:
        self.lines.clear()
        self.trail = PhaseTrail()
        spec = parse(buildspec)
        with occupied(self.builds, project_arn="arn:aws:codebuild:eu-west-1:1:project/demo") as workspace:
            for name, content in (files or {}).items():
                target = workspace.source / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content)
            return self._run(
                spec, workspace, {**spec.environment.variables, **(variables or {}), **(secrets or {})},
                secrets or {}, person, uid,
            )  # fmt: skip

    def _run(
        self,
        spec: Buildspec,
        workspace: Workspace,
        variables: Mapping[str, str],
        secrets: Mapping[str, str],
        person: Mapping[str, str] | None,
        uid: str,
    ) -> RunResult:
        grant = self.endpoint.grant(lambda: KEY)
        surroundings = surround(
            workspace=workspace,
            endpoint_url="http://127.0.0.1:9",
            region="eu-west-1",
            grant=grant,
            build_variables={
                **build_folder_variables(workspace, {}),
                "CODEBUILD_BUILD_ID": f"{PROJECT}:{uid}",
                "CODEBUILD_BUILD_SUCCEEDING": "1",
            },
            project_variables=variables,
            person=person,
        )
        self.notes = surroundings.notes
        log = BuildLog(
            masker=Masker([*secrets.values(), KEY.secret, KEY.token, grant.authorization]),
            sinks=[Lines(self.lines.append)],
        )
        shell = Shell(
            program=spec.environment.shell,
            environment=surroundings.variables,
            directory=workspace.source,
            scratch=workspace.scratch,
            kept=workspace.kept,
            output=log.output,
            stop=self.stop,
            deadline=time.monotonic() + 120,
            build=f"{PROJECT}:{uid}",
            mark=f"CODEBUILD_BUILD_ID={PROJECT}:{uid}",
            processes=Processes(Home(self.builds.parent / "rehearsal")),
            confinement=surroundings.confinement,
        )
        outputs = {"": spec.artifacts} if spec.artifacts else {}
        try:
            return Runner(
                spec=spec,
                workspace=workspace,
                shell=shell,
                log=log,
                trail=self.trail,
                outputs={**outputs, **spec.secondary_artifacts},
                unexportable=frozenset(secrets),
            ).run()
        finally:
            shell.close()
            grant.forget()
            log.close()

    @property
    def output(self) -> list[str]:
        """What commands wrote, without CodeBuild's own lines."""
        return [line for line in self.lines if not line.startswith("[Container]")]

    @property
    def said(self) -> list[str]:
        """CodeBuild's own lines, without their time."""
        return [line.split(" ", 3)[3] for line in self.lines if line.startswith("[Container]")]

    @property
    def statuses(self) -> dict[str, str]:
        return {result.name: result.status for result in self.trail.results}


@pytest.fixture(scope="session")
def credential_endpoint() -> CredentialEndpoint:
    return CredentialEndpoint()


@pytest.fixture
def bench(tmp_path: Path, credential_endpoint: CredentialEndpoint) -> Bench:
    assert os.environ["PATH"]
    return Bench(builds=tmp_path / "builds", endpoint=credential_endpoint)
