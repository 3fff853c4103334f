"""Keeps state across a stop and a kill: every acknowledged change is on disk.

ministack keeps each service's state in memory and writes one file per service. `Durable` intercepts every
request to the endpoint; before the response to a changing request is sent, `Saver` writes the files of the
services that it changed. A stack operation ends later and changes every service, so all files are written
before any response reports its end. Asynchronous effects on other services (a log line, a delivered event, a
metric) are written about a second later, because AWS does not acknowledge them either.
"""

from rehearsal.daemon.state.autosave import autosave
from rehearsal.daemon.state.ending import Ending
from rehearsal.daemon.state.layer import Durable
from rehearsal.daemon.state.saver import Saver

__all__ = ["Durable", "Ending", "Saver", "autosave"]
