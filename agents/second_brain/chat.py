"""Talk to a deployed Second Brain in the terminal: `python -m agents.second_brain.chat [STAGE]`.

It speaks to the API as any client does: signed in as a person of their own family, who is created on the
first day and comes back on the next. AWS credentials are only for finding the deployment and for signing
in; with `eval "$(slipway env)"` before it, that is the rehearsal.
"""

import os
import secrets
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from agents.second_brain.outputs import NotDeployedError, find_outputs

EMAIL = "chat@example.com"
HELP = """Ask anything. Also:
  /note TITLE: TEXT              keep a note
  /event START END TITLE         enter an event, such as /event 2026-05-04T09:30 2026-05-04T10:00 Dentist
  /briefing                      hear about today
  /quit"""


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    body: Mapping[str, Any]

    @property
    def refusal(self) -> str | None:
        if self.status < 400:
            return None
        error = self.body.get("error") or self.body
        return f"{self.status}: {error.get('message', error)} {error.get('field', '')}".strip()


class Conversation:
    def __init__(self, api: httpx.Client) -> None:
        self._api = api
        self._commands: Mapping[str, Callable[[str], str]] = {
            "/note": self._note,
            "/event": self._event,
            "/briefing": self._briefing,
        }

    def say(self, line: str) -> str:
        """What comes back for one line."""
        word, _, rest = line.partition(" ")
        if not word.startswith("/"):
            return self._ask(line)
        command = self._commands.get(word)
        return command(rest.strip()) if command else HELP

    def _ask(self, question: str) -> str:
        reply = self._call("POST", "query", json={"question": question})
        if reply.refusal:
            return reply.refusal
        titles = {match["id"]: match["title"] for match in reply.body["matches"]}
        cited = [titles.get(note, note) for note in reply.body.get("citations", [])]
        sources = f"\n  [{'; '.join(cited)}]" if cited else ""
        return f"{reply.body['answer']}{sources}"

    def _note(self, text: str) -> str:
        title, separator, body = text.partition(":")
        if not separator or not title.strip() or not body.strip():
            return "Write it as /note TITLE: TEXT"
        note = {"kind": "note", "title": title.strip(), "body": body.strip()}
        return self._call("POST", "ingest", json=note).refusal or "Kept."

    def _event(self, text: str) -> str:
        start, _, rest = text.partition(" ")
        end, _, title = rest.partition(" ")
        if not title.strip():
            return "Write it as /event START END TITLE"
        event = {"title": title.strip(), "starts_at": _zoned(start), "ends_at": _zoned(end)}
        return self._call("POST", "calendar", json=event).refusal or "Entered."

    def _briefing(self, _: str) -> str:
        reply = self._call("GET", "briefing")
        return reply.refusal or str(reply.body["text"])

    def _call(self, method: str, path: str, **more: Any) -> Reply:
        answer = self._api.request(method, path, **more)
        return Reply(status=answer.status_code, body=answer.json())


def _zoned(time: str) -> str:
    """The API wants an offset; a person who writes none means their own, which here is UTC."""
    return time if time.endswith("Z") or "+" in time else f"{time}{':00' if time.count(':') == 1 else ''}Z"


def sign_in(outputs: Mapping[str, str], users: Any) -> str:
    """The identity token of this chat's person, who gets a new password for each sitting."""
    pool, password = outputs["UserPoolId"], f"{secrets.token_urlsafe(18)}-aA1"
    try:
        users.admin_get_user(UserPoolId=pool, Username=EMAIL)
    except users.exceptions.UserNotFoundException:
        _create(users, pool)
    users.admin_set_user_password(UserPoolId=pool, Username=EMAIL, Password=password, Permanent=True)
    signed_in = users.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=outputs["SmokeClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": EMAIL, "PASSWORD": password},
    )
    return str(signed_in["AuthenticationResult"]["IdToken"])


def _create(users: Any, pool: str) -> None:
    attributes = {"email": EMAIL, "email_verified": "true", "custom:family_id": str(uuid.uuid4())}
    users.admin_create_user(
        UserPoolId=pool,
        Username=EMAIL,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )


def talk(api: httpx.Client, console: Console) -> None:
    conversation = Conversation(api)
    console.print(HELP, style="dim", highlight=False)
    while True:
        try:
            line = console.input("[bold]> [/bold]").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line == "/quit":
            return
        if line:
            console.print(escape(_answered(conversation, line)), highlight=False)


def _answered(conversation: Conversation, line: str) -> str:
    try:
        return conversation.say(line)
    except httpx.HTTPError as error:
        return f"no answer: {type(error).__name__}; say it again"


def main(arguments: list[str]) -> int:
    stage = arguments[0] if arguments else "Dev"
    try:
        outputs = find_outputs(boto3.client("cloudformation"), stage=stage, environment=os.environ)
        token = sign_in(outputs, boto3.client("cognito-idp"))
    except (NotDeployedError, BotoCoreError, ClientError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    headers = {"Authorization": token}
    with httpx.Client(base_url=outputs["ApiUrl"], headers=headers, timeout=30, trust_env=False) as api:
        talk(api, Console())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
