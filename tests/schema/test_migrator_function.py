"""The migrator as a Lambda function: CloudFormation's events in, an answer at the response URL out."""

import http.server
import json
import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from blocks.schema_migration.handler.migrator import custom_resource
from blocks.schema_migration.handler.migrator.migration import MigrationError
from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from rehearsal.postgres.distribution import EXTENSIONS
from rehearsal.postgres.login import Login
from stacks.second_brain.logins import OWNER, ROLES
from tests.logins import create_logins

REGION = "eu-west-1"
Secrets = Mapping[str, str]


@dataclass
class Answers:
    """What arrived at the response URL."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)
    refusals: int = 0

    @property
    def last(self) -> dict[str, Any]:
        return self.bodies[-1]


@dataclass(frozen=True)
class Context:
    log_stream_name: str = "stream"
    seconds: int = 60

    def get_remaining_time_in_millis(self) -> int:
        return self.seconds * 1000


@pytest.fixture
def answers() -> Iterator[Answers]:
    """A server that takes presigned PUTs, like the bucket behind CloudFormation's response URL."""
    received = Answers()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if received.refusals:
                received.refusals -= 1
                self.send_error(503)
                return
            received.bodies.append(json.loads(body))
            received.content_types.append(self.headers.get("Content-Type"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Nothing: pytest's output is no access log."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        received.url = f"http://127.0.0.1:{listener.server_address[1]}/answer?signature=x"
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        yield received
        listener.shutdown()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    home = Home(tmp_path_factory.mktemp("cloud") / ".slipway")
    yield client.start(home, account="111122223333", region=REGION)
    client.stop(home)


@pytest.fixture
def secrets(cloud: Endpoint, database: Login, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    """The ARN of each user's secret: the master's as RDS would keep it, the others' as a stack does."""
    variables = {
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_ACCESS_KEY_ID": cloud.account,
        "AWS_SECRET_ACCESS_KEY": client.root_key(cloud).secret,
        "AWS_DEFAULT_REGION": REGION,
        "PGSSLROOTCERT": str(database.root_certificate),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    manager = client.session(cloud).client("secretsmanager")

    def keep(user: str) -> str:
        password = database.password if user == database.user else f"{user}'s own"
        login = {"username": user, "password": password, "port": database.address.port}
        name = f"{user}-{database.database}"
        return str(manager.create_secret(Name=name, SecretString=json.dumps(login))["ARN"])

    arns = {user: keep(user) for user in (database.user, OWNER, *ROLES)}
    yield arns
    for arn in arns.values():
        manager.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    create_logins(database, extensions=())  # roles are the server's: other tests know them by their passwords


@pytest.fixture
def secret(secrets: Secrets, database: Login) -> str:
    return secrets[database.user]


@pytest.fixture
def event(secret: str, secrets: Secrets, database: Login, answers: Answers) -> dict[str, Any]:
    return {
        "RequestType": "Create",
        "ResponseURL": answers.url,
        "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/db/1",
        "RequestId": "request",
        "LogicalResourceId": "Schema",
        "ResourceProperties": {
            "DbHost": database.address.host,
            "DbName": database.database,
            "SecretArn": secret,
            "SchemaHash": "any",
            "Extensions": list(EXTENSIONS),
            "Owner": {"Role": OWNER, "SecretArn": secrets[OWNER], "Connections": "2"},
            "Logins": [{"Role": role, "SecretArn": secrets[role], "Connections": "3"} for role in ROLES],
        },
    }


@pytest.fixture(autouse=True)
def schema(second_brain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the deployed function has its `schema` folder."""
    monkeypatch.setattr(custom_resource, "SCHEMA", second_brain)


def call(event: Mapping[str, Any], **changes: Any) -> dict[str, Any] | None:
    return custom_resource.handler({**event, **changes}, Context())


def test_create_succeeds_and_tells_the_version(
    event: dict[str, Any], answers: Answers, second_brain: Path
) -> None:
    assert call(event) is None
    assert answers.last["Status"] == "SUCCESS"
    assert answers.last["Data"] == {"Version": str(len(list(second_brain.glob("*.sql"))))}
    assert answers.content_types == [""]
    echoed = {name: answers.last[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    assert echoed == {name: event[name] for name in echoed}


def test_update_keeps_the_physical_id(event: dict[str, Any], answers: Answers) -> None:
    call(event)
    call(event, RequestType="Update", PhysicalResourceId=answers.last["PhysicalResourceId"])
    assert [body["Status"] for body in answers.bodies] == ["SUCCESS", "SUCCESS"]
    assert len({body["PhysicalResourceId"] for body in answers.bodies}) == 1


def test_delete_does_nothing_and_succeeds(event: dict[str, Any], answers: Answers) -> None:
    call(event, RequestType="Delete", PhysicalResourceId="earlier", ResourceProperties={})
    assert (answers.last["Status"], answers.last["PhysicalResourceId"]) == ("SUCCESS", "earlier")


def test_direct_call_lists_extensions_and_version(
    event: dict[str, Any], answers: Answers, second_brain: Path
) -> None:
    outcome = call(event, RequestType="Update", ResponseURL=None)
    assert outcome is not None
    assert outcome["version"] == outcome["expected"] == len(list(second_brain.glob("*.sql")))
    assert tuple(outcome["extensions"]) == EXTENSIONS
    assert json.loads(json.dumps(outcome))
    assert answers.bodies == []


def test_direct_call_raises_what_went_wrong(event: dict[str, Any]) -> None:
    wrong = {**event["ResourceProperties"], "DbName": "not_there"}
    with pytest.raises(MigrationError, match='database "not_there" does not exist'):
        call(event, ResponseURL=None, ResourceProperties=wrong)


def test_failing_sql_reports_failed_with_the_reason(
    event: dict[str, Any],
    answers: Answers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "0001_broken.sql").write_text("create table x (id nonsense);")
    monkeypatch.setattr(custom_resource, "SCHEMA", tmp_path)
    with caplog.at_level(logging.INFO):
        call(event)
    assert answers.last["Status"] == "FAILED"
    assert '0001_broken.sql: type "nonsense" does not exist' in answers.last["Reason"]
    assert "log stream stream" in answers.last["Reason"]
    assert "Traceback" in caplog.text


def test_every_login_signs_in_with_its_own_secret(
    event: dict[str, Any], answers: Answers, database: Login
) -> None:
    call(event)
    assert answers.last["Status"] == "SUCCESS", answers.last
    for role in (OWNER, *ROLES):
        login = replace(database, user=role, password=f"{role}'s own")
        with psycopg.connect(login.dsn) as session:
            query = b"select rolconnlimit from pg_roles where rolname = current_user"
            assert session.execute(query).fetchone() == ((2,) if role == OWNER else (3,))


def test_the_files_are_applied_by_the_owner_and_not_by_the_master(
    event: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Login
) -> None:
    (tmp_path / "0001_who.sql").write_text("create table who as select current_user::text as name;")
    monkeypatch.setattr(custom_resource, "SCHEMA", tmp_path)
    call(event)
    with psycopg.connect(database.dsn) as session:
        assert session.execute("select name from who").fetchone() == (OWNER,)


def test_a_secret_of_another_user_is_not_taken(
    event: dict[str, Any], answers: Answers, secrets: Secrets
) -> None:
    """Two ARNs mixed up would otherwise give one kind of function the password of another."""
    mixed = {"Role": "sb_api", "SecretArn": secrets["sb_jobs"], "Connections": "3"}
    call(event, ResourceProperties={**event["ResourceProperties"], "Logins": [mixed]})
    assert answers.last["Status"] == "FAILED"
    assert "the secret of sb_api is of another user" in answers.last["Reason"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"Owner": None}, "has Logins and no Owner"),
        ({"Logins": [{"Role": "sb_api"}]}, "lacks SecretArn, Connections"),
    ],
    ids=["no owner", "half a login"],
)
def test_incomplete_logins_report_failed(
    event: dict[str, Any], answers: Answers, change: dict[str, Any], complaint: str
) -> None:
    call(event, ResourceProperties={**event["ResourceProperties"], **change})
    assert answers.last["Status"] == "FAILED"
    assert complaint in answers.last["Reason"]


def test_missing_property_reports_failed(event: dict[str, Any], answers: Answers) -> None:
    call(event, ResourceProperties={"DbName": "x"})
    assert answers.last["Status"] == "FAILED"
    assert "lacks DbHost, SecretArn" in answers.last["Reason"]


def test_neither_answer_nor_log_holds_a_password(
    event: dict[str, Any], answers: Answers, database: Login, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {**event["ResourceProperties"], "DbName": "not_there"}
    with caplog.at_level(logging.DEBUG, logger="blocks"):
        call(event, ResourceProperties=wrong)
    assert answers.last["Status"] == "FAILED"
    call(event)
    assert answers.last["Status"] == "SUCCESS"
    told = json.dumps(answers.bodies) + caplog.text
    assert database.password not in told
    assert "'s own" not in told


def test_answer_is_repeated_when_its_address_is_busy(event: dict[str, Any], answers: Answers) -> None:
    answers.refusals = 2
    call(event)
    assert answers.last["Status"] == "SUCCESS"


def test_statement_that_would_outlive_the_function_reports_failed(
    event: dict[str, Any], answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0001_slow.sql").write_text("select pg_sleep(60);")
    monkeypatch.setattr(custom_resource, "SCHEMA", tmp_path)
    custom_resource.handler(event, Context(seconds=1))
    assert answers.last["Status"] == "FAILED"
    assert "statement timeout" in answers.last["Reason"]
