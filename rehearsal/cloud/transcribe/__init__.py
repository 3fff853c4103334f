"""Amazon Transcribe: jobs that hear what a recording carries as a comment."""

from rehearsal.cloud.transcribe.jobs import attach

__all__ = ["attach"]
