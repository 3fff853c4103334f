"""What the engine refuses, by CodePipeline's own error names."""


class EngineError(Exception):
    """`code` is the name that the API answers with."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Halted(Exception):  # noqa: N818 - a turn of events, not a mistake
    """Leaves a walk through the pipeline because the execution was stopped, superseded or cancelled."""
