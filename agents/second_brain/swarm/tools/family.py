"""The person's family: who is in it, a code that invites somebody, and joining another by one.

A code that the person says is looked at first and used only when they say it again, after they were told
what happens. Notes never come along by way of a model; who wants to bring theirs uses the API.
"""

import hashlib
import secrets
from dataclasses import dataclass

from strands import tool

from agents.second_brain.swarm.database import Row
from agents.second_brain.swarm.permissions import NotAllowedError
from agents.second_brain.swarm.store import told
from agents.second_brain.swarm.visit import Visit

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("OIL", "011")
_LENGTH = 10
_REFUSALS = {
    "forbidden": "their role in the family does not permit it",
    "not_found": "the code is wrong, or no longer valid",
    "too_many": "the family has as many open invitations as it can have",
    "full": "that family has as many members as one can have",
    "last_owner": "they are the last owner of a family with others, and make one of them an owner first",
}


@dataclass(frozen=True)
class FamilyTools:
    visit: Visit

    @tool
    def show_family(self) -> str:
        """Who is in the person's family, and in which role."""
        members = [told(row) for row in self.visit.store.family()]
        return self.visit.evidence.show({"members": members})

    @tool
    def invite(self, role: str = "member") -> str:
        """Make a code that lets one person into the family, because the person asks for it.

        Args:
            role: member or child.
        """
        if role not in ("member", "child"):
            raise ValueError("role must be member or child")
        self.visit.permissions.spend("invite")
        code = _code()
        made = self.visit.store.invite(code_hash(code), role)
        if refused := _refusal(made):
            return refused
        return self.visit.evidence.show({"code": code, "role": role, "expires_at": made["expires_at"]})

    @tool
    def join_family(self, code: str) -> str:
        """Look at the invitation that the person has a code of; once they repeat the code, accept it.

        Args:
            code: As the person said it.
        """
        self._said_now(code)
        again = _says(self.visit.conversation.prompts, code)
        if again:
            self.visit.permissions.spend("join_family")
        if not self.visit.store.count_code_try():
            return "not done: too many codes were tried; they can try again in an hour"
        joined = self.visit.store.join(code_hash(code), only_preview=not again)
        if refused := _refusal(joined):
            return refused
        return self.visit.evidence.show({"joined": again, **told(joined)})

    def _said_now(self, code: str) -> None:
        if len(_plain(code)) != _LENGTH or not _says((self.visit.request.prompt,), code):
            raise NotAllowedError("the person did not say this code; use only one that they said")


def code_hash(code: str) -> bytes:
    """As the functions hash what a person typed."""
    return hashlib.sha256(_plain(code).encode()).digest()


def _plain(code: str) -> str:
    letters = "".join(letter for letter in code if letter.isascii() and letter.isalnum())
    return letters.upper().translate(_LOOKALIKES)


def _says(prompts: tuple[str, ...], code: str) -> bool:
    return any(_plain(code) in _plain(prompt) for prompt in prompts)


def _code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def _refusal(row: Row) -> str:
    """Nothing where it was done."""
    reason = _REFUSALS.get(row["outcome"])
    return f"not done: {reason}" if reason else ""
