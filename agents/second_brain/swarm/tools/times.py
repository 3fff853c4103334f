"""Times as models write them."""

from datetime import datetime, timedelta

from agents.second_brain.swarm.visit import Visit

_LONGEST_WINDOW = timedelta(days=400)
_LONGEST_EVENT = timedelta(days=366)


class UnclearTimeError(Exception):
    """The text tells the model how to write it."""


def moment(visit: Visit, text: str, *, name: str) -> datetime:
    """ISO 8601; without an offset it is by the caller's own clock."""
    try:
        read = datetime.fromisoformat(text.strip())
        return (read if read.tzinfo else read.replace(tzinfo=visit.caller.zone)).astimezone(visit.caller.zone)
    except (ValueError, OverflowError):
        raise UnclearTimeError(f"{name} must be a time such as 2026-05-04T09:30, not {text[:40]!r}") from None


def window(visit: Visit, start: str, end: str) -> tuple[datetime, datetime]:
    return _ordered(visit, start, end, longest=_LONGEST_WINDOW)


def span(visit: Visit, start: str, end: str) -> tuple[datetime, datetime]:
    """Of one event."""
    return _ordered(visit, start, end, longest=_LONGEST_EVENT)


def _ordered(visit: Visit, start: str, end: str, *, longest: timedelta) -> tuple[datetime, datetime]:
    begins, ends = moment(visit, start, name="the start"), moment(visit, end, name="the end")
    if not begins < ends <= begins + longest:
        raise UnclearTimeError(f"the end must lie after the start, by {longest.days} days at most")
    return begins, ends
