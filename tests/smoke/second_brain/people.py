"""People who exist for as long as the checks run, each with a family of their own."""

import base64
import json
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
        self._made: list[Person] = []
        self._emails: list[str] = []

    def join(self) -> Person:
        """Made by the function that makes test people, with a family that is new, and signed in."""
        made = self._deployment.invoke(self._deployment.smoke_people, {"join": {}})
        self._emails.append(made["email"])
        api = httpx.Client(
            base_url=self._deployment.api_url,
            headers={"Authorization": made["token"]},
            timeout=30,
            trust_env=False,
        )
        person = Person(email=made["email"], family=made["tenant"], token=made["token"], api=api)
        self._made.append(person)
        return person

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
        self._deployment.invoke(self._deployment.smoke_people, {"leave": email})


def _problem(work: Any) -> list[str]:
    try:
        work()
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    return []
