"""What the agent asks of Bedrock and Location, as those services take it; the answers are the emulator's."""

import json
import math
from typing import Any

import boto3
import pytest
from strands import Agent

from agents.second_brain.swarm.aws import Embeddings, Places, SecretLogin, ServiceError
from agents.second_brain.swarm.models import models_of
from agents.second_brain.swarm.settings import Settings
from agents.second_brain.swarm.tools.retrieval import RetrievalTools

pytestmark = pytest.mark.usefixtures("pointed_at_it")


@pytest.fixture
def settings(aws: boto3.session.Session) -> Settings:
    login = {"username": "u", "password": "p", "host": "stored", "port": 5433, "dbname": "d"}
    name = "database"
    secrets = aws.client("secretsmanager")
    if name not in [secret["Name"] for secret in secrets.list_secrets()["SecretList"]]:
        secrets.create_secret(Name=name, SecretString=json.dumps(login))
    return Settings.of(
        {
            "DB_SECRET_ARN": name,
            "DB_HOST": "given",
            "MODEL_ID": "eu.anthropic.claude-sonnet-4-6",
            "FAST_MODEL_ID": "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
            "PLACE_INDEX": "places",
        }
    )


def test_the_login_is_the_secrets_at_the_given_host(settings: Settings) -> None:
    login = SecretLogin.of(settings).login()
    assert (login.host, login.port, login.user, login.database) == ("given", 5433, "u", "second_brain")
    assert "password" not in repr(login)


def test_an_embedding_is_one_of_the_functions(settings: Settings) -> None:
    vector = Embeddings.of(settings).embed("The boiler was serviced in May")
    assert len(vector) == 1024
    assert math.isclose(sum(value * value for value in vector), 1.0, abs_tol=1e-3)


def test_a_place_is_found_or_nobody_knows_it(settings: Settings, aws: boto3.session.Session) -> None:
    places = Places.of(settings)
    with pytest.raises(ServiceError, match="place index"):
        places.find("Lisbon")
    location: Any = aws.client("location")
    location.create_place_index(IndexName="places", DataSource="Esri")
    found = places.find("Lisbon")
    assert found is not None
    assert 38 < found[1].latitude < 39
    assert places.find("my kitchen") is None


def test_bedrock_takes_what_a_member_sends(settings: Settings) -> None:
    models = models_of(settings)
    tools = RetrievalTools(None)  # type: ignore[arg-type]
    for model, name in ((models.main, "sonnet"), (models.fast, "haiku")):
        member = Agent(
            model=model,
            system_prompt="You answer.",
            tools=[tools.search_notes, tools.read_note],
            messages=[
                {"role": "user", "content": [{"text": "Background"}]},
                {"role": "assistant", "content": [{"text": "Read."}]},
            ],
            callback_handler=None,
        )
        assert name in str(member("Where is the key?"))
