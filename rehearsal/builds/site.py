"""What all builds of one rehearsal share."""

from dataclasses import dataclass

from rehearsal.builds.credentials import CredentialEndpoint
from rehearsal.builds.memory import BuildMemory
from rehearsal.builds.witness import Witness
from rehearsal.cloud.extension import Cloud


@dataclass(frozen=True, kw_only=True)
class Site:
    cloud: Cloud
    credentials: CredentialEndpoint
    witness: Witness
    memory: BuildMemory


@dataclass(frozen=True, kw_only=True)
class BuildIdentity:
    """`id` is `project:uuid`, as the API has it."""

    id: str
    arn: str
    number: int
    initiator: str

    @property
    def uuid(self) -> str:
        return self.id.rpartition(":")[2]

    @property
    def mark(self) -> str:
        """In the environment of every process of this build."""
        return f"CODEBUILD_BUILD_ID={self.id}"
