"""Finds, in the output of a failed program, the environment variables that it did not find."""

import re
from collections.abc import Iterator

_ANY = r"['\"`$({]{0,3}\b(?P<name>[A-Z][A-Z0-9_]{2,})\b['\"`)}]{0,3}"
_WITH_UNDERSCORE = r"['\"`$({]{0,3}\b(?P<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)\b['\"`)}]{0,3}"
_NOT_SET = r"(?:(?:is|was|must|should|cannot|can't|has|needs)(?: not)?(?: to)?(?: be)? (?:set|unset|empty))"
_ABSENT = (
    r"(?:(?:is|was|must|should|cannot|has|needs)(?: not)?(?: to)?(?: be)? "
    r"(?:set|unset|empty|defined|undefined|provided|given|specified|configured|missing|required|found)"
    r"|not found|missing)"
)
_VARIABLE = r"(?i:environment|env) (?i:variables?|vars?)"
_SIGNS = tuple(
    re.compile(sign)
    for sign in (
        rf"^KeyError: {_ANY}$",
        rf"\bprocess\.env\.{_ANY} {_ABSENT}",
        rf"{_VARIABLE}:? {_ANY}:? {_ABSENT}",
        rf"(?i:missing|required|undefined|unset|set|define|provide|export)(?: the| required)? "
        rf"{_VARIABLE}:? {_ANY}",
        rf"{_ANY}(?: {_VARIABLE})? {_NOT_SET}",
        rf"{_WITH_UNDERSCORE}(?: {_VARIABLE})? {_ABSENT}",
        rf"{_ANY}: (?:unbound variable|parameter (?:null or )?not set)",
    )
)
"""A name without an underscore is more often something else, so it needs a clearer sentence."""
_LONGEST_LINE = 500
_NAMED_AT_MOST = 5


def missing_variables(message: str) -> tuple[str, ...]:
    """Their names in the order of the output, without those of AWS, which nobody hands to a rehearsal."""
    names = (name for line in message.splitlines() for name in missing_in(line))
    return tuple(dict.fromkeys(names))[:_NAMED_AT_MOST]


def missing_in(line: str) -> Iterator[str]:
    start = line.strip()[:_LONGEST_LINE]
    for sign in _SIGNS:
        if (found := sign.search(start)) and not found["name"].startswith(("AWS_", "CDK_DEFAULT_")):
            yield found["name"]
            return
