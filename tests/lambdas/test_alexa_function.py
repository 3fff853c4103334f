"""The Alexa function as a process: whose skill, whose voice, and always an answer."""

from typing import Any

import pytest

from tests.lambdas.conftest import Start
from tests.lambdas.events import Person, call
from tests.lambdas.runtime_api import Function, Outcome
from tests.lambdas.stand_ins import StandIns
from tests.lambdas.tokens import POOL, Issuer, tampered, unsigned
from tests.lambdas.user_pool import UserPool

SKILL = "amzn1.ask.skill.ours"
ALEXA_WAITS = 8
"""Seconds; also the function's own time-out."""


def request(
    kind: str, *, intent: str = "", token: str | None = None, skill: str = SKILL, **slots: str
) -> dict[str, Any]:
    system = {"application": {"applicationId": skill}, "user": {"userId": "u", "accessToken": token}}
    filled = {name: {"name": name, "value": value} for name, value in slots.items()}
    return {
        "version": "1.0",
        "context": {"System": system},
        "request": {"type": kind, "requestId": "r", "intent": {"name": intent, "slots": filled}},
    }


@pytest.fixture
def issuer(stand_ins: StandIns) -> Issuer:
    issuer = Issuer()
    stand_ins.answers.keys = {"keys": [issuer.published()]}
    return issuer


@pytest.fixture
def alexa(start: Start) -> Function:
    return start("alexa_skill", ALEXA_SKILL_ID=SKILL, USER_POOL_ID=POOL, ALEXA_CLIENT_ID="alexa")


@pytest.fixture
def person(start: Start) -> Person:
    """Somebody who has used Second Brain before."""
    person = Person()
    note = {"kind": "note", "title": "Boiler key", "body": "Under the mat."}
    assert call(start("ingest"), "POST", "/ingest", person=person, body=note).status == 201
    return person


def token_of(issuer: Issuer, person: Person, **change: Any) -> str:
    claims = {
        "sub": person.subject,
        "username": person.subject,
        "token_use": "access",
        "client_id": "alexa",
    }
    return issuer.token(**{**claims, **change})


def speech(outcome: Outcome) -> str:
    assert not outcome.failed, outcome.payload
    assert outcome.payload["version"] == "1.0"
    return str(outcome.payload["response"]["outputSpeech"]["text"])


def test_a_launch_is_welcomed_and_the_end_of_a_session_met_with_silence(alexa: Function) -> None:
    welcome = alexa.invoke(request("LaunchRequest"))
    assert "Welcome" in speech(welcome)
    assert welcome.payload["response"]["shouldEndSession"] is False
    ended = alexa.invoke(request("SessionEndedRequest"))
    assert ended.payload == {"version": "1.0", "response": {}}


@pytest.mark.parametrize(
    "event", [request("LaunchRequest", skill="amzn1.ask.skill.theirs"), {}, [], None, "x"]
)
def test_another_skill_is_refused(alexa: Function, event: Any) -> None:
    outcome = alexa.invoke(event)
    assert outcome.failed
    assert outcome.payload["errorType"] == "SkillRefused"


def test_a_linked_voice_is_answered_for_its_family(
    alexa: Function, issuer: Issuer, person: Person, stand_ins: StandIns
) -> None:
    token = token_of(issuer, person)
    asked = request("IntentRequest", intent="AskIntent", token=token, question="where is the boiler key")
    assert speech(alexa.invoke(asked)) == "The agent's words."
    assert stand_ins.sent_to("/runtimes/")[-1].json()["family_id"] == person.family
    told = request("IntentRequest", intent="RememberIntent", token=token, text="the car is in row seven")
    assert "remember" in speech(alexa.invoke(told))
    briefed = request("IntentRequest", intent="BriefingIntent", token=token)
    assert speech(alexa.invoke(briefed)) == "The agent's words."


