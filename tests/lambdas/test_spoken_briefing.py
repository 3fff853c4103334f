"""The briefing to listen to: through the function, and Polly as it is in the rehearsal."""

import base64
import json
from io import BytesIO
from typing import Any

import pytest
from tinytag import TinyTag

from rehearsal.home import Endpoint
from tests.lambdas.conftest import Start
from tests.lambdas.events import Person, Reply, call
from tests.lambdas.stand_ins import Sent, StandIns
from tests.lambdas.voice import Voice

MP3 = "audio/mpeg"
SPEAK = {"Effect": "Allow", "Action": "polly:SynthesizeSpeech", "Resource": "*"}
TAG, FRAME = b"ID3\x04\x00\x00\x00\x00\x00\x02xy", b"\xff\xf3\x64\xc0" + bytes(140)


@pytest.fixture(scope="module")
def voice(endpoint: Endpoint) -> Voice:
    return Voice.create(endpoint)


def listen(function: Any, **headers: str) -> Reply:
    return call(function, "GET", "/briefing", person=Person(), headers={"Accept": MP3, **headers})


def audio(reply: Reply) -> bytes:
    assert (reply.status, reply.headers["content-type"]) == (200, MP3), reply.text
    return base64.b64decode(reply.text, validate=True)


def test_the_briefing_is_a_playable_recording_of_its_text(start: Start, voice: Voice) -> None:
    reply = listen(start("briefing", **voice.settings(SPEAK)))
    tag = TinyTag.get(file_obj=BytesIO(audio(reply)))
    assert tag.comment == "The agent's words."
    assert tag.duration is not None
    assert 1 < tag.duration < 2
    assert (reply.headers["x-briefing-stale"], reply.headers["x-briefing-cut"]) == ("false", "false")


def test_who_accepts_anything_else_first_reads(start: Start, voice: Voice) -> None:
    briefing = start("briefing", **voice.settings(SPEAK))
    for accepted in ("*/*", "application/json, audio/mpeg", "audio/*", ""):
        reply = call(briefing, "GET", "/briefing", person=Person(), headers={"Accept": accepted})
        assert reply.body["text"] == "The agent's words.", accepted


def test_without_the_grant_nothing_is_spoken_and_the_text_is_still_there(start: Start, voice: Voice) -> None:
    briefing = start("briefing", **voice.settings({**SPEAK, "Action": "polly:DescribeVoices"}))
    refused = listen(briefing)
    assert (refused.status, refused.body["error"]["code"]) == (503, "unavailable")
    assert call(briefing, "GET", "/briefing", person=Person()).status == 200


def test_nobody_hears_a_briefing_without_a_token(start: Start) -> None:
    assert call(start("briefing"), "GET", "/briefing", headers={"Accept": MP3}).status == 401


def spoken(stand_ins: StandIns) -> list[Any]:
    return [json.loads(sent.body) for sent in stand_ins.sent_to("/v1/speech")]


def polly(stand_ins: StandIns) -> None:
    def speak(_: Sent) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, TAG + FRAME

    stand_ins.answers.feeds["/v1/speech"] = speak


def test_a_long_briefing_is_spoken_in_pieces_and_cut_where_it_must_be(
    start: Start, stand_ins: StandIns
) -> None:
    polly(stand_ins)
    sentence = "Buy milk, and bring the boiler key. "
    stand_ins.answers.agent["answer"] = sentence * 100
    reply = listen(start("briefing"))
    asked = [call["Text"] for call in spoken(stand_ins)]
    assert "".join(asked).replace(" ", "") == (sentence * 100).replace(" ", "")
    assert all(len(text) <= 3000 and text.endswith("key.") for text in asked)
    assert audio(reply) == TAG + FRAME * 2, "one tag, and the frames behind each other"

    stand_ins.answers.agent["answer"] = sentence * 1000
    reply = listen(start("briefing"))
    assert audio(reply) == TAG + FRAME * 3
    assert reply.headers["x-briefing-cut"] == "true"


def test_the_voice_is_of_the_language_that_the_client_accepts(start: Start, stand_ins: StandIns) -> None:
    polly(stand_ins)
    briefing = start("briefing")
    for accepted, name in (("de-AT,en;q=0.5", "Vicki"), ("en-GB", "Amy"), ("tlh", "Joanna")):
        reply = listen(briefing, **{"Accept-Language": accepted})
        asked = spoken(stand_ins)[-1]
        assert (asked["VoiceId"], asked["LanguageCode"]) == (name, reply.headers["content-language"])


def test_a_slow_agent_leaves_time_to_speak(start: Start, stand_ins: StandIns) -> None:
    polly(stand_ins)
    stand_ins.answers.agent_delay = 15
    reply = listen(start("briefing"))
    assert reply.headers["x-briefing-stale"] == "true"
    assert spoken(stand_ins)[0]["Text"] == "Nothing is planned for today."


@pytest.mark.parametrize(("status", "expected"), [(500, 503), (400, 503)])
def test_a_voice_that_fails_is_a_clear_refusal(
    start: Start, stand_ins: StandIns, status: int, expected: int
) -> None:
    def fail(_: Sent) -> tuple[int, dict[str, str], bytes]:
        return status, {}, b"{}"

    stand_ins.answers.feeds["/v1/speech"] = fail
    refused = listen(start("briefing"))
    assert (refused.status, refused.body["error"]["message"]) == (expected, "the voice is not available")
