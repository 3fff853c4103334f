"""People of several families in one database, as the API's function works for them."""

import uuid
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import psycopg
from psycopg import sql

from rehearsal.postgres.login import Login
from tests.logins import signed_in

MEANING = "[1" + ",0" * 1023 + "]"
Row = tuple[Any, ...]


@dataclass(kw_only=True)
class Someone:
    brain: Login
    user: uuid.UUID
    subject: str
    session: "psycopg.Connection[Row]" = field(repr=False)

    @property
    def family(self) -> uuid.UUID:
        return uuid.UUID(str(self.look("select family_id from find_user($1)", self.subject)[0]))

    def look(self, query: str, *values: object) -> Row:
        """One row; outside every family."""
        row = psycopg.RawCursor(self.session).execute(query.encode(), values).fetchone()
        assert row, query
        return row

    def rows(self, query: str, *values: object, family: uuid.UUID | None = None) -> list[Row]:
        """In the session of their family, or of another that they name."""
        with self.session.transaction():
            setting = sql.Literal(str(family or self.family))
            self.session.execute(sql.SQL("set local app.family = {}").format(setting))
            return psycopg.RawCursor(self.session).execute(query.encode(), values).fetchall()

    def calls(self, query: str, *values: object) -> str:
        """How a function of the schema says that it went."""
        ((outcome, *_),) = self.rows(query, *values)
        return str(outcome)

    def writes(self, title: str) -> None:
        self.rows(
            "insert into entities (family_id, created_by, kind, title, embedding)"
            " values ($1, $2, 'note', $3, $4::vector) returning id",
            self.family,
            self.user,
            title,
            MEANING,
        )

    @property
    def notes(self) -> set[str]:
        """Titles of all that they may read."""
        return {str(row[0]) for row in self.rows("select title from entities")}

    def invites(self, code: str, *, role: str = "member", email: str | None = None, uses: int = 1) -> str:
        values = (self.user, hashed(code), role, email, uses, 7)
        return self.calls("select outcome from invite($1, $2, $3, $4, $5::smallint, $6::smallint)", *values)

    def joins(
        self, code: str, *, notes: bool = True, preview: bool = False, verified: str | None = None
    ) -> str:
        values = (self.user, hashed(code), verified, notes, preview)
        return self.calls("select outcome from join_family($1, $2, $3, $4, $5)", *values)

    def leaves(self, *, notes: bool = True, preview: bool = False) -> str:
        return self.calls("select outcome from leave_family($1, $2, $3)", self.user, notes, preview)

    def removes(self, other: "Someone", *, preview: bool = False) -> str:
        return self.calls("select outcome from remove_member($1, $2, $3)", self.user, other.user, preview)

    def makes(self, other: "Someone", role: str) -> str:
        return self.calls("select outcome from change_role($1, $2, $3)", self.user, other.user, role)

    @property
    def role(self) -> str:
        members = self.rows("select id, role from family_members($1)", self.user)
        return next(str(role) for member, role in members if member == self.user)


def hashed(code: str) -> bytes:
    return sha256(code.encode()).digest()


class People:
    """Each with a connection of their own, as environments of a function have."""

    def __init__(self, brain: Login) -> None:
        self._brain = brain
        self._sessions: list[psycopg.Connection[Row]] = []

    def enter(self, *, family: uuid.UUID | None = None, subject: str | None = None) -> Someone:
        """Somebody's first request, with the family that their token names, or else one of their own."""
        subject = subject or str(uuid.uuid4())
        session: psycopg.Connection[Row] = psycopg.connect(
            signed_in(self._brain, "sb_api").dsn, autocommit=True
        )
        self._sessions.append(session)
        query = b"select id from enter_user($1, $2, $3, $4, $5, $6)"
        values = (subject, family or uuid.uuid4(), family is not None, f"{subject}@example.com", "Ann", "UTC")
        row = psycopg.RawCursor(session).execute(query, values).fetchone()
        assert row
        return Someone(brain=self._brain, user=uuid.UUID(str(row[0])), subject=subject, session=session)

    def family(self, *roles: str) -> list[Someone]:
        """An owner, and one other for each role."""
        owner, members = self.enter(), []
        for number, role in enumerate(roles):
            member = self.enter()
            first = "member" if role == "owner" else role
            assert owner.invites(f"{owner.user}-{number}", role=first) == "done"
            assert member.joins(f"{owner.user}-{number}") == "done"
            assert owner.makes(member, role) == "done"
            members.append(member)
        return [owner, *members]

    def close(self) -> None:
        for session in self._sessions:
            session.close()
