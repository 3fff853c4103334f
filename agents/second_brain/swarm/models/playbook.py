"""What each member does in which scene."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agents.second_brain.swarm.models.scene import Scene

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?"
_REMIND = re.compile(
    rf"\bremind me (?:to |about |of |that )?(?P<what>.+?) (?:at|on) (?P<when>{_TIME})", re.I | re.S
)
_ENTER = re.compile(
    rf"\b(?:add|book|enter|put|schedule) (?P<what>.+?) (?:from|at|on) (?P<start>{_TIME}) "
    rf"(?:to|until|till) (?P<end>{_TIME})",
    re.I | re.S,
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NEAR = re.compile(r"\b(?:near|around|close to|nearby) (?P<place>[\w .,'-]+)", re.I)
_CALENDAR = re.compile(
    r"\b(?:today|tomorrow|calendar|appointments?|agenda|meetings?|reminders?|brief me)\b", re.I
)
_WHO = re.compile(r"\bwho is in (?:my|our) family\b", re.I)
_INVITE = re.compile(r"\binvite (?:a |my )?(?P<role>child)?", re.I)
_JOIN = re.compile(r"\bjoin (?:the |a )?family with (?:the )?code (?P<code>[0-9a-z]{5}-?[0-9a-z]{5})\b", re.I)
_CHANGES_ASKED = (
    ("add_reminder", _REMIND, "calendar"),
    ("add_event", _ENTER, "calendar"),
    ("join_family", _JOIN, "family"),
    ("invite", _INVITE, "family"),
)
_ASKED = ((_WHO, "family"), (_NEAR, "place"), (_CALENDAR, "calendar"))
_WORD = re.compile(r"\w{3,}")
_QUESTION_WORDS = ("what", "when", "where", "which", "who", "how", "does", "did", "you", "our", "your")
_EMPTY = frozenset({"the", "and", "for", "are", "was", "were", "about", *_QUESTION_WORDS})
_EXCERPT = 240
_MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Say:
    text: str


@dataclass(frozen=True, kw_only=True)
class Call:
    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


Moves = tuple[Call | Say, ...]


def play(scene: Scene) -> Moves:
    if "allow_change" in scene.tools:
        return _route(scene)
    if "search_notes" in scene.tools:
        return _retrieve(scene)
    if "list_events" in scene.tools:
        return _plan(scene)
    if "show_family" in scene.tools:
        return _belong(scene)
    return _locate(scene)


def _route(scene: Scene) -> Moves:
    for change, asked, member in _CHANGES_ASKED:
        if asked.search(scene.prompt):
            return (Call(tool="allow_change", arguments={"change": change}), _hand_over(member))
    for asked, member in _ASKED:
        if asked.search(scene.prompt):
            return (_hand_over(member),)
    return (_hand_over("retrieval"),)


def _hand_over(member: str) -> Call:
    arguments = {"agent_name": member, "message": "Please answer what the person asks."}
    return Call(tool="handoff_to_agent", arguments=arguments)


def _retrieve(scene: Scene) -> Moves:
    found = scene.result("search_notes")
    if found is None:
        return (Call(tool="search_notes", arguments={"query": scene.prompt}),)
    if found.data is None:
        return (Say(text="I could not search your notes just now."),)
    return (Say(text=_from_notes(scene.prompt, found.data["notes"])),)


def _from_notes(prompt: str, notes: list[Mapping[str, Any]]) -> str:
    asked = _words(prompt)
    fitting = [note for note in notes if asked & _words(f"{note['title']} {note['excerpt']}")]
    if not fitting:
        return "I found nothing about that in your notes."
    return "From your notes:\n" + "\n".join(map(_told, fitting[:_MOST_NAMED]))


def _told(note: Mapping[str, Any]) -> str:
    excerpt = " ".join(str(note["excerpt"]).split())[:_EXCERPT]
    return f"{note['title']}: {excerpt} [[{note['id']}]]"


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)} - _EMPTY


def _plan(scene: Scene) -> Moves:
    if remind := _REMIND.search(scene.prompt):
        arguments = {"text": remind["what"], "due_at": remind["when"]}
        return _change(scene, "add_reminder", arguments, done=f"I will remind you: {remind['what']}.")
    if enter := _ENTER.search(scene.prompt):
        arguments = {"title": enter["what"], "start": enter["start"], "end": enter["end"]}
        return _change(scene, "add_event", arguments, done=f"It is in your calendar: {enter['what']}.")
    if any("events" in data for data in scene.background):
        return (Say(text=_day(scene.known("events"), scene.known("reminders"))),)
    return _look_up(scene)


def _change(scene: Scene, tool: str, arguments: Mapping[str, Any], *, done: str) -> Moves:
    result = scene.result(tool)
    if result is None:
        return (Call(tool=tool, arguments=arguments),)
    return (Say(text=done if result.data else f"I have changed nothing: {result.words}"),)


def _look_up(scene: Scene) -> Moves:
    events, reminders = scene.result("list_events"), scene.result("list_reminders")
    if events is None or reminders is None:
        start, end = _days_of(scene)
        arguments = {"start": start.isoformat(), "end": end.isoformat()}
        tools = ("list_events", "list_reminders")
        return tuple(Call(tool=tool, arguments=arguments) for tool in tools)
    if events.data is None or reminders.data is None:
        return (Say(text="I could not read your calendar just now."),)
    return (Say(text=_day(events.data["events"], reminders.data["reminders"])),)


def _days_of(scene: Scene) -> tuple[datetime, datetime]:
    midnight = scene.now.replace(hour=0, minute=0, second=0, microsecond=0)
    if day := _DAY.search(scene.prompt):
        start = datetime.fromisoformat(day[0]).replace(tzinfo=scene.now.tzinfo)
    else:
        start = midnight + timedelta(days=1 if "tomorrow" in scene.prompt.casefold() else 0)
    return start, start + timedelta(days=1)


def _day(events: list[Mapping[str, Any]], reminders: list[Mapping[str, Any]]) -> str:
    lines = [f"{_clock(event['starts_at'])} {event['title']}" for event in events]
    lines += [f"{_clock(reminder['due_at'])} {reminder['text']}" for reminder in reminders]
    return "\n".join(sorted(lines)) if lines else "Nothing is planned."


def _clock(time: str) -> str:
    return datetime.fromisoformat(time).strftime("%H:%M")


def _locate(scene: Scene) -> Moves:
    found = scene.result("notes_near")
    if found is None:
        place = _NEAR.search(scene.prompt)
        name = place["place"].strip(" .") if place else scene.prompt
        return (Call(tool="notes_near", arguments={"place": name}),)
    if found.data is None:
        return (Say(text="I could not look that place up just now."),)
    if not found.data["notes"]:
        return (Say(text="I know of nothing around there."),)
    return (Say(text=f"Around {found.data['place']}:\n" + "\n".join(map(_told, found.data["notes"]))),)


def _belong(scene: Scene) -> Moves:
    if join := _JOIN.search(scene.prompt):
        return _answered(scene, "join_family", {"code": join["code"]}, say=_of_joining)
    if invite := _INVITE.search(scene.prompt):
        role = "child" if invite["role"] else "member"
        return _answered(scene, "invite", {"role": role}, say=_of_invitation)
    return _answered(scene, "show_family", {}, say=_of_members)


def _answered(
    scene: Scene, tool: str, arguments: Mapping[str, Any], *, say: Callable[[Mapping[str, Any]], str]
) -> Moves:
    result = scene.result(tool)
    if result is None:
        return (Call(tool=tool, arguments=arguments),)
    return (Say(text=say(result.data) if result.data else f"I have changed nothing: {result.words}"),)


def _of_joining(found: Mapping[str, Any]) -> str:
    if found["joined"]:
        return f"You are in the family {found['family_name']} now."
    return (
        f"You would join the family {found['family_name']}; {found['staying']} notes stay behind. "
        "Say it again to join."
    )


def _of_invitation(found: Mapping[str, Any]) -> str:
    return f"The code for a {found['role']} is {found['code']}."


def _of_members(found: Mapping[str, Any]) -> str:
    return "\n".join(f"{member['name']}: {member['role']}" for member in found["members"])
