"""State that outlives a stop and a kill: what was acknowledged is on disk.

ministack holds each service's state in memory and writes it as one file per service. `Durable` sees every
request on the endpoint; before the answer to one that changes something goes out, `Saver` writes the files
of the service that it changed. A stack operation ends on its own, later, and touches every service: all of
them are written before any answer tells its end. What follows from a request on other services without
being waited for (a log line, a delivered event, a metric) is written about a second later, as AWS does not
acknowledge it either.
"""

from rehearsal.daemon.state.autosave import autosave
from rehearsal.daemon.state.ending import Ending
from rehearsal.daemon.state.layer import Durable
from rehearsal.daemon.state.saver import Saver

__all__ = ["Durable", "Ending", "Saver", "autosave"]
