"""The roles of a database: one that owns the schema, and the logins of those who use it.

The master user creates them and is not used for anything else. It becomes a member of the owner, so that
a program of an earlier version, which still signs in as the master, finds its tables after they have
changed hands.

The server gets a password as its SCRAM verifier only: a statement with the password in it could end up
in the server's log.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from scramp import ScramMechanism

from .migration import LOCK, MigrationError, Session, create_extension

_POWERS = "rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls"
_OF_OURS = "and not exists (select from pg_depend where objid = found.oid and deptype in ('e', 'a', 'i'))"
_BELONGINGS = f"""
select format('alter table %s owner to %I', oid::regclass, cast(:owner as text)) from pg_class as found
    where relnamespace = 'public'::regnamespace and relowner = current_user::regrole
        and relkind in ('r', 'p', 'v', 'm', 'f', 'S') {_OF_OURS}
union all
select format('alter routine %s owner to %I', oid::regprocedure, cast(:owner as text)) from pg_proc as found
    where pronamespace = 'public'::regnamespace and proowner = current_user::regrole {_OF_OURS}
union all
select format('alter type %s owner to %I', oid::regtype, cast(:owner as text)) from pg_type as found
    where typnamespace = 'public'::regnamespace and typowner = current_user::regrole
        and typtype in ('d', 'e', 'r') {_OF_OURS}
"""  # noqa: S608 - constants of this file
"""Everything of the master's in the schema, except what came with an extension or goes with its table."""


@dataclass(frozen=True, kw_only=True)
class Role:
    name: str
    connections: int = -1
    """At most so many at the same time; -1 is no limit."""
    password: str | None = field(default=None, repr=False)
    """Without one the role keeps the password that it has."""


def prepare(session: Session, *, extensions: Sequence[str], owner: Role, logins: Sequence[Role]) -> None:
    """What only the master can do; the schema is then `owner`'s to change."""
    session.run("select pg_advisory_lock(:key)", key=LOCK)  # until the session ends
    for name in extensions:
        create_extension(session, name)
    roles = (owner, *logins)
    for role in roles:
        _ensure(session, role)
    _refuse_powerful(session, roles)
    _close_database(session, owner, roles)
    _hand_over(session, owner)


def verifier(password: str) -> str:
    """What the server stores of a password (RFC 5803)."""
    salt, stored_key, server_key, iterations = ScramMechanism().make_auth_info(password)
    salt_text, stored, served = (base64.b64encode(part).decode() for part in (salt, stored_key, server_key))
    return f"SCRAM-SHA-256${iterations}:{salt_text}${stored}:{served}"


def _ensure(session: Session, role: Role) -> None:
    name = _identifier(role.name)
    if not session.run("select from pg_roles where rolname = :name", name=role.name):
        session.run(f"create role {name}")
    password = f" password '{verifier(role.password)}'" if role.password else ""
    session.run(f"alter role {name} login connection limit {int(role.connections)}{password}")


def _refuse_powerful(session: Session, roles: Sequence[Role]) -> None:
    names = [role.name for role in roles]
    rows = session.run(
        f"select rolname from pg_roles where rolname = any(:names) and ({_POWERS})",  # noqa: S608 - constants
        names=names,
    )
    if rows:
        raise MigrationError(
            f"{', '.join(str(row[0]) for row in rows)} may do more than a login of ours should; "
            "a role of that name was made by somebody else: drop or rename it"
        )


def _close_database(session: Session, owner: Role, roles: Sequence[Role]) -> None:
    """Only these roles may connect, and only the owner may create anything."""
    database = str(session.run("select quote_ident(current_database())")[0][0])
    names = ", ".join(_identifier(role.name) for role in roles)
    session.run(f"revoke connect, temporary on database {database} from public")
    session.run(f"grant connect on database {database} to {names}")
    session.run("revoke create on schema public from public")
    session.run(f"grant usage on schema public to {names}")
    session.run(f"grant create on schema public to {_identifier(owner.name)}")


def _hand_over(session: Session, owner: Role) -> None:
    session.run(f"grant {_identifier(owner.name)} to current_user")
    for (statement,) in session.run(_BELONGINGS, owner=owner.name):
        session.run(str(statement))


def _identifier(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise MigrationError(f"{name!r} is not the name of a role")
    return f'"{name}"'
