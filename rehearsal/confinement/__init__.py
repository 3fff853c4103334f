"""Confines builds, functions and agents to their own folders and their own processes.

A *confined* process sees the machine as it is, read-only, except that

- the person's home folder, every other home folder, mounted disks, the rehearsal's own state and every
  other project's builds are hidden. Of what is hidden, only the tools and files that the step needs are
  bound back, read-only;
- its own folders (and the caches of its project) are writable;
- `/tmp`, `/var/tmp`, `/run` and `/dev` are its own, so that it meets neither another step's files nor
  the UNIX sockets there (session bus, ssh-agent, Docker);
- it has process numbers and inter-process communication of its own: it sees no process but its own.

The network is the machine's, because the embedded AWS is on its loopback interface.

bubblewrap makes this out of the kernel's namespaces, without root. `command` says with which arguments,
`folders` what is hidden and what is bound back, `probe` whether it works on this machine, and
`process` starts and ends.

**Nothing outlives its step.** bubblewrap is two processes: a *monitor*, which is the child that Python
knows, and the *init* of the new process namespace. The kernel ends init when the monitor ends, and with
init everything in the namespace, whatever session or group it has moved to. The kernel ends the monitor
when the thread that started it ends (`PR_SET_PDEATHSIG` looks at the thread, not at the process).
Therefore one thread starts all of them and lives as long as the process does: a daemon that is killed
with SIGKILL takes every step with it.

Where the kernel or a container engine forbids namespaces, steps run unconfined, and `slipway doctor` and
the report say so.
"""

from rehearsal.confinement.command import Confinement, Way
from rehearsal.confinement.folders import (
    hidden_folders,
    installation,
    named_files,
    own_installation,
    tool_folders,
)
from rehearsal.confinement.probe import Ability, ability
from rehearsal.confinement.process import ConfinedProcess, start

__all__ = [
    "Ability",
    "ConfinedProcess",
    "Confinement",
    "Way",
    "ability",
    "hidden_folders",
    "installation",
    "named_files",
    "own_installation",
    "start",
    "tool_folders",
]
