"""Everything that is settled at a start, in its order."""

import asyncio
import logging
from collections.abc import Sequence

from rehearsal.daemon.settling import report
from rehearsal.daemon.settling.journal import Journal
from rehearsal.daemon.settling.stacks import Stacks
from rehearsal.daemon.state import Ending, Saver
from rehearsal.emulator.extension import Cloud

_log = logging.getLogger("rehearsal.cloud")


async def settle(cloud: Cloud, journal: Journal, saver: Saver, already: Sequence[str]) -> None:
    """While the endpoint answers, as roll-backs call functions, and before anybody is told where it is."""
    said = list(already)
    try:
        said += await Stacks(journal).settle()
        for callback in cloud.start_callbacks:
            said += await asyncio.to_thread(callback)
        await asyncio.to_thread(saver.save)
    except Exception:
        _log.exception("What the last daemon left behind cannot be settled")
        said.append("Something that the last daemon left behind cannot be settled; see the log.")
    report.tell(cloud.home.root, said)


def about(ending: Ending) -> list[str]:
    """How the last daemon ended, where it did not end well."""
    if ending.was_killed:
        return ["The last daemon was killed; what it had acknowledged is here."]
    return [f"The last daemon could not save everything: {why}" for why in ending.problems]
