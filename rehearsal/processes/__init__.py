"""Every child process of the embedded AWS: builds, functions, agents and database servers.

All are started by `Processes`, which knows three things about each: how it ends with the embedded AWS, what
it is called, and where its log and its port are.

- **One life line.** The kernel ends a confined process with the thread that started it. For all others there
  is the *keeper*, a shell that waits on a pipe of the embedded AWS. The pipe closes when that ends, however
  it ends; the keeper then sweeps.
- **One registry.** A file for each process in `.slipway/processes`, which `slipway processes` reads.
- **One sweep** (`sweep.end_left_behind`) ends what the registry names and what runs in the home's folders
  without an owner. The keeper runs it after a kill, and every start of an embedded AWS runs it again.
"""

from rehearsal.processes.ending import end, end_children
from rehearsal.processes.registry import Child, Entry, living
from rehearsal.processes.supervisor import Processes
from rehearsal.processes.sweep import end_left_behind

__all__ = ["Child", "Entry", "Processes", "end", "end_children", "end_left_behind", "living"]
