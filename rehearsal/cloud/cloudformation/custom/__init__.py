"""Custom resources: CDK's own done natively, everybody else's invoked."""

from rehearsal.cloud.cloudformation.custom.dispatch import attach

__all__ = ["attach"]
