"""The repair lane: a person starts an execution with a reason, and alarms do not stop it.

The reason is a variable of the pipeline, so it is kept with the execution, and who gave it is the one who
started that. Tests and approvals hold as ever. A roll-back runs with the variables of the execution that it
goes back to: a reason that was given then is none now.
"""

from collections.abc import Mapping
from typing import Any

VARIABLE = "REPAIR"
NO_REPAIR = "none"
"""A variable of a pipeline cannot be empty."""
DESCRIPTION = "Why sounding alarms must not stop this execution; none: they do"
LONGEST = 300


def reason_of(execution: Mapping[str, Any]) -> str:
    """Of an execution as GetPipelineExecution describes it; empty for one outside the lane."""
    if execution.get("executionType") == "ROLLBACK":
        return ""
    values = {found["name"]: found["resolvedValue"] for found in execution.get("variables", [])}
    words = _printable(values.get(VARIABLE, NO_REPAIR))
    return "" if words.lower() == NO_REPAIR else words


def starter_of(execution: Mapping[str, Any]) -> str:
    trigger = execution.get("trigger", {})
    return _printable(trigger.get("triggerDetail") or trigger.get("triggerType") or "nobody known")


def _printable(text: str) -> str:
    """One line without control characters, because logs and mails show it."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
