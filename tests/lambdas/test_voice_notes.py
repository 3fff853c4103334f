"""A voice note from the link to the note, on real PostgreSQL, S3, EventBridge and Transcribe's rehearsal.

What attackers and accidents do to it: other people's ids, recordings of another size or type, events that
come again or were never sent by AWS.
"""

import copy
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from rehearsal.cloud.polly.recording import recording
from rehearsal.home import Endpoint
from rehearsal.postgres.login import Login
from tests.lambdas.conftest import Start
from tests.lambdas.events import Person, Reply, call
from tests.lambdas.runtime_api import Function
from tests.lambdas.voice import PREFIX, Voice, upload

FAILED = "Transcribe Job State Change"
SAID = "The boiler key is under the blue mat."
MP3 = "audio/mpeg"


@dataclass
class Desk:
    """Both functions, as the stacks make them."""

    voice: Voice
    ingest: Function
    notes: Function

    def begin(self, person: Person, audio: bytes, content_type: str = MP3) -> Any:
        body = {"content_type": content_type, "bytes": len(audio)}
        begun = call(self.ingest, "POST", "/voice-notes", person=person, body=body)
        assert begun.status == 201, begun.text
        return begun.body

    def report(self, person: Person, identifier: str) -> Reply:
        path = {"voice_note_id": identifier}
        return call(self.ingest, "GET", "/voice-notes/{voice_note_id}", person=person, path=path)

    def deliver(self, event: Any) -> Any:
        outcome = self.notes.invoke(event)
        assert not outcome.failed, outcome.payload
        return outcome.payload["state"]

    def recorded(self, person: Person, audio: bytes, content_type: str = MP3) -> tuple[str, Any]:
        """The id of a voice note that was uploaded, and the event about it."""
        begun = self.begin(person, audio, content_type)
        assert upload(begun["upload"], audio).status_code == 200
        return begun["id"], self.voice.event(f"uploads/{begun['id']}")

    def transcribed(self, identifier: str) -> Any:
        return self.voice.event(f"transcripts/{identifier}.json")


@pytest.fixture(scope="module")
def voice(endpoint: Endpoint) -> Voice:
    return Voice.create(endpoint)


@pytest.fixture
def desk(start: Start, voice: Voice) -> Iterator[Desk]:
    ingest = start("ingest", **voice.settings(voice.on("uploads/", "s3:PutObject")))
    yield Desk(voice, ingest, start("voice_notes", **voice.settings(*voice.transcription())))
    for key in voice.objects():
        voice.aws.client("s3").delete_object(Bucket=voice.bucket, Key=key)


def test_a_recording_becomes_a_note_of_its_family_once(desk: Desk, start: Start) -> None:
    one, other = Person(), Person()
    identifier, uploaded = desk.recorded(one, recording(SAID))
    assert desk.report(one, identifier).body == {"id": identifier, "state": "awaiting_upload"}
    assert desk.deliver(uploaded) == "transcribing"
    assert desk.deliver(uploaded) == "transcribing", "an event that comes again"
    transcribed = desk.transcribed(identifier)
    assert desk.deliver(transcribed) == "kept"
    kept = {"id": identifier, "state": "kept", "entity_id": identifier}
    assert desk.report(one, identifier).body == kept
    assert desk.voice.objects() == set()

    query = start("query")
    read = call(query, "GET", "/entities/{entity_id}", person=one, path={"entity_id": identifier})
    assert (read.body["kind"], read.body["title"], read.body["body"]) == ("note", SAID, SAID)
    question = {"question": "Where is the boiler key?"}
    found = call(query, "POST", "/query", person=one, body=question).body["matches"]
    assert [match["id"] for match in found] == [identifier]
    assert call(query, "POST", "/query", person=other, body=question).body["matches"] == []

    for late in (uploaded, transcribed):
        assert desk.deliver(late) == "kept"
    assert desk.voice.jobs().count(f"{PREFIX}{identifier}") == 1


