"""Built functions, each in an environment of its own, on a real PostgreSQL."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from rehearsal.postgres.login import Login
from rehearsal.postgres.server import temporary
from stacks.second_brain.logins import LOGIN_OF, ROLES
from tests.lambdas.discord import application
from tests.lambdas.linking import Steps
from tests.lambdas.runtime_api import Function
from tests.lambdas.stand_ins import StandIns
from tests.lambdas.user_pool import UserPool
from tests.logins import deploy

REPOSITORY = Path(__file__).parents[2]
WORKSPACE = REPOSITORY / "lambdas"


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The embedded AWS, for tests that need more of a service than a stand-in says."""
    home = Home(tmp_path_factory.mktemp("cloud") / ".slipway")
    yield client.start(home, account="111122223333", region="eu-west-1")
    client.stop(home)


@pytest.fixture(scope="session")
def database() -> Iterator[Login]:
    with temporary() as login:
        deploy(login)
        yield login


def build() -> Path:
    """The folder of all programs, built without optimisation."""
    subprocess.run(["cargo", "build", "--quiet", "--workspace", "--bins"], cwd=WORKSPACE, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target")) / "debug"


@pytest.fixture(scope="session")
def bootstraps() -> Path:
    return build()


@pytest.fixture
def stand_ins(database: Login) -> Iterator[StandIns]:
    with StandIns() as stand_ins:
        stand_ins.answers.secrets.update(secrets_of(database))
        yield stand_ins


def secrets_of(master: Login) -> Mapping[str, str]:
    """The secret of each login, named like its role."""
    port, password = master.address.port, master.password
    return {role: json.dumps({"username": role, "password": password, "port": port}) for role in ROLES}


class Start(Protocol):
    def __call__(self, name: str, **settings: str) -> Function: ...


@pytest.fixture
def start(bootstraps: Path, database: Login, stand_ins: StandIns, tmp_path: Path) -> Iterator[Start]:
    """Starts a function with the settings that a stack would give it, and ends it with the test."""
    with ExitStack() as running:

        def start(name: str, **settings: str) -> Function:
            environment = {**settings_of(database, stand_ins, program=name), **settings}
            function = Function(
                [bootstraps / name], environment=environment, log=tmp_path / f"{name}.log", name=name
            )
            return running.enter_context(function)

        yield start


@pytest.fixture(scope="session")
def pool(endpoint: Endpoint) -> UserPool:
    return UserPool.create(endpoint)


@pytest.fixture
def steps(start: Start, stand_ins: StandIns, pool: UserPool) -> Steps:
    """Linking with the embedded AWS's Cognito; the other services are stand-ins."""
    stand_ins.answers.secrets["discord"] = application()
    function = start(
        "discord_webhook",
        DISCORD_SECRET_ARN="discord",
        DISCORD_API_URL=f"{stand_ins.url}/discord-api",
        **pool.settings(),
    )
    return Steps(function, stand_ins, pool)


def settings_of(login: Login, stand_ins: StandIns, *, program: str) -> Mapping[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": stand_ins.url,
        "DATABASE_URL_SECRET_ARN": LOGIN_OF[program],
        "DATABASE_HOST": login.address.host,
        "DATABASE_NAME": login.database,
        "PGSSLROOTCERT": str(login.root_certificate),
        "AGENTCORE_ENDPOINT": "arn:aws:bedrock-agentcore:us-east-1:000000000000:runtime/swarm",
        "NOTIFICATION_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:people",
        "PLACE_INDEX": "second-brain-places",
        "VOICE_BUCKET": "recordings",
        "VOICE_JOB_PREFIX": "tests-dev-voice-",
        "CORS_ORIGINS": "https://app.secondbrain.example.com",
    }
