"""CodeCommit: repositories that pipelines read, and people push to."""

from rehearsal.cloud.codecommit.service import attach

__all__ = ["attach"]
