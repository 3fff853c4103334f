"""An error that a person can act on: what is wrong, and what to do about it."""

from rehearsal.conductor.exits import Exit


class Problem(Exception):  # noqa: N818 - shown to people, with its remedy
    def __init__(self, message: str, *, remedy: str, exit_code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.exit_code = exit_code
