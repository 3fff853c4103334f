"""People who exist for as long as the checks run, each with a family of their own."""

import base64
import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.smoke.second_brain.deployment import Deployment

ZONE = "Europe/Berlin"


@dataclass(frozen=True, kw_only=True)
class Person:
    email: str
    family: str
    token: str = field(repr=False)
    api: httpx.Client = field(repr=False)

    @property
    def claims(self) -> dict[str, Any]:
        """What the identity token says; whether it is true the API decides."""
        body = self.token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return claims


class People:
    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._users = deployment.client("cognito-idp")
        self._made: list[Person] = []
        self._emails: list[str] = []

    def join(self) -> Person:
        """Created by the admin API, with a family that only it can give, and signed in."""
        email, family = f"smoke-{uuid.uuid4()}@example.com", str(uuid.uuid4())
        password = f"{secrets.token_urlsafe(18)}-aA1"
        self._create(email, family, password)
        token = self._sign_in(email, password)
        api = httpx.Client(
            base_url=self._deployment.api_url, headers={"Authorization": token}, timeout=30, trust_env=False
        )
        person = Person(email=email, family=family, token=token, api=api)
        self._made.append(person)
        return person

    def _create(self, email: str, family: str, password: str) -> None:
        attributes = {
            "email": email,
            "email_verified": "true",
            "custom:family_id": family,
            "custom:timezone": ZONE,
        }
        pool = self._deployment.user_pool_id
        self._users.admin_create_user(
            UserPoolId=pool,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        self._emails.append(email)
        self._users.admin_set_user_password(
            UserPoolId=pool, Username=email, Password=password, Permanent=True
        )

    def _sign_in(self, email: str, password: str) -> str:
        signed_in = self._users.admin_initiate_auth(
            UserPoolId=self._deployment.user_pool_id,
            ClientId=self._deployment.smoke_client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )
        return str(signed_in["AuthenticationResult"]["IdToken"])

    def leave(self) -> list[str]:
        """Everybody goes, and everything of theirs; returns what could not be removed and why."""
        problems = []
        for person in self._made:
            person.api.close()
            problems += _problem(lambda person=person: self._forget(person.family))
        for email in self._emails:
            problems += _problem(lambda email=email: self._delete(email))
        return problems

    def _forget(self, family: str) -> None:
        """None of that id is fine: not everybody gets as far as the database."""
        answer = self._deployment.invoke(self._deployment.daily_cleanup, {"forget_family": family})
        assert "forgotten" in answer, f"the cleanup does not know how to forget a family: {answer}"

    def _delete(self, email: str) -> None:
        self._users.admin_delete_user(UserPoolId=self._deployment.user_pool_id, Username=email)


def _problem(work: Any) -> list[str]:
    try:
        work()
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    return []
