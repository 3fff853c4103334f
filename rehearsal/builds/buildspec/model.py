"""Frozen data classes of a buildspec, without I/O. The parser creates them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rehearsal import expressions

PhaseName = Literal["install", "pre_build", "build", "post_build"]
PHASES: tuple[PhaseName, ...] = ("install", "pre_build", "build", "post_build")

TEST_FORMATS = ("JUNITXML", "CUCUMBERJSON", "NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX")
ANYTHING = ".*"
COVERAGE_FORMATS = ("CLOVERXML", "COBERTURAXML", "JACOCOXML", "SIMPLECOV")


@dataclass(frozen=True, kw_only=True)
class OnFailure:
    """What happens after a failed phase; None means CodeBuild's default for that phase."""

    action: Literal["ABORT", "CONTINUE", "RETRY"] | None = None
    retries: int = 0
    pattern: str = ANYTHING

    def retries_after(self, message: str, *, attempts: int) -> bool:
        """Whether the phase is retried after `attempts` attempts, if the last one failed with `message`.

        Raises `ExpressionError` if the pattern takes too long to match.
        """
        if self.action != "RETRY" or attempts > self.retries:
            return False
        return self.pattern == ANYTHING or expressions.found_in(self.pattern, message)


@dataclass(frozen=True, kw_only=True)
class Phase:
    name: PhaseName
    commands: tuple[str, ...] = ()
    final_commands: tuple[str, ...] = ()
    on_failure: OnFailure = OnFailure()
    runtime_versions: Mapping[str, str] = field(default_factory=dict)
    run_as: str | None = None


@dataclass(frozen=True, kw_only=True)
class SecretReference:
    """One `secrets-manager` entry, `id:json-key:version-stage:version-id`."""

    secret_id: str
    json_key: str = ""
    version_stage: str = ""
    version_id: str = ""

    @classmethod
    def parse(cls, text: str) -> "SecretReference":
        """Split at colons; an ARN itself contains six."""
        split_at = 7 if text.startswith("arn:") else 1
        parts = text.split(":")
        rest = [*parts[split_at:], "", "", ""]
        return cls(
            secret_id=":".join(parts[:split_at]),
            json_key=rest[0],
            version_stage=rest[1],
            version_id=rest[2],
        )


@dataclass(frozen=True, kw_only=True)
class Environment:
    shell: str = "sh"
    variables: Mapping[str, str] = field(default_factory=dict)
    parameter_store: Mapping[str, str] = field(default_factory=dict)
    secrets_manager: Mapping[str, str] = field(default_factory=dict)
    exported_variables: tuple[str, ...] = ()
    git_credential_helper: bool = False


@dataclass(frozen=True, kw_only=True)
class ArtifactSpec:
    files: tuple[str, ...]
    base_directory: str = ""
    discard_paths: bool = False
    exclude_paths: tuple[str, ...] = ()
    name: str = ""
    enable_symlinks: bool = False
    s3_prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportSpec:
    group: str
    files: tuple[str, ...]
    base_directory: str = ""
    discard_paths: bool = False
    file_format: str = "JUNITXML"


@dataclass(frozen=True, kw_only=True)
class CacheSpec:
    paths: tuple[str, ...]
    key: str = ""
    fallback_keys: tuple[str, ...] = ()
    action: Literal["restore", "save"] | None = None


@dataclass(frozen=True, kw_only=True)
class Buildspec:
    environment: Environment = Environment()
    phases: tuple[Phase, ...] = ()
    artifacts: ArtifactSpec | None = None
    secondary_artifacts: Mapping[str, ArtifactSpec] = field(default_factory=dict)
    reports: tuple[ReportSpec, ...] = ()
    cache: CacheSpec | None = None
    differences: tuple[str, ...] = ()
    """Settings that work differently in a rehearsal, as sentences for the fidelity report."""

    def phase(self, name: PhaseName) -> Phase:
        return next((phase for phase in self.phases if phase.name == name), Phase(name=name))


class BuildspecError(Exception):
    """The message names the key, the fault and what to write instead."""


class UnsupportedBuildspecError(BuildspecError):
    """CodeBuild accepts this buildspec; the rehearsal does not support it."""
