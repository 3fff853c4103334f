"""Who signs in to Second Brain's database, and for what: one login for each kind of function.

What each may do is in `lambdas/second_brain/schema/`; how many connections it may have is here. An
environment of a function, and a session of the agent, has one connection. Together the limits stay below
what the instance allows, so that no kind of function can shut out another, and a person with the master's
credentials always gets in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from blocks.schema_migration.login_shape import LoginShape

RESERVED = 10
"""Connections for RDS itself (five are reserved), for a person, and for functions of an earlier version."""
OWNER = "sb_migrator"
_OWNER_CONNECTIONS = 2


@dataclass(frozen=True, kw_only=True)
class _Login:
    role: str
    programs: tuple[str, ...]
    fixed: int = 0
    """Connections that do not depend on how many people there are."""
    share: int = 0
    """Parts of the connections that are left."""


_LOGINS = (
    _Login(role="sb_api", programs=("query", "ingest", "briefing", "calendar"), share=16),
    _Login(role="sb_agent", programs=("agent",), share=6),
    _Login(role="sb_discord", programs=("discord_webhook",), share=4),
    _Login(role="sb_alexa", programs=("alexa_skill",), share=4),
    # Each is started by one schedule; the fourth is for a retry while the run before still ends.
    _Login(role="sb_jobs", programs=("briefing_dispatcher", "reminder_evaluator", "calendar_sync"), fixed=4),
    # Events that find both taken are delivered again a minute and two minutes later.
    _Login(role="sb_voice", programs=("voice_notes",), fixed=2),
    _Login(role="sb_cleanup", programs=("daily_cleanup",), fixed=2),
)

LOGIN_OF = {program: login.role for login in _LOGINS for program in login.programs}
"""The login of each program."""
ROLES = tuple(login.role for login in _LOGINS)


def owner() -> LoginShape:
    return LoginShape(
        role=OWNER, connections=_OWNER_CONNECTIONS, description="Owner of Second Brain's schema: the migrator"
    )


def logins(*, max_connections: int) -> Sequence[LoginShape]:
    """The logins of the functions, with the limits for an instance of that many connections."""
    fixed = _OWNER_CONNECTIONS + sum(login.fixed for login in _LOGINS)
    left, shares = max_connections - RESERVED - fixed, sum(login.share for login in _LOGINS)
    return [
        LoginShape(
            role=login.role,
            connections=login.fixed or left * login.share // shares,
            description=f"Second Brain's database for {', '.join(login.programs)}",
        )
        for login in _LOGINS
    ]
