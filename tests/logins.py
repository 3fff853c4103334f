"""The database logins of Second Brain on a server of a test, created as a deployment does.

Each has the master's password, so that a test needs to know no other. Only a test about connections
limits them: the others would otherwise wait for one another.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from blocks.schema_migration.handler.migrator.database import Login as MigratorLogin
from blocks.schema_migration.handler.migrator.database import connect
from blocks.schema_migration.handler.migrator.files import read_versions
from blocks.schema_migration.handler.migrator.migration import Outcome, migrate
from blocks.schema_migration.handler.migrator.roles import Role, prepare
from rehearsal.postgres.distribution import EXTENSIONS
from rehearsal.postgres.login import Login
from stacks.second_brain.logins import OWNER, ROLES

SCHEMA = Path(__file__).parents[1] / "lambdas/second_brain/schema"


def deploy(master: Login, *, folder: Path = SCHEMA, extensions: Sequence[str] = EXTENSIONS) -> Outcome:
    """What the migrator's function does with Second Brain's custom resource."""
    create_logins(master, extensions=extensions)
    with connect(MigratorLogin.of_dsn(signed_in(master, OWNER).dsn)) as session:
        return migrate(session, versions=read_versions(folder), extensions=extensions)


def create_logins(master: Login, *, extensions: Sequence[str] = EXTENSIONS) -> None:
    owner, *logins = (Role(name=name, password=master.password) for name in (OWNER, *ROLES))
    with connect(MigratorLogin.of_dsn(master.dsn)) as session:
        prepare(session, extensions=extensions, owner=owner, logins=logins)


def signed_in(master: Login, role: str) -> Login:
    return replace(master, user=role)
