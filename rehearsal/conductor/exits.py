"""The exit codes of every `slipway` command."""

from enum import IntEnum


class Exit(IntEnum):
    SUCCEEDED = 0
    FAILED = 1
    USAGE = 2
    """A wrong command line or configuration; nothing was run."""
    WAITING = 3
    """An approval is pending that nobody can give: no terminal and no `--approve`."""
    UNSUPPORTED = 4
    """The pipeline uses a feature that the rehearsal does not support."""