def test_after_a_crash_the_event_that_comes_again_keeps_the_note_once(desk: Desk, database: Login) -> None:
    person = Person()
    identifier, uploaded = desk.recorded(person, recording(SAID))
    desk.deliver(uploaded)
    transcribed = desk.transcribed(identifier)
    (key,) = [key for key in desk.voice.objects() if key.startswith("transcripts/")]
    s3 = desk.voice.aws.client("s3")
    transcript = s3.get_object(Bucket=desk.voice.bucket, Key=key)["Body"].read()
    desk.deliver(transcribed)
    # As if the function had ended between keeping the note and saying so.
    with psycopg.connect(database.dsn, autocommit=True) as owner:
        owner.execute("update voice_notes set state = 'transcribing' where id = %s", (identifier,))
    s3.put_object(Bucket=desk.voice.bucket, Key=key, Body=transcript)
    assert desk.deliver(transcribed) == "kept"
    with psycopg.connect(database.dsn) as owner:
        rows = owner.execute("select body from entities where id = %s", (identifier,)).fetchall()
    assert rows == [(SAID,)]
    assert desk.voice.objects() == set()


@pytest.mark.parametrize(
    ("audio", "content_type", "reason"),
    [
        (b"\x00" * 100, MP3, "could not be detected"),
        (recording(SAID), "audio/wav", "doesn't match the detected media format"),
        (recording(""), MP3, "hears only what a file carries"),
    ],
    ids=["no audio", "another format", "silence"],
)
def test_a_job_that_fails_says_why(desk: Desk, audio: bytes, content_type: str, reason: str) -> None:
    person = Person()
    identifier, uploaded = desk.recorded(person, audio, content_type)
    assert desk.deliver(uploaded) == "transcribing"
    failed = desk.voice.event(f"{PREFIX}{identifier}")
    assert desk.deliver(failed) == "failed"
    told = desk.report(person, identifier).body
    assert (told["state"], reason in told["reason"]) == ("failed", True), told
    assert desk.voice.objects() == set()
    assert [desk.deliver(late) for late in (uploaded, failed)] == ["failed", "failed"]


def test_a_voice_note_is_its_persons_own(desk: Desk) -> None:
    one = Person()
    sibling, stranger = Person(family=one.family), Person()
    identifier = desk.begin(one, b"x")["id"]
    assert desk.report(one, identifier).status == 200
    for other in (sibling, stranger):
        assert desk.report(other, identifier).status == 404
    assert desk.report(one, str(uuid.uuid4())).status == 404
    refused = desk.report(one, "' or true --")
    assert (refused.status, refused.field) == (400, "voice_note_id")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content_type": "text/html", "bytes": 10}, "content_type"),
        ({"content_type": MP3}, "bytes"),
        ({"content_type": MP3, "bytes": 10485761}, "bytes"),
        ({"content_type": MP3, "bytes": -1}, "bytes"),
        ({"content_type": MP3, "bytes": 10, "key": "uploads/other"}, "key"),
    ],
)
def test_what_cannot_be_recorded_is_refused(desk: Desk, body: Any, field: str) -> None:
    refused = call(desk.ingest, "POST", "/voice-notes", person=Person(), body=body)
    assert (refused.status, refused.field) == (400, field)


def test_the_link_takes_exactly_what_was_announced(desk: Desk) -> None:
    offer = desk.begin(Person(), b"0123456789")["upload"]
    assert upload(offer, b"0123456789" * 2).status_code == 403
    assert upload(offer, b"012345678").status_code == 403
    assert upload(offer, b"0123456789", **{"content-type": "text/html"}).status_code == 403
    elsewhere = offer["url"].replace("uploads/", "transcripts/")
    assert upload({**offer, "url": elsewhere}, b"0123456789").status_code == 403
    assert desk.voice.objects() == set()
    assert upload(offer, b"0123456789").status_code == 200


