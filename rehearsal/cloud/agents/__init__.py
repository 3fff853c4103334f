"""AgentCore runtimes as processes of this machine."""

from rehearsal.cloud.agents.invocation import attach

__all__ = ["attach"]
