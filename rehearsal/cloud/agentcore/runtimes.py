"""Running agents: one warm process for each runtime version, started at its first invocation."""

import dataclasses
import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.cloud.agentcore.process import AgentError, AgentProcess, unpack
from rehearsal.confinement import Confinement, ability, hidden_folders, named_files
from rehearsal.emulator.certificates import Authority
from rehearsal.emulator.environment import AccessKey, RemoteEndpointError, clean_environment
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.interpreter import step_bytecode


@dataclasses.dataclass(frozen=True, kw_only=True)
class RuntimeVersion:
    """The runtime version to run, as the control plane describes it."""

    runtime_id: str
    version: str
    account: str
    region: str
    bucket: str
    key: str
    object_version: str | None
    entry_point: tuple[str, ...]
    variables: Mapping[str, str]
    access: AccessKey

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.account, self.region, self.runtime_id


class Runtimes:
    """Starts, finds and ends the agents' processes."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._running: dict[tuple[str, str, str, str], AgentProcess] = {}
        self._locks: dict[tuple[str, str, str], threading.Lock] = {}
        self._guard = threading.Lock()

    def process(self, wanted: RuntimeVersion) -> AgentProcess:
        """The warm process; started if there is none or it has ended."""
        with self._lock(wanted.identity):
            key = (*wanted.identity, wanted.version)
            found = self._running.get(key)
            if found and found.runs:
                return found
            started = self._prepared(wanted)
            started.start()
            self._running[key] = started
            return started

    def stop(self, *, runtime_id: str | None = None) -> None:
        """End every version of one runtime, or every agent."""
        with self._guard:
            doomed = [key for key in self._running if runtime_id in (None, key[2])]
            processes = [self._running.pop(key) for key in doomed]
        for process in processes:
            process.stop()

    def _lock(self, identity: tuple[str, str, str]) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(identity, threading.Lock())

    def _prepared(self, wanted: RuntimeVersion) -> AgentProcess:
        name = f"{wanted.runtime_id}-{wanted.version}"
        home = self._cloud.home.root / "agents" / f"{wanted.account}-{wanted.region}"
        own = home / f"{name}.home"
        process = AgentProcess(
            name=name,
            folder=_fresh(home / name),
            entry_point=wanted.entry_point,
            environment=self._environment(wanted, own),
            confinement=self._confinement(home / name, own),
            log=home / f"{name}.log",
            processes=self._cloud.processes,
        )
        unpack(self._code(wanted), process.folder)
        return process

    def _confinement(self, *own: Path) -> Confinement:
        root = self._cloud.home.root
        return Confinement(
            writable=(*own, step_bytecode(root)),
            readable=(Authority(self._cloud.home.databases).certificate, *named_files(os.environ)),
            hidden=hidden_folders(root),
        )

    def _code(self, wanted: RuntimeVersion) -> bytes:
        s3: Any = self._cloud.session(account=wanted.account, region=wanted.region).client("s3")
        version = {"VersionId": wanted.object_version} if wanted.object_version else {}
        code: bytes = s3.get_object(Bucket=wanted.bucket, Key=wanted.key, **version)["Body"].read()
        return code

    def _environment(self, wanted: RuntimeVersion, home: Path) -> dict[str, str]:
        try:
            environment = clean_environment(
                endpoint_url=self._cloud.endpoint_url,
                region=wanted.region,
                key=wanted.access,
                home=home,
                extra={
                    **wanted.variables,
                    **Authority(self._cloud.home.databases).client_environment,
                    "PYTHONUNBUFFERED": "1",
                    "PYTHONPYCACHEPREFIX": str(step_bytecode(self._cloud.home.root)),
                },
                person=os.environ,
            )
        except RemoteEndpointError as error:
            raise AgentError(f"The agent {wanted.runtime_id} cannot start: {error}") from error
        if ability().way:
            environment.pop("TMPDIR", None)  # it has its own /tmp
        return environment


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def runtime_version(
    record: Mapping[str, Any], *, account: str, region: str, access: AccessKey
) -> RuntimeVersion:
    """The version to run; raises `AgentError` if it is not supported."""
    artifact = record.get("agentRuntimeArtifact", {})
    code = artifact.get("codeConfiguration")
    if not code:
        raise AgentError(
            f"The agent runtime {record['agentRuntimeId']} is a container image, and a rehearsal has no "
            "container engine. Deploy the agent's code directly "
            "(AgentRuntimeArtifact.CodeConfiguration) to rehearse it."
        )
    location = code["code"]["s3"]
    return RuntimeVersion(
        runtime_id=record["agentRuntimeId"],
        version=str(record["agentRuntimeVersion"]),
        account=account,
        region=region,
        bucket=location["bucket"],
        key=location["prefix"],
        object_version=location.get("versionId"),
        entry_point=tuple(code["entryPoint"]),
        variables=record.get("environmentVariables", {}),
        access=access,
    )
