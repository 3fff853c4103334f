"""What the exit code of every `slipway` command means."""

from enum import IntEnum


class Exit(IntEnum):
    SUCCEEDED = 0
    FAILED = 1
    USAGE = 2
    """A wrong command line or configuration; nothing was run."""
    WAITING = 3
    """An approval waits that nobody can give: no terminal and no `--approve`."""
    UNSUPPORTED = 4
    """The pipeline asks for something that the rehearsal does not do."""
