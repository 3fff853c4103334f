"""The result of an action and its fidelity to AWS: values that providers return and the record stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fidelity(StrEnum):
    """How close to AWS an action was. The run ends with a report of everything that was not real."""

    REAL = "real"
    """The same program did the same work (a build's commands, a smoke test's HTTP calls)."""
    EMULATED = "emulated"
    """The embedded AWS processed it with behaviour like AWS's."""
    RECORDED = "recorded"
    """Accepted and stored without any effect. `--strict` turns this into failure."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One known difference from AWS, as the fidelity report prints it."""

    subject: str
    """What it is about: a resource type, a service, an action."""
    fidelity: Fidelity
    reason: str


@dataclass(frozen=True, kw_only=True)
class S3Object:
    bucket: str
    key: str
    version: str | None = None


@dataclass(frozen=True, kw_only=True)
class Failure:
    """`code` is CodePipeline's own (`JobFailed`, `ConfigurationError`, `PermissionError`, …)."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class SourceRevision:
    revision_id: str
    summary: str = ""
    url: str = ""
    kind: str = "COMMIT_ID"
    """`COMMIT_ID`, or for S3 `S3_OBJECT_VERSION_ID` or `S3_OBJECT_KEY`."""


@dataclass(frozen=True, kw_only=True)
class ActionResult:
    failure: Failure | None = None
    output_artifacts: Mapping[str, S3Object] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    external_id: str = ""
    external_url: str = ""
    summary: str = ""
    revision: SourceRevision | None = None
    fidelity: Fidelity = Fidelity.REAL
    gaps: tuple[Gap, ...] = ()

    @property
    def succeeded(self) -> bool:
        return self.failure is None
