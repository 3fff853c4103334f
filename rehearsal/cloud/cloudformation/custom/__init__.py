"""Custom resources: CDK's own are implemented here, all others invoke the user's function."""

from rehearsal.cloud.cloudformation.custom.dispatch import attach

__all__ = ["attach"]
