"""Every known difference between one execution and the same on AWS."""

from rehearsal.emulator.gaps import GapLog
from rehearsal.home import Home
from rehearsal.model.results import Gap
from rehearsal.record.record import Record


def gaps_of(home: Home, execution: str) -> tuple[Gap, ...]:
    """What the execution met, what the deployed stacks hold, and what holds for every rehearsal."""
    log = GapLog.of(home)
    return tuple(dict.fromkeys((*Record(home.record).gaps(execution), *log.read(), *log.constant())))
