"""Runs every settling step at a start, in order."""

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
    """Run while the endpoint answers, because roll-backs call functions, and before it is published."""
    sentences = list(already)
    try:
        sentences += await Stacks(journal).settle()
        for callback in cloud.start_callbacks:
            sentences += await asyncio.to_thread(callback)
        await asyncio.to_thread(saver.save)
    except Exception:
        _log.exception("Interrupted operations of the last daemon cannot be settled")
        sentences.append("Some interrupted operations of the last daemon cannot be settled; see the log.")
    report.write(cloud.home.root, sentences)


def about(ending: Ending) -> list[str]:
    """How the last daemon ended, if not regularly."""
    if ending.was_killed:
        return ["The last daemon was killed; all state that it had acknowledged is restored."]
    return [f"The last daemon could not save everything: {why}" for why in ending.problems]
