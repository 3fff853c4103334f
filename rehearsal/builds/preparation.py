"""Prepares a build before its first command: sources, buildspec, variables, environment."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from botocore.exceptions import ClientError

from rehearsal.archive import ArchiveError, open_within
from rehearsal.builds.buildspec.model import (
    ArtifactSpec,
    Buildspec,
    BuildspecError,
    UnsupportedBuildspecError,
)
from rehearsal.builds.buildspec.parser import parse
from rehearsal.builds.environment.access import RoleVariableStores, ServiceRole
from rehearsal.builds.environment.bake import Bake, bake_of
from rehearsal.builds.environment.credentials import Grant
from rehearsal.builds.environment.surroundings import Surroundings, build_folder_variables, surround
from rehearsal.builds.environment.toolchain import fingerprint, runtime_gaps
from rehearsal.builds.environment.variables import Resolved, declared, resolve
from rehearsal.builds.files.declared_reads import declared_reads
from rehearsal.builds.files.deliveries import Delivery, PipelineDelivery, ProjectDelivery
from rehearsal.builds.files.sources import Fetcher, Sources
from rehearsal.builds.files.workspace import Workspace
from rehearsal.builds.handover import Handover
from rehearsal.builds.logs.log import BuildLog
from rehearsal.builds.project import Project
from rehearsal.builds.reuse.inputs import BuildInputs, MustRunError, names_commit
from rehearsal.builds.running.phases import PhaseError
from rehearsal.builds.site import BuildIdentity, Site
from rehearsal.emulator.environment import RemoteEndpointError
from rehearsal.interpreters import MissingToolError

_OWN_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")
"""A build that sets these calls the embedded AWS with keys that `CallTracker` cannot attribute to it."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    spec: Buildspec
    outputs: Mapping[str, ArtifactSpec]
    delivery: Delivery
    sources: Sources
    resolved: Resolved
    surroundings: Surroundings
    declares_reads: bool
    bake: Bake | None
    key: str | None
    """The key of the build's result; None if the build must run."""

    @property
    def differences(self) -> tuple[str, ...]:
        """Differences between this build and what the buildspec configures."""
        wanted = self.spec.phase("install").runtime_versions
        return (*self.spec.differences, *runtime_gaps(wanted, self.surroundings.python))


