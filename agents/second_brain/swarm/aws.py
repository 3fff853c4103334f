"""The AWS services behind the agent's ports; clients are made once, for making one is slow."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from agents.second_brain.swarm.database import Login
from agents.second_brain.swarm.settings import Settings
from agents.second_brain.swarm.store import Point

QUICK = Config(connect_timeout=3, read_timeout=8, retries={"max_attempts": 2, "mode": "standard"})
FAILURES = (BotoCoreError, ClientError)
_DIMENSIONS = 1024


class ServiceError(Exception):
    """A service did not do it; the text names the service and quotes nothing."""


@dataclass(frozen=True, kw_only=True)
class SecretLogin:
    """The database's login, from Secrets Manager."""

    client: Any
    settings: Settings

    @classmethod
    def of(cls, settings: Settings) -> "SecretLogin":
        return cls(client=boto3.client("secretsmanager", config=QUICK), settings=settings)

    def login(self) -> Login:
        secret = self.client.get_secret_value(SecretId=self.settings.database_secret)
        return Login.of_secret(
            secret["SecretString"],
            host=self.settings.database_host,
            database=self.settings.database_name,
        )


@dataclass(frozen=True, kw_only=True)
class Embeddings:
    client: Any
    model_id: str

    @classmethod
    def of(cls, settings: Settings) -> "Embeddings":
        return cls(client=boto3.client("bedrock-runtime", config=QUICK), model_id=settings.embedding_model)

    def embed(self, text: str) -> Sequence[float]:
        """The same vector that the functions store for a text."""
        body = json.dumps({"inputText": text, "dimensions": _DIMENSIONS, "normalize": True})
        try:
            answer = self.client.invoke_model(modelId=self.model_id, body=body)
        except FAILURES as error:
            raise ServiceError(f"the embedding model did not answer: {type(error).__name__}") from error
        vector: list[float] = json.loads(answer["body"].read())["embedding"]
        return vector


@dataclass(frozen=True, kw_only=True)
class Places:
    client: Any
    index: str | None

    @classmethod
    def of(cls, settings: Settings) -> "Places":
        return cls(client=boto3.client("location", config=QUICK), index=settings.place_index)

    def find(self, name: str) -> tuple[str, Point] | None:
        """The place's full name and where it is; None where nobody knows it."""
        if not self.index:
            raise ServiceError("this environment has no place index")
        try:
            answer = self.client.search_place_index_for_text(
                IndexName=self.index, Text=name[:200], MaxResults=1
            )
        except FAILURES as error:
            raise ServiceError(f"the place index did not answer: {type(error).__name__}") from error
        for result in answer["Results"]:
            longitude, latitude = result["Place"]["Geometry"]["Point"]
            return result["Place"].get("Label", name), Point(longitude=longitude, latitude=latitude)
        return None