def test_tokens_that_are_expired_forged_or_for_others_link_again(
    alexa: Function, issuer: Issuer, person: Person
) -> None:
    genuine = token_of(issuer, person)
    refused = [
        None,
        "",
        "no token",
        "a.b.c",
        "x" * 20_000,
        token_of(issuer, person, exp=1),
        token_of(issuer, person, client_id="web"),
        token_of(issuer, person, token_use="id"),
        token_of(issuer, person, iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"),
        token_of(issuer, person, algorithm="HS256"),
        token_of(Issuer(), person),
        token_of(Issuer("key-2"), person),
        tampered(genuine, sub="somebody else"),
        unsigned(sub=person.subject, token_use="access", client_id="alexa"),
        genuine[:-4],
    ]
    for token in refused:
        asked = request("IntentRequest", intent="AskIntent", token=token, question="where")
        outcome = alexa.invoke(asked)
        assert outcome.payload["response"]["card"] == {"type": "LinkAccount"}, token


@pytest.mark.parametrize("change", ["disabled", "deleted"])
def test_a_valid_token_of_somebody_who_left_is_refused(start: Start, pool: UserPool, change: str) -> None:
    """On the embedded AWS's Cognito; the token itself stays valid for an hour."""
    app, member = pool.client_of_alexa(), pool.join()
    note = {"kind": "note", "title": "Boiler key", "body": "Under the mat."}
    person = Person(member.subject, member.family)
    assert call(start("ingest"), "POST", "/ingest", person=person, body=note).status == 201
    alexa = start("alexa_skill", ALEXA_SKILL_ID=SKILL, **{**pool.settings(), "ALEXA_CLIENT_ID": app})
    token = pool.access_token(member, app)
    asked = request("IntentRequest", intent="AskIntent", token=token, question="where is the boiler key")
    assert speech(alexa.invoke(asked)) == "The agent's words."
    pool.leave(member, change)
    assert alexa.invoke(asked).payload["response"]["card"] == {"type": "LinkAccount"}


def test_a_voice_follows_its_person_into_another_family(
    alexa: Function, issuer: Issuer, person: Person, stand_ins: StandIns, start: Start
) -> None:
    """At once, with the token that it has."""
    host, api = Person(), start("calendar")
    code = call(api, "POST", "/family/invitations", person=host, body={}).body["code"]
    joining = {"code": code, "bring_notes": True}
    assert call(api, "POST", "/family/join", person=person, body=joining).status == 200
    token = token_of(issuer, person)
    asked = request("IntentRequest", intent="AskIntent", token=token, question="where is the boiler key")
    assert speech(alexa.invoke(asked)) == "The agent's words."
    assert stand_ins.sent_to("/runtimes/")[-1].json()["family_id"] == host.family


def test_somebody_whom_no_family_knows_is_sent_to_the_app(alexa: Function, issuer: Issuer) -> None:
    asked = request("IntentRequest", intent="AskIntent", token=token_of(issuer, Person()), question="where")
    assert "app" in speech(alexa.invoke(asked))


def test_a_slow_agent_leaves_time_for_a_poorer_answer(
    alexa: Function, issuer: Issuer, person: Person, stand_ins: StandIns
) -> None:
    stand_ins.answers.agent_delay = 20
    token = token_of(issuer, person)
    asked = request("IntentRequest", intent="AskIntent", token=token, question="boiler key")
    assert "Boiler key" in speech(alexa.invoke(asked, within=ALEXA_WAITS))


def test_a_lost_database_is_an_apology(start: Start, issuer: Issuer, person: Person) -> None:
    alexa = start(
        "alexa_skill",
        ALEXA_SKILL_ID=SKILL,
        USER_POOL_ID=POOL,
        ALEXA_CLIENT_ID="alexa",
        DATABASE_HOST="127.0.0.1",
    )
    asked = request("IntentRequest", intent="AskIntent", token=token_of(issuer, person), question="where")
    assert "cannot reach" in speech(alexa.invoke(asked, within=ALEXA_WAITS))


@pytest.mark.parametrize(
    "intent", ["AMAZON.HelpIntent", "AMAZON.FallbackIntent", "AMAZON.StopIntent", "Other"]
)
def test_every_other_intent_is_answered(alexa: Function, intent: str) -> None:
    assert speech(alexa.invoke(request("IntentRequest", intent=intent)))


def test_silence_in_a_slot_asks_again(alexa: Function, issuer: Issuer, person: Person) -> None:
    asked = request("IntentRequest", intent="AskIntent", token=token_of(issuer, person))
    assert "say it again" in speech(alexa.invoke(asked))
