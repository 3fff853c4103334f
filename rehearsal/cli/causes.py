"""The lines of a failed action's log that tell the cause: what the failing command printed.

A build's log ends with lines of CodeBuild's own about the phases after it, and a program's message is often
above many stack frames, or below.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

_OF_CODEBUILD = re.compile(r"\[Container\] \d{4}/\d\d/\d\d [\d:.]+ (?P<text>.*)")
_STARTS, _FAILED = "Running command ", "Command did not exit successfully "
_FRAME = re.compile(
    r"\s+at (?:async |new )?\S.*(?::\d+|\(native\)|<anonymous>\)?|\(node:\S+)|\s*File \".*\", line \d+"
)
_CODE = re.compile(r"\s{4,}\S")
"""What Python prints below a frame: the line of code, and marks below that."""


def cause(lines: Sequence[str], *, most: int) -> list[str]:
    """At most so many lines, the last that matter; the end of the log if none stands out."""
    found = [line for line in _without_frames(_of_the_failing_command(lines)) if line.strip()]
    return (found or list(lines))[-most:]


def _of_the_failing_command(lines: Sequence[str]) -> Sequence[str]:
    texts = [_text(line) for line in lines]
    ends = [number for number, text in enumerate(texts) if text and text.startswith(_FAILED)]
    if not ends:
        return [line for line, text in zip(lines, texts, strict=True) if text is None]
    end = ends[0]
    starts = (number for number in range(end, -1, -1) if (texts[number] or "").startswith(_STARTS))
    return lines[next(starts, -1) + 1 : end + 1]


def _text(line: str) -> str | None:
    """What CodeBuild says in the line; None for a program's line."""
    match = _OF_CODEBUILD.match(line)
    return match["text"] if match else None


def _without_frames(lines: Iterable[str]) -> Iterator[str]:
    in_frame = False
    for line in lines:
        frame = bool(_FRAME.match(line[:1000]))
        if not frame and not (in_frame and _CODE.match(line)):
            yield line
            in_frame = False
        else:
            in_frame = True
