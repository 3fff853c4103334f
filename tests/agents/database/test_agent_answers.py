"""What a person gets for a question, on a real database."""

import pytest

from agents.second_brain.swarm.assistant import Answer
from tests.agents.household import LISBON, Desk, Household, Person


def test_a_question_is_answered_from_a_note_that_is_cited(
    desk: Desk, household: Household, ann: Person
) -> None:
    note = household.note(ann, "Boiler", "Serviced by Smith & Sons in May")
    household.note(ann, "Jam", "Plums and sugar")
    answer = desk.ask(ann, "When was the boiler serviced?")
    assert "Smith & Sons" in answer.text
    assert str(note) not in answer.text
    assert answer.citations == (note,)


def test_what_is_not_known_is_not_made_up(desk: Desk, ann: Person) -> None:
    assert desk.ask(ann, "When was the boiler serviced?") == Answer(
        text="I found nothing about that in your notes.", citations=()
    )


def test_a_relative_shares_the_notes_and_not_the_calendar(
    desk: Desk, household: Household, ann: Person
) -> None:
    ben = household.person(family=ann.family)
    note = household.note(ann, "Boiler", "Serviced in May")
    household.event(ann, "Surprise party", "2026-05-04T16:00Z", "2026-05-04T17:00Z")
    assert desk.ask(ben, "When was the boiler serviced?").citations == (note,)
    assert desk.ask(ben, "What is in my calendar today?").text == "Nothing is planned."


def test_the_calendar_is_told_by_the_persons_clock(desk: Desk, household: Household, ann: Person) -> None:
    household.event(ann, "Dentist", "2026-05-05T07:30Z", "2026-05-05T08:00Z")
    household.event(ann, "Choir", "2026-05-05T22:30Z", "2026-05-05T23:00Z")
    assert desk.ask(ann, "What is in my calendar tomorrow?").text == "09:30 Dentist"


def test_an_event_that_is_asked_for_is_entered(desk: Desk, household: Household, ann: Person) -> None:
    answer = desk.ask(ann, "Please add dentist from 2026-05-05T09:30 to 2026-05-05T10:00")
    assert "in your calendar" in answer.text
    assert household.events_of(ann) == [("dentist", "2026-05-05T07:30:00")]


def test_a_person_is_never_in_two_places(desk: Desk, household: Household, ann: Person) -> None:
    household.event(ann, "Choir", "2026-05-05T07:00Z", "2026-05-05T08:00Z")
    answer = desk.ask(ann, "Please add dentist from 2026-05-05T09:30 to 2026-05-05T10:00")
    assert "busy" in answer.text
    assert [title for title, _ in household.events_of(ann)] == ["Choir"]


def test_a_reminder_is_set_once(desk: Desk, household: Household, ann: Person) -> None:
    for _ in range(2):
        assert "I will remind you" in desk.ask(ann, "Remind me to water the plants at 2026-05-04T20:00").text
    assert household.reminders_of(ann) == [("water the plants", "2026-05-04T18:00:00")]


@pytest.mark.parametrize(
    "prompt",
    [
        "Remind me to sleep at 2026-05-03T08:00",
        "Add nothing from 2026-05-05T10:00 to 2026-05-05T09:00",
        "Add an age from 2026-05-05T10:00 to 2126-05-05T09:00",
    ],
)
def test_times_that_make_no_sense_change_nothing(
    desk: Desk, household: Household, ann: Person, prompt: str
) -> None:
    assert "I have changed nothing" in desk.ask(ann, prompt).text
    assert household.events_of(ann) == household.reminders_of(ann) == []


def test_a_briefing_tells_the_day_and_is_not_remembered(desk: Desk, ann: Person) -> None:
    events = [{"title": "Tea", "starts_at": "2026-05-04T12:00:00Z", "ends_at": "2026-05-04T13:00:00Z"}]
    reminders = [{"text": "Buy milk", "due_at": "2026-05-04T06:30:00Z"}]
    answer = desk.ask(ann, "Brief me on my day.", task="briefing", events=events, reminders=reminders)
    assert answer.text == "08:30 Buy milk\n14:00 Tea"
    assert desk.ask(ann, "Brief me.", task="briefing", events=[], reminders=[]).text == "Nothing is planned."


def test_notes_are_found_by_where_they_are(desk: Desk, household: Household, ann: Person) -> None:
    note = household.note(ann, "Pastry shop", "Best tarts", at=LISBON)
    household.note(ann, "Pizzeria", "In Naples", at=type(LISBON)(longitude=14.25, latitude=40.85))
    answer = desk.ask(ann, "What do we know near Lisbon?")
    assert answer.citations == (note,)
    assert "Pizzeria" not in answer.text
    assert desk.ask(ann, "What do we know near Atlantis?").text == "I know of nothing around there."


def test_a_session_remembers_what_was_said(desk: Desk, household: Household, ann: Person) -> None:
    household.note(ann, "Boiler", "Serviced in May")
    first = desk.ask(ann, "When was the boiler serviced?")
    recalled = desk.memory.recall(ann.caller, about="")
    assert [(turn.prompt, turn.answer) for turn in recalled.turns] == [
        ("When was the boiler serviced?", first.text)
    ]
