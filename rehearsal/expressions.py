"""Evaluates regular expressions of a pipeline or a buildspec, in AWS's dialect and with limits.

CodePipeline documents Java's syntax. `regex` is closer to it than `re` (possessive quantifiers, atomic
groups, `\\R`, intersections of character classes). An expression can run for ever (`(a+)+$` against a long
line of `a`) or take all memory (`((a{1000}){1000}){1000}`), so each is evaluated in its own process with
limits of both; it reads its input as JSON from standard input.
"""

import json
import re
import resource
import subprocess
import sys

import regex

_CPU_SECONDS = 2
_WALL_SECONDS = 120
"""Longer than the limit of processor time, for a machine that is busy."""
_BYTES = 1 << 30
_NOT_READABLE = 3
_OF_JAVA = re.compile(r"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\k<(?P<group>\w+)>|\\.", re.DOTALL)


class ExpressionError(Exception):
    """Names the expression that cannot be used, and why."""


def check(expression: str) -> None:
    """Raises `ExpressionError` if it is not valid."""
    found_in(expression, "")


def found_in(expression: str, text: str) -> bool:
    """Whether it matches anywhere in the text."""
    return _ask(expression, text, whole=False)


def matches(expression: str, text: str) -> bool:
    """Whether it matches the text as a whole."""
    return _ask(expression, text, whole=True)


def _ask(expression: str, text: str, *, whole: bool) -> bool:
    command = [sys.executable, "-m", "rehearsal.expressions"]
    question = json.dumps([expression, text, whole])
    try:
        answer = subprocess.run(
            command, input=question, capture_output=True, text=True, timeout=_WALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _too_much(expression) from error
    if answer.returncode == _NOT_READABLE:
        raise ExpressionError(f"{_shown(expression)} is not a regular expression: {answer.stdout}")
    if answer.returncode:
        raise _too_much(expression)
    return answer.stdout == "true"


def _too_much(expression: str) -> ExpressionError:
    return ExpressionError(
        f"the regular expression {_shown(expression)} was given up after {_CPU_SECONDS} seconds or "
        f"{_BYTES >> 20} MB; write it without repetitions inside of repetitions"
    )


def _shown(expression: str) -> str:
    return repr(expression if len(expression) <= 200 else f"{expression[:200]}…")


def _main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    expression, text, whole = json.load(sys.stdin)
    try:
        compiled = regex.compile(_OF_JAVA.sub(_from_java, expression), regex.VERSION1 | regex.ASCII)
    except (regex.error, RecursionError, OverflowError) as problem:
        sys.stdout.write(str(problem))
        return _NOT_READABLE
    found = compiled.fullmatch(text) if whole else compiled.search(text)
    sys.stdout.write("true" if found else "false")
    return 0


def _from_java(found: re.Match[str]) -> str:
    """Escapes that `regex` spells differently; every other escape stays."""
    if found["quoted"] is not None:
        return re.escape(found["quoted"])
    return f"\\g<{found['group']}>" if found["group"] else found[0]


if __name__ == "__main__":
    sys.exit(_main())