def test_an_event_that_aws_did_not_send_of_a_voice_note_changes_nothing(desk: Desk) -> None:
    person = Person()
    identifier, uploaded = desk.recorded(person, recording(SAID))

    def forged(**changes: Any) -> Any:
        event: Any = copy.deepcopy(uploaded)
        for name, value in changes.items():
            place, _, last = name.rpartition("__")
            event["detail"][place][last] = value
        return event

    key = uploaded["detail"]["object"]["key"]
    attempts: tuple[Any, ...] = (
        forged(object__key=f"uploads/{uuid.uuid4()}"),
        forged(object__key=key.upper()),
        forged(object__key=f"{key}/../{key}"),
        forged(object__key="uploads/"),
        forged(object__key=["uploads", identifier]),
        forged(bucket__name="another-bucket"),
        {**uploaded, "source": "tests.s3"},
        {},
        [],
        "uploads",
        {"source": "aws.transcribe", "detail-type": FAILED, "detail": {"TranscriptionJobStatus": "FAILED"}},
        failed(f"other-voice-{identifier}"),
        failed(identifier),
        failed(f"{PREFIX}{uuid.uuid4()}"),
        failed(f"{PREFIX}{identifier.upper()}"),
    )
    for event in attempts:
        assert desk.deliver(event) is None, json.dumps(event)
    assert desk.report(person, identifier).body["state"] == "awaiting_upload"
    assert desk.voice.objects() == {key}


def failed(job: str) -> Any:
    detail = {"TranscriptionJobName": job, "TranscriptionJobStatus": "FAILED"}
    return {"source": "aws.transcribe", "detail-type": FAILED, "detail": detail}


def test_a_recording_of_another_size_is_not_transcribed(desk: Desk) -> None:
    person = Person()
    identifier, uploaded = desk.recorded(person, recording(SAID))
    uploaded["detail"]["object"]["size"] += 1
    assert desk.deliver(uploaded) == "failed"
    assert "size" in desk.report(person, identifier).body["reason"]
    assert f"{PREFIX}{identifier}" not in desk.voice.jobs()


def test_what_a_person_left_behind_goes_when_they_are_forgotten(desk: Desk, database: Login) -> None:
    person = Person()
    _, uploaded = desk.recorded(person, recording(SAID))
    with psycopg.connect(database.dsn, autocommit=True) as owner:
        owner.execute("delete from families where id = %s", (person.family,))
    assert desk.deliver(uploaded) is None
    assert desk.voice.objects() == set()


def test_nobody_begins_more_than_fifty_a_day(desk: Desk, database: Login) -> None:
    person = Person()
    identifier = desk.begin(person, b"x")["id"]
    copies = (
        "insert into voice_notes (id, family_id, user_id, content_type, bytes)"
        " select gen_random_uuid(), family_id, user_id, content_type, bytes from voice_notes,"
        " generate_series(1, 49) where id = %s"
    )
    with psycopg.connect(database.dsn, autocommit=True) as owner:
        owner.execute(copies, (identifier,))
    body = {"content_type": MP3, "bytes": 1}
    refused = call(desk.ingest, "POST", "/voice-notes", person=person, body=body)
    assert (refused.status, refused.body["error"]["code"]) == (429, "too_many")
    desk.begin(Person(), b"x")


@pytest.mark.parametrize("missing", ["s3:GetObject", "s3:PutObject", "transcribe:StartTranscriptionJob"])
def test_without_a_grant_the_event_fails_and_can_come_again(
    desk: Desk, start: Start, voice: Voice, missing: str
) -> None:
    person = Person()
    identifier, uploaded = desk.recorded(person, recording(SAID))
    grants = [without(grant, missing) for grant in voice.transcription()]
    poor = start("voice_notes", **voice.settings(*grants))
    assert poor.invoke(uploaded).failed
    assert desk.report(person, identifier).body["state"] == "awaiting_upload"
    assert desk.deliver(uploaded) == "transcribing"
    assert desk.deliver(desk.transcribed(identifier)) == "kept"


def without(grant: Any, action: str) -> Any:
    listed = [grant["Action"]] if isinstance(grant["Action"], str) else grant["Action"]
    return {**grant, "Action": [name for name in listed if name != action] or ["s3:ListBucket"]}


def test_logs_hold_no_word_that_was_said(desk: Desk) -> None:
    identifier, uploaded = desk.recorded(Person(), recording(SAID))
    desk.deliver(uploaded)
    desk.deliver(desk.transcribed(identifier))
    assert "boiler" not in desk.notes.log()
