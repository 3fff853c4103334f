"""What only the router can do."""

from dataclasses import dataclass
from typing import cast

from strands import tool

from agents.second_brain.swarm.permissions import CHANGES, Change
from agents.second_brain.swarm.visit import Visit


@dataclass(frozen=True)
class RoutingTools:
    visit: Visit

    @tool
    def allow_change(self, change: str, times: int = 1) -> str:
        """Let a colleague change something, because the person asks for it in their own words.

        Args:
            change: add_event (an appointment in the calendar), add_reminder, invite (somebody into the
                family) or join_family.
            times: How many of them the person asks for.
        """
        if change not in CHANGES:
            raise ValueError(f"change must be one of {', '.join(CHANGES)}")
        self.visit.permissions.allow(cast("Change", change), times=times)
        return f"{change} is allowed"
