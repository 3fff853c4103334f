"""One environment, known by nothing but the outputs of its deployment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import boto3
import pytest
from botocore.config import Config

_BOUNDS = Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 2})


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Each field is an environment variable, in capitals."""

    api_url: str
    smoke_people: str
    cognito_domain: str
    discord_webhook_url: str
    discord_secret_arn: str
    alexa_lambda_arn: str
    alexa_skill_id: str
    briefing_dispatcher: str
    reminder_evaluator: str
    calendar_sync: str
    daily_cleanup: str
    migrator_function: str
    db_endpoint: str
    db_secret_arn: str
    alarm_names: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Deployment":
        names = [field.name for field in fields(cls)]
        missing = [name.upper() for name in names if not environment.get(name.upper())]
        if missing:
            raise pytest.UsageError(f"outputs of the deployment are not set: {', '.join(missing)}")
        return cls(**{name: environment[name.upper()] for name in names})

    def client(self, service: str) -> Any:
        """As whoever runs the checks: the environment's smoke role."""
        return boto3.client(service, config=_BOUNDS)  # type: ignore[call-overload]

    @cached_property
    def _functions(self) -> Any:
        return self.client("lambda")

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        answer = self.invoke_whatever_comes(function, event)
        assert "FunctionError" not in answer, f"{function} failed: {answer['said']}"
        return answer["said"]

    def invoke_whatever_comes(self, function: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """With the function's words as `said`, a failure's too."""
        answer = self._functions.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        return {**answer, "said": json.loads(answer["Payload"].read())}

    @property
    def sign_in_url(self) -> str:
        """The hosted sign-in; where AWS itself is elsewhere (AWS_ENDPOINT_URL), so is that."""
        elsewhere = os.environ.get("AWS_ENDPOINT_URL")
        host = self.cognito_domain if "://" in self.cognito_domain else f"https://{self.cognito_domain}"
        return elsewhere.rstrip("/") if elsewhere else host.rstrip("/")

    @property
    def alarms(self) -> list[str]:
        return self.alarm_names.split(",")

    @property
    def is_production(self) -> bool:
        return os.environ.get("DELIVERY_ENVIRONMENT") == "prod"
