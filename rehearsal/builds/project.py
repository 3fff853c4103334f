"""A CodeBuild project with the overrides of StartBuild, parsed from the API's record."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.builds.environment.variables import Variable
from rehearsal.model.results import Fidelity, Gap

Record = Mapping[str, Any]

_OVERRIDES = {
    "sourceTypeOverride": ("source", "type"),
    "sourceLocationOverride": ("source", "location"),
    "gitCloneDepthOverride": ("source", "gitCloneDepth"),
    "buildspecOverride": ("source", "buildspec"),
    "imageOverride": ("environment", "image"),
    "environmentTypeOverride": ("environment", "type"),
    "computeTypeOverride": ("environment", "computeType"),
    "privilegedModeOverride": ("environment", "privilegedMode"),
    "gitSubmodulesConfigOverride": ("source", "gitSubmodulesConfig"),
    "insecureSslOverride": ("source", "insecureSsl"),
    "reportBuildStatusOverride": ("source", "reportBuildStatus"),
    "buildStatusConfigOverride": ("source", "buildStatusConfig"),
    "sourceAuthOverride": ("source", "auth"),
    "certificateOverride": ("environment", "certificate"),
    "registryCredentialOverride": ("environment", "registryCredential"),
    "imagePullCredentialsTypeOverride": ("environment", "imagePullCredentialsType"),
}
_WHOLE_OVERRIDES = {
    "artifactsOverride": "artifacts",
    "secondarySourcesOverride": "secondarySources",
    "secondaryArtifactsOverride": "secondaryArtifacts",
    "cacheOverride": "cache",
    "logsConfigOverride": "logsConfig",
    "serviceRoleOverride": "serviceRole",
    "timeoutInMinutesOverride": "timeoutInMinutes",
    "queuedTimeoutInMinutesOverride": "queuedTimeoutInMinutes",
    "encryptionKeyOverride": "encryptionKey",
    "sourceVersion": "sourceVersion",
}
_ACCEPTED = (
    "projectName",
    "environmentVariablesOverride",
    "secondarySourcesVersionOverride",
    "idempotencyToken",
)

_SOURCE_WITHOUT_EFFECT = {
    "gitCloneDepth": "its Git clone depth has no effect: the whole history is there",
    "gitSubmodulesConfig": "its Git submodules are not fetched",
    "reportBuildStatus": "its status is not reported to where its source comes from",
    "buildStatusConfig": "its status is not reported to where its source comes from",
    "insecureSsl": "insecureSsl has no effect: its source comes from this machine",
    "auth": "its source's authorization is not used: the source comes from this machine",
}
_ENVIRONMENT_WITHOUT_EFFECT = {
    "certificate": "its certificate is not installed: servers of its issuer are not trusted",
    "computeConfiguration": "its compute configuration has no effect: builds use this machine",
    "dockerServer": "it has no Docker server",
    "fleet": "its fleet has no effect: commands run on this machine",
    "hostKernel": "its host kernel has no effect: this machine's runs",
    "registryCredential": "its registry credential is not used: no image is pulled",
}
_OUTPUT_WITHOUT_EFFECT = {
    "bucketOwnerAccess": "bucketOwnerAccess of its artifacts has no effect",
    "encryptionDisabled": "encryptionDisabled of its artifacts has no effect: the bucket's settings count",
}


class UnsupportedProjectError(Exception):
    """The message names the unsupported setting and what to do instead."""


@dataclass(frozen=True, kw_only=True)
class Source:
    type: str = "NO_SOURCE"
    location: str = ""
    buildspec: str = ""
    identifier: str = ""
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Output:
    """The location of an artifact of a build outside a pipeline."""

    type: str = "NO_ARTIFACTS"
    bucket: str = ""
    path: str = ""
    name: str = ""
    identifier: str = ""
    with_build_id: bool = False
    override_name: bool = False
    zipped: bool = False


@dataclass(frozen=True, kw_only=True)
class Cache:
    type: str = "NO_CACHE"
    location: str = ""
    modes: tuple[str, ...] = ()
    namespace: str = ""

    @property
    def keeps_paths(self) -> bool:
        return self.type == "S3" or "LOCAL_CUSTOM_CACHE" in self.modes


@dataclass(frozen=True, kw_only=True)
class Logs:
    enabled: bool
    group: str
    stream: str
    """If the project sets a path, the build's id is appended to it."""


@dataclass(frozen=True, kw_only=True)
class Project:
    name: str
    arn: str
    service_role: str
    source: Source
    secondary_sources: tuple[Source, ...]
    outputs: tuple[Output, ...]
    variables: tuple[Variable, ...]
    started_with: tuple[Variable, ...]
    cache: Cache
    logs: Logs
    image: str
    environment_type: str
    encryption_key: str
    timeout_minutes: int
    queued_timeout_minutes: int
    record: Record = field(repr=False)

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]


def project_from(record: Record, start: Record) -> Project:
    """Parse the project; raises `UnsupportedProjectError`."""
    known = {*_OVERRIDES, *_WHOLE_OVERRIDES, *_ACCEPTED}
    if unknown := sorted(set(start) - known):
        raise UnsupportedProjectError(f"{unknown[0]} is not supported by the rehearsal; leave it out")
    found = _overridden(record, start)
    environment = found.get("environment") or {}
    if "WINDOWS" in str(environment.get("type", "")):
        raise UnsupportedProjectError("Windows builds cannot be rehearsed on this machine; use a Linux image")
    versions = {item["sourceIdentifier"]: item["sourceVersion"] for item in _versions(found, start)}
    return Project(
        name=found["name"],
        arn=found["arn"],
        service_role=found["serviceRole"],
        source=_source(found.get("source") or {}, str(found.get("sourceVersion") or "")),
        secondary_sources=tuple(
            _source(item, versions.get(item.get("sourceIdentifier", ""), ""))
            for item in found.get("secondarySources") or ()
        ),
        outputs=tuple(map(_output, [found.get("artifacts") or {}, *(found.get("secondaryArtifacts") or ())])),
        variables=_variables(environment.get("environmentVariables")),
        started_with=_variables(start.get("environmentVariablesOverride")),
        cache=_cache(found.get("cache") or {}),
        logs=_logs(found),
        image=str(environment.get("image", "")),
        environment_type=str(environment.get("type", "")),
        encryption_key=str(found.get("encryptionKey") or ""),
        timeout_minutes=int(found.get("timeoutInMinutes") or 60),
        queued_timeout_minutes=int(found.get("queuedTimeoutInMinutes") or 480),
        record=found,
    )


