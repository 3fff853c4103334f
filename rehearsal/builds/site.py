"""Objects that all builds of one rehearsal share."""

from dataclasses import dataclass

from rehearsal.builds.environment.credentials import CredentialEndpoint
from rehearsal.builds.reuse.calls import CallTracker
from rehearsal.builds.reuse.results import BuildResults
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.refusals import Refusals


@dataclass(frozen=True, kw_only=True)
class Site:
    cloud: Cloud
    credentials: CredentialEndpoint
    tracker: CallTracker
    results: BuildResults

    @property
    def refusals(self) -> Refusals:
        return Refusals.of(self.cloud.home)


@dataclass(frozen=True, kw_only=True)
class BuildIdentity:
    """`id` is `project:uuid`, as in the API."""

    id: str
    arn: str
    number: int
    initiator: str

    @property
    def uuid(self) -> str:
        return self.id.rpartition(":")[2]

    @property
    def mark(self) -> str:
        """An entry in the environment of every process of this build, by which it is found."""
        return f"CODEBUILD_BUILD_ID={self.id}"
