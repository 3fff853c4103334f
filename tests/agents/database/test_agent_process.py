"""The agent as AgentCore starts it: the deployed folder, its entry point, HTTP; nothing else installed."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from rehearsal.cloud.agentcore.process import AgentError, AgentProcess
from rehearsal.confinement import Confinement
from rehearsal.emulator.environment import AccessKey, clean_environment
from rehearsal.home import Home
from rehearsal.postgres.login import Login
from rehearsal.processes import Processes
from stacks.second_brain.logins import LOGIN_OF
from tests.agents.deployment import copied
from tests.agents.household import Household, Person
from tests.agents.transport import AgentTransport
from tests.lambdas.stand_ins import StandIns
from tests.patience import until

SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"


@pytest.fixture(scope="module")
def services(server: Login) -> Iterator[StandIns]:
    with StandIns() as services:
        login = {
            "username": LOGIN_OF["agent"],
            "password": server.password,
            "host": server.address.host,
            "port": server.address.port,
            "dbname": server.database,
        }
        services.answers.secrets[SECRET] = json.dumps(login)
        yield services


@pytest.fixture(scope="module")
def agent(
    services: StandIns, server: Login, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AgentProcess]:
    place = tmp_path_factory.mktemp("agent")
    process = AgentProcess(
        name="second_brain",
        folder=copied(place / "code"),
        entry_point=("main.py",),
        environment=environment(services, server, place),
        confinement=Confinement(writable=(place,), readable=(server.root_certificate,)),
        log=place / "agent.log",
        processes=Processes(Home(place / "rehearsal")),
    )
    process.start()
    yield process
    process.stop()


def environment(services: StandIns, server: Login, place: Any) -> dict[str, str]:
    return clean_environment(
        endpoint_url=services.url,
        region="eu-west-1",
        key=AccessKey(key_id="111122223333", secret="stand-in"),
        home=place / "home",
        extra={
            "AGENT_MODEL": "scripted",
            "DB_SECRET_ARN": SECRET,
            "DB_NAME": server.database,
            "PLACE_INDEX": "places",
            "PGSSLROOTCERT": str(server.root_certificate),
        },
        person=os.environ,
    )


@pytest.fixture
def client(agent: AgentProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=agent.url, transport=AgentTransport(agent.token)) as client:
        yield client


def invoke(client: httpx.Client, person: Person, prompt: str, **more: Any) -> httpx.Response:
    headers = {SESSION: person.caller.session}
    return client.post("/invocations", json=person.payload(prompt, **more), headers=headers)


def test_it_says_that_it_is_there(client: httpx.Client) -> None:
    answer = client.get("/ping")
    assert (answer.status_code, answer.json()["status"]) == (200, "Healthy")


def test_it_answers_with_an_answer_and_citations(
    client: httpx.Client, household: Household, ann: Person
) -> None:
    note = household.note(ann, "Boiler", "Serviced by Smith & Sons in May")
    answer = invoke(client, ann, "When was the boiler serviced?")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "answer": "From your notes:\nBoiler: Serviced by Smith & Sons in May",
        "citations": [str(note)],
    }


def test_many_people_ask_at_once_and_each_gets_their_own(client: httpx.Client, household: Household) -> None:
    people = [household.person() for _ in range(4)]
    for number, person in enumerate(people):
        household.note(person, "Locker", f"The number is {number}77")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda person: invoke(client, person, "Which locker number?"), people))
    assert [answer.json()["answer"] for answer in answers] == [
        f"From your notes:\nLocker: The number is {number}77" for number in range(4)
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"\xff\xfe", "Invalid"),
        (b"[]", "payload"),
        (b"{}", "task"),
    ],
)
def test_what_it_cannot_read_it_refuses(client: httpx.Client, body: bytes, said: str) -> None:
    answer = client.post("/invocations", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_the_field_at_fault_is_named(client: httpx.Client, ann: Person) -> None:
    payload = {**ann.payload("Hello"), "family_id": "all"}
    answer = client.post("/invocations", json=payload, headers={SESSION: ann.caller.session})
    assert (answer.status_code, answer.json()["field"]) == (400, "family_id")


def test_another_persons_session_is_refused(client: httpx.Client, ann: Person, eve: Person) -> None:
    answer = client.post("/invocations", json=eve.payload("Hello"), headers={SESSION: ann.caller.session})
    assert (answer.status_code, answer.json()) == (403, {"error": "the session is not the caller's"})


def test_its_log_holds_no_words_of_anybody(
    agent: AgentProcess, client: httpx.Client, household: Household, ann: Person
) -> None:
    household.note(ann, "Zebra", "Hidden in the wardrobe")
    invoke(client, ann, "Where is the zebra?")
    answered = "answered: task=answer members=router,retrieval citations=1"
    until(lambda: answered in agent.log.read_text(), "the answer is not in the log")
    log = agent.log.read_text()
    assert not {"zebra", "Zebra", "wardrobe"} & set(log.split())
    lines = [json.loads(line) for line in log.splitlines()]
    assert ann.caller.session in {line.get("sessionId") for line in lines}


def test_without_its_settings_it_does_not_start(
    services: StandIns, server: Login, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("broken")
    process = AgentProcess(
        name="broken",
        folder=copied(place / "code"),
        entry_point=("main.py",),
        environment={**environment(services, server, place), "DB_SECRET_ARN": ""},
        confinement=Confinement(writable=(place,)),
        log=place / "agent.log",
        processes=Processes(Home(place / "rehearsal")),
    )
    with pytest.raises(AgentError, match="DB_SECRET_ARN is not set"):
        process.start()
