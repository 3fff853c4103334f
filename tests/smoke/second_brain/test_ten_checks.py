"""The ten checks after every deployment, production's too. They leave nothing behind that lasts.

They demand what the system does by itself. What only a model can do is measured (`quality.py`).

What they write belongs to families that exist for the checks alone and go with them; the agent's memory
of what they said ends by itself after thirty days.
"""

import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.smoke.second_brain.deployment import Deployment
from tests.smoke.second_brain.discord import Discord
from tests.smoke.second_brain.people import ZONE, Person
from tests.smoke.second_brain.quality import Quality

SCHEMA = Path(__file__).resolve().parents[3] / "lambdas" / "second_brain" / "schema"
EXTENSIONS = {"uuid-ossp", "vector", "postgis", "btree_gist", "pg_trgm"}
STRANGE_ORIGIN = "https://somewhere.example"
NOTICED_WITHIN = 30
"""Seconds after which S3's event has reached a function that may have to start first."""


@pytest.fixture(scope="module")
def title() -> str:
    return f"Lighthouse {uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="module")
def note(ann: Person, title: str) -> str:
    body = {"kind": "note", "title": title, "body": f"The lamp of the {title} was renewed in March."}
    answer = ann.api.post("ingest", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_somebody_signs_in(ann: Person) -> None:
    """1 a new person signs in on the smoke client and belongs to the family they were given"""
    assert ann.claims["custom:family_id"] == ann.family
    assert ann.claims["token_use"] == "id"


def test_strangers_stay_outside(deployment: Deployment) -> None:
    """2 nobody gets in without a token, and no foreign origin may read answers"""
    with httpx.Client(base_url=deployment.api_url, timeout=30, trust_env=False) as nobody:
        assert nobody.get("briefing").status_code == 401
        assert nobody.get("links").status_code == 401
        asked = {"Origin": STRANGE_ORIGIN, "Access-Control-Request-Method": "POST"}
        allowed = nobody.options("query", headers=asked).headers.get("access-control-allow-origin")
    assert allowed not in ("*", STRANGE_ORIGIN)


def test_a_note_is_the_familys_own(ann: Person, ben: Person, note: str, title: str) -> None:
    """3 a note is kept, read again, and does not exist for another family"""
    read = ann.api.get(f"entities/{note}")
    assert (read.status_code, read.json()["title"]) == (200, title)
    assert ben.api.get(f"entities/{note}").status_code == 404


def test_a_question_is_answered(
    deployment: Deployment, quality: Quality, ann: Person, note: str, title: str
) -> None:
    """4 a question finds the note and is answered in any case, before production by the agent itself"""
    answers = []

    def answered() -> bool:
        answer = ask(ann, f"What do you know of the {title}?")
        assert note in [match["id"] for match in answer["matches"]]
        assert answer["answer"].strip()
        answers.append(answer)
        return not answer["degraded"]

    by_agent = quality.measure("the agent answers a question", answered)
    quality.measure("its answer cites the note", lambda: note in answers[-1]["citations"], attempts=1)
    if not deployment.is_production:
        assert by_agent, f"the agent did not answer {len(answers)} times; its log tells why"


def test_the_calendar_knows_who_is_busy(ann: Person) -> None:
    """5 an event is entered once, an overlapping one refused, and today's briefing is told and spoken"""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    assert ann.api.post("calendar", json=event("Ferry", start)).status_code == 201
    assert ann.api.post("calendar", json=event("Train", start + timedelta(minutes=30))).status_code == 409
    window = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    listed = ann.api.get("calendar", params=window)
    assert [found["title"] for found in listed.json()["events"]] == ["Ferry"], listed.text
    before, briefing, after = today(), ann.api.get("briefing"), today()
    assert briefing.status_code == 200, briefing.text
    assert briefing.json()["date"] in (before, after)
    assert transcribing(ann, spoken(ann)) in ("transcribing", "kept")


def test_only_discord_speaks_for_discord(deployment: Deployment, discord: Discord, ann: Person) -> None:
    """6 a ping that Discord signed is answered (not asked of production), forged pings and links refused"""
    key = None if deployment.is_production else discord.test_key()
    if key is not None:
        answer = discord.ping(key)
        assert (answer.status_code, answer.json()) == (200, {"type": 1}), answer.text
    assert discord.ping(Ed25519PrivateKey.generate()).status_code == 401
    assert discord.forged_link_steps() == [401, 401, 401, 401]
    assert ann.api.get("links").json() == {"links": []}
    assert ann.api.delete(f"links/{uuid.uuid4()}").status_code == 404


def test_alexa_speaks_for_its_own_skill(deployment: Deployment) -> None:
    """7 Alexa is welcomed by its own skill and refused by any other"""
    welcome = deployment.invoke(deployment.alexa_lambda_arn, launch(deployment.alexa_skill_id))
    assert welcome["version"] == "1.0"
    assert welcome["response"]["outputSpeech"]["text"]
    foreign = launch(f"amzn1.ask.skill.{uuid.uuid4()}")
    refused = deployment.invoke_whatever_comes(deployment.alexa_lambda_arn, foreign)
    assert "FunctionError" in refused, refused["said"]
    assert refused["said"]["errorType"] == "SkillRefused"


def test_what_the_clock_does_is_done_once(deployment: Deployment, quality: Quality, ann: Person) -> None:
    """8 the scheduled functions count what they did, and no reminder goes out again and again"""
    assert isinstance(run(deployment, deployment.briefing_dispatcher)["dispatched"], int)
    synced = run(deployment, deployment.calendar_sync)
    assert all(isinstance(synced[count], int) for count in ("synced", "failed"))
    assert isinstance(run(deployment, deployment.daily_cleanup)["deleted"], int)
    quality.measure("a reminder that is asked for goes out", lambda: reminded(deployment, ann), attempts=2)
    # Other people's reminders may fall due meanwhile; one that is sent again and again never ends.
    later = [run(deployment, deployment.reminder_evaluator)["sent"] for _ in range(3)]
    assert 0 in later, f"reminders were sent again: {later}"


def test_the_schema_is_the_one_of_this_commit(deployment: Deployment) -> None:
    """9 every extension is there, and the schema is the one of this commit"""
    properties = {
        "DbHost": deployment.db_endpoint,
        "DbName": "second_brain",
        "SecretArn": deployment.db_secret_arn,
        "Extensions": sorted(EXTENSIONS),
    }
    request = {"RequestType": "Update", "ResourceProperties": properties}
    outcome = deployment.invoke(deployment.migrator_function, request)
    newest = max(int(file.name.partition("_")[0]) for file in SCHEMA.glob("*.sql"))
    assert set(outcome["extensions"]) >= EXTENSIONS
    assert (outcome["version"], outcome["applied"]) == (newest, [])


def test_people_can_sign_in_and_every_alarm_is_there(deployment: Deployment) -> None:
    """10 the sign-in pages answer, and every alarm is there

    What an alarm's state means for a deployment the bake decides, which knows the state before.
    """
    page = httpx.get(f"{deployment.sign_in_url}/oauth2/userInfo", timeout=30, trust_env=False)
    # Without a token the question itself is malformed; 401 is for a token that is refused.
    assert page.status_code == 400, page.text
    assert "invalid_request" in page.headers["www-authenticate"]
    found = deployment.client("cloudwatch").describe_alarms(AlarmNames=deployment.alarms)
    names = {alarm["AlarmName"] for alarm in found["MetricAlarms"]}
    assert len(names) >= 3
    assert names == set(deployment.alarms)


def ask(person: Person, question: str) -> dict[str, Any]:
    """The agent's answer, or where it gave none (`degraded`) the list of titles that stands in for it."""
    answer = person.api.post("query", json={"question": question})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def spoken(person: Person) -> bytes:
    """Today's briefing as a recording."""
    answer = person.api.get("briefing", headers={"Accept": "audio/mpeg"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/mpeg"), answer.text
    assert answer.content.startswith((b"ID3", b"\xff")), "not decoded by API Gateway"
    return answer.content


def transcribing(person: Person, recording: bytes) -> str:
    """The state of a voice note of that recording once the function of voice notes knows of it.

    That takes a moment. What becomes of it takes Transcribe longer than a deployment should wait: its own
    tests show that. Its family goes with the checks, and so does it.
    """
    begun = person.api.post("voice-notes", json={"content_type": "audio/mpeg", "bytes": len(recording)})
    assert begun.status_code == 201, begun.text
    upload = begun.json()["upload"]
    headers = {"Content-Type": upload["content_type"]}
    stored = httpx.put(upload["url"], content=recording, headers=headers, timeout=30, trust_env=False)
    assert stored.status_code == 200, stored.text
    state = "awaiting_upload"
    for _ in range(NOTICED_WITHIN * 2):
        state = str(person.api.get(f"voice-notes/{begun.json()['id']}").json()["state"])
        if state != "awaiting_upload":
            break
        time.sleep(0.5)
    return state


def reminded(deployment: Deployment, person: Person) -> bool:
    """Whether a reminder that is due in moments goes out; only the agent sets any."""
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    ask(person, f"Please remind me to check the ferry at {due.strftime('%Y-%m-%dT%H:%M:%SZ')}")
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
    return bool(run(deployment, deployment.reminder_evaluator)["sent"])


def event(title: str, start: datetime) -> dict[str, str]:
    ends = start + timedelta(hours=1)
    return {"title": title, "starts_at": start.isoformat(), "ends_at": ends.isoformat()}


def today() -> str:
    return datetime.now(ZoneInfo(ZONE)).date().isoformat()


def launch(skill: str) -> dict[str, Any]:
    application = {"application": {"applicationId": skill}, "user": {"userId": "smoke"}}
    return {
        "version": "1.0",
        "session": {"new": True, "sessionId": "smoke", **application},
        "context": {"System": application},
        "request": {"type": "LaunchRequest", "requestId": "smoke", "locale": "en-US"},
    }


def run(deployment: Deployment, function: str) -> dict[str, Any]:
    counts: dict[str, Any] = deployment.invoke(function, {"source": "smoke"})
    return counts