def gaps_of(project: Project) -> Iterator[Gap]:
    """Differences to AWS that apply to every build of this project."""
    environment = project.record.get("environment") or {}

    def gap(reason: str, fidelity: Fidelity = Fidelity.EMULATED) -> Gap:
        return Gap(subject=f"build project {project.name}", fidelity=fidelity, reason=reason)

    machine = "ARM" if "ARM" in project.environment_type else "x86"
    yield gap(
        f"commands run on this machine with its tools and its processor, not in {project.image} ({machine})"
    )
    if environment.get("privilegedMode"):
        yield gap("privileged mode has no effect: there is no Docker engine in a build")
    if project.record.get("vpcConfig"):
        yield gap("its VPC has no effect: a build uses this machine's network")
    if project.record.get("fileSystemLocations"):
        yield gap("its file systems are not mounted", Fidelity.RECORDED)
    if project.record.get("concurrentBuildLimit"):
        yield gap("its limit of concurrent builds is not enforced", Fidelity.RECORDED)
    if ((project.record.get("logsConfig") or {}).get("s3Logs") or {}).get("status") == "ENABLED":
        yield gap("its log is not written to S3; it is in CloudWatch Logs", Fidelity.RECORDED)
    if project.cache.type == "S3":
        yield gap("its cache is a folder of this machine, not an object in S3")
    yield from map(gap, _unheeded(project))
    if other := [mode for mode in project.cache.modes if mode == "LOCAL_DOCKER_LAYER_CACHE"]:
        yield gap(f"cache mode {other[0]} has no effect")


def _unheeded(project: Project) -> Iterator[str]:
    """Settings that are stored and returned but have no effect on builds."""
    found = project.record
    sources = [found.get("source") or {}, *(found.get("secondarySources") or ())]
    outputs = [found.get("artifacts") or {}, *(found.get("secondaryArtifacts") or ())]
    environments = [found.get("environment") or {}]
    yield from dict.fromkeys(
        reason
        for records, reasons in (
            (sources, _SOURCE_WITHOUT_EFFECT),
            (environments, _ENVIRONMENT_WITHOUT_EFFECT),
            (outputs, _OUTPUT_WITHOUT_EFFECT),
        )
        for record in records
        for key, reason in reasons.items()
        if record.get(key) not in (None, False, "", {}, 0, {"fetchSubmodules": False}, "NONE")
    )
    if project.encryption_key and any(output.type == "S3" for output in project.outputs):
        yield "its encryption key is not used for artifacts: the bucket's settings count"


def _overridden(record: Record, start: Record) -> dict[str, Any]:
    found = dict(record)
    for key, (section, name) in _OVERRIDES.items():
        if key in start:
            found[section] = {**(found.get(section) or {}), name: start[key]}
    found.update({name: start[key] for key, name in _WHOLE_OVERRIDES.items() if key in start})
    return found


def _versions(found: Record, start: Record) -> list[Record]:
    return list(start.get("secondarySourcesVersionOverride") or found.get("secondarySourceVersions") or ())


def _source(source: Record, version: str) -> Source:
    return Source(
        type=str(source.get("type") or "NO_SOURCE"),
        location=str(source.get("location") or ""),
        buildspec=str(source.get("buildspec") or ""),
        identifier=str(source.get("sourceIdentifier") or ""),
        version=version,
    )


def _output(artifacts: Record) -> Output:
    return Output(
        type=str(artifacts.get("type") or "NO_ARTIFACTS"),
        bucket=re.sub(r"^arn:aws[\w-]*:s3:::", "", str(artifacts.get("location") or "")),
        path=str(artifacts.get("path") or ""),
        name=str(artifacts.get("name") or ""),
        identifier=str(artifacts.get("artifactIdentifier") or ""),
        with_build_id=artifacts.get("namespaceType") == "BUILD_ID",
        override_name=bool(artifacts.get("overrideArtifactName")),
        zipped=artifacts.get("packaging") == "ZIP",
    )


def _variables(found: Any) -> tuple[Variable, ...]:
    return tuple(
        Variable(name=item["name"], value=str(item.get("value", "")), type=item.get("type") or "PLAINTEXT")
        for item in found or ()
    )


def _cache(cache: Record) -> Cache:
    return Cache(
        type=str(cache.get("type") or "NO_CACHE"),
        location=str(cache.get("location") or ""),
        modes=tuple(cache.get("modes") or ()),
        namespace=str(cache.get("cacheNamespace") or ""),
    )


def _logs(found: Record) -> Logs:
    cloudwatch = (found.get("logsConfig") or {}).get("cloudWatchLogs") or {}
    return Logs(
        enabled=cloudwatch.get("status", "ENABLED") == "ENABLED",
        group=str(cloudwatch.get("groupName") or f"/aws/codebuild/{found['name']}"),
        stream=str(cloudwatch.get("streamName") or ""),
    )
