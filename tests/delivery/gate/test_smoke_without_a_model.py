"""The shipped smoke tests, with a model that is of no use: what stops a delivery, and what does not.

The deployment answers over HTTP as the real one does; how the real one behaves without its agent is shown by
the tests of the functions.
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.delivery.pipeline.conftest import PROJECT

CHECKS = "question or clock"
COUNTS = {
    "briefing-dispatcher": {"dispatched": 0},
    "calendar-sync": {"synced": 0, "failed": 0},
    "daily-cleanup": {"deleted": 0, "forgotten": 1},
}


class Deployment(ThreadingHTTPServer):
    """Lambda's Invoke and the API, at one address; what a test changes are its fields."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.degraded_answers = 0
        """How many questions the agent does not answer before it does."""
        self.finds = True
        self.status = 200
        self.reminders: list[int] = []
        """How many go out at each run."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if path == "/ingest":
            return 201, {"id": "note-1"}
        if path == "/query":
            return self.status, self._found()
        function = path.split("/")[3]
        if function == "smoke-people":
            return 200, {"email": "ann@example.com", "tenant": "t", "token": "a.b.c"}
        if function == "reminder-evaluator":
            return 200, {"sent": self.reminders.pop(0) if self.reminders else 0}
        return 200, COUNTS[function]

    def _found(self) -> dict[str, Any]:
        degraded = self.degraded_answers > 0
        self.degraded_answers -= 1
        matches = [{"id": "note-1"}] if self.finds else []
        cited = [] if degraded else ["note-1"]
        return {"answer": "It was renewed.", "matches": matches, "citations": cited, "degraded": degraded}


class Answers(BaseHTTPRequestHandler):
    server: Deployment

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        status, body = self.server.answer(self.path)
        written = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_arguments: object) -> None:
        """Nothing: the test's own output tells."""


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    server = Deployment()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def smoke(deployment: Deployment, environment: str) -> subprocess.CompletedProcess[str]:
    functions = (
        "SMOKE_PEOPLE",
        "BRIEFING_DISPATCHER",
        "REMINDER_EVALUATOR",
        "CALENDAR_SYNC",
        "DAILY_CLEANUP",
    )
    unused = (
        "COGNITO_DOMAIN", "DISCORD_WEBHOOK_URL", "DISCORD_SECRET_ARN", "ALEXA_LAMBDA_ARN", "ALEXA_SKILL_ID",
        "MIGRATOR_FUNCTION", "DB_ENDPOINT", "DB_SECRET_ARN", "ALARM_NAMES",
    )  # fmt: skip
    told = {
        **{name: name.lower().replace("_", "-") for name in functions},
        **dict.fromkeys(unused, "unused"),
        "API_URL": deployment.url,
        "AWS_ENDPOINT_URL": deployment.url.rstrip("/"),
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
        "DELIVERY_ENVIRONMENT": environment,
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST"))}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/smoke/second_brain",
        "-p",
        "no:cacheprovider",
        "-k",
        CHECKS,
    ]
    return subprocess.run(
        command, env={**clean, **told}, cwd=PROJECT, capture_output=True, text=True, check=False
    )


def figure(outcome: subprocess.CompletedProcess[str]) -> str:
    found = re.search(r"QUALITY of what the model was asked: (.*); it stops nothing", outcome.stdout)
    assert found, outcome.stdout
    return found[1]


def test_production_passes_whatever_the_model_says(deployment: Deployment) -> None:
    deployment.degraded_answers = 100
    outcome = smoke(deployment, "prod")
    assert outcome.returncode == 0, outcome.stdout
    assert figure(outcome) == "0 of 3 done, 0 at the first attempt"
    assert "NOT YET the agent answers a question (attempts: 3)" in outcome.stdout


def test_before_production_an_agent_that_never_answers_stops_the_delivery(deployment: Deployment) -> None:
    deployment.degraded_answers = 100
    outcome = smoke(deployment, "dev")
    assert outcome.returncode == 1, outcome.stdout
    assert "the agent did not answer 3 times; its log tells why" in outcome.stdout
    assert "0 of 3 done" in figure(outcome), "what stopped it is told with the figure"


def test_an_agent_that_starts_slowly_is_asked_again(deployment: Deployment) -> None:
    deployment.degraded_answers = 1
    deployment.reminders = [1]
    outcome = smoke(deployment, "dev")
    assert outcome.returncode == 0, outcome.stdout
    assert figure(outcome) == "3 of 3 done, 2 at the first attempt"


def test_a_model_that_sets_no_reminder_stops_nothing(deployment: Deployment) -> None:
    outcome = smoke(deployment, "dev")
    assert outcome.returncode == 0, outcome.stdout
    assert "NOT YET a reminder that is asked for goes out (attempts: 2)" in outcome.stdout


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"finds": False}, "note-1"),
        ({"status": 500}, "assert 500 == 200"),
        ({"reminders": [1] * 9}, "reminders were sent again"),
    ],
    ids=["search finds nothing", "the API fails", "reminders never end"],
)
def test_what_the_system_does_by_itself_stops_production(
    deployment: Deployment, fault: dict[str, Any], says: str
) -> None:
    for name, value in fault.items():
        setattr(deployment, name, value)
    outcome = smoke(deployment, "prod")
    assert outcome.returncode == 1, outcome.stdout
    assert says in outcome.stdout