@dataclass(frozen=True, kw_only=True)
class Preparation:
    site: Site
    project: Project
    identity: BuildIdentity
    workspace: Workspace
    role: ServiceRole
    grant: Grant
    log: BuildLog
    handover: Handover | None

    def prepare(self) -> Prepared:
        """Raises `PhaseError` for all errors that CodeBuild reports in DOWNLOAD_SOURCE."""
        sources = self._sources()
        text, spec = self._buildspec()
        variables = declared(spec.environment, self.project.variables, self.project.started_with)
        resolved = resolve(variables, RoleVariableStores(session=self.role.session))
        self.log.masker.add(*resolved.secrets.values())
        if reads := declared_reads(resolved.values, self.workspace.source):
            reads.leave_only(self.workspace.source)
            if not names_commit(text, self.workspace.source):
                sources = replace(sources, version="")
        delivery = self._delivery()
        outputs = delivery.outputs(spec)
        bake = bake_of(resolved.values, self.handover.bake_seconds) if self.handover else None
        surroundings = self._surroundings(spec, sources, resolved, bake)
        return Prepared(
            spec=spec,
            outputs=outputs,
            delivery=delivery,
            sources=sources,
            resolved=resolved,
            surroundings=surroundings,
            declares_reads=reads is not None,
            bake=bake,
            key=self._key(text, sources, resolved, surroundings, tuple(outputs)),
        )

    def _sources(self) -> Sources:
        fetcher = Fetcher(workspace=self.workspace, session=self.role.session, home=self.site.cloud.home)
        if self.handover:
            return fetcher.of_pipeline(self.handover)
        return fetcher.of_project(self.project)

    def _buildspec(self) -> tuple[str, Buildspec]:
        text = self._buildspec_text()
        try:
            return text, parse(text)
        except UnsupportedBuildspecError as error:
            raise PhaseError("YAML_FILE_ERROR", self.site.refusals.noted(str(error))) from error
        except BuildspecError as error:
            raise PhaseError("YAML_FILE_ERROR", str(error)) from error

    def _buildspec_text(self) -> str:
        """The buildspec: inline, a file of the source, or an S3 object."""
        given = self.project.source.buildspec
        if "\n" in given or given.lstrip().startswith("{"):
            return given
        if given.startswith("arn:"):
            return self._buildspec_in_s3(given)
        path = self.workspace.source / (given or "buildspec.yml")
        if not path.is_file():
            raise PhaseError("YAML_FILE_ERROR", f"YAML file does not exist: {given or 'buildspec.yml'}")
        try:
            with open_within(path, self.workspace.root) as file:
                return file.read().decode()
        except (ArchiveError, UnicodeDecodeError) as error:
            raise PhaseError("YAML_FILE_ERROR", f"YAML file cannot be read: {error}") from error

    def _buildspec_in_s3(self, arn: str) -> str:
        bucket, _, key = arn.rpartition(":::")[2].partition("/")
        try:
            answer = self.role.session.client("s3").get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise PhaseError("YAML_FILE_ERROR", f"{arn}: {error}") from error
        return answer["Body"].read().decode()

    def _delivery(self) -> Delivery:
        if self.handover:
            return PipelineDelivery(handover=self.handover, session=self.role.session)
        return ProjectDelivery(project=self.project, session=self.role.session, build_uuid=self.identity.uuid)

    def _surroundings(
        self, spec: Buildspec, sources: Sources, resolved: Resolved, bake: Bake | None
    ) -> Surroundings:
        wanted = spec.phase("install").runtime_versions.get("python", "")
        try:
            return surround(
                workspace=self.workspace,
                endpoint_url=self.site.cloud.endpoint_url,
                region=self.project.region,
                grant=self.grant,
                build_variables=self._build_variables(sources),
                project_variables={**resolved.values, **(bake.variables if bake else {})},
                secrets=(self.site.cloud.home.root,),
                python_version=wanted if wanted.replace(".", "").isdigit() and "." in wanted else "",
            )
        except (MissingToolError, RemoteEndpointError) as error:
            raise PhaseError("CLIENT_ERROR", str(error)) from error

    def _build_variables(self, sources: Sources) -> Mapping[str, str]:
        project, identity = self.project, self.identity
        variables = {
            "CODEBUILD_CI": "true",
            "CODEBUILD_BUILD_ID": identity.id,
            "CODEBUILD_BUILD_ARN": identity.arn,
            "CODEBUILD_BUILD_NUMBER": str(identity.number),
            "CODEBUILD_BUILD_IMAGE": project.image,
            "CODEBUILD_BUILD_SUCCEEDING": "1",
            "CODEBUILD_INITIATOR": identity.initiator,
            "CODEBUILD_KMS_KEY_ID": project.encryption_key,
            "CODEBUILD_LOG_PATH": identity.uuid,
            "CODEBUILD_RESOLVED_SOURCE_VERSION": sources.version,
            "CODEBUILD_SOURCE_VERSION": self._source_version(sources),
            "CODEBUILD_SOURCE_REPO_URL": "" if self.handover else project.source.location,
            "CODEBUILD_START_TIME": str(int(time.time() * 1000)),
            **build_folder_variables(self.workspace, sources.secondary),
        }
        return {name: value for name, value in variables.items() if value}

    def _source_version(self, sources: Sources) -> str:
        if self.handover is None:
            return self.project.source.version or sources.version
        found = self.handover.artifacts.location(self.handover.primary)
        return f"arn:aws:s3:::{found.bucket}/{found.key}"

    def _key(
        self,
        text: str,
        sources: Sources,
        resolved: Resolved,
        surroundings: Surroundings,
        outputs: tuple[str, ...],
    ) -> str | None:
        """None for builds outside a pipeline: a person who starts a build wants it to run."""
        if self.handover is None or not self.handover.reuse_builds:
            return None
        if any(name in resolved.values for name in _OWN_KEYS):
            return None
        folders: dict[str, Path] = {"": self.workspace.source, **sources.secondary}
        inputs = BuildInputs(
            project={
                name: value
                for name, value in self.project.record.items()
                if name not in ("created", "lastModified", "source")
            },
            buildspec=text,
            variables=surroundings.variables,
            sources=folders,
            outputs=outputs,
            programs=fingerprint(surroundings.host_folders, surroundings.python),
        )
        try:
            return inputs.key()
        except MustRunError as reason:
            self.log.say(f"This build runs every time: {reason}")
            return None
