"""Errors that the engine raises, with CodePipeline's own error names."""


class EngineError(Exception):
    """`code` is the error name in the API's response."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Halted(Exception):  # noqa: N818 - control flow, not an error
    """Ends the execution's thread: the execution was stopped, superseded or cancelled."""
