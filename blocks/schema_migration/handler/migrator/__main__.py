"""Migrate a database by hand.

The database is named by --dsn, by --secret-arn (with --host and --database where the secret has
neither), or else by PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE. The server's certificate is
always verified, with PGSSLROOTCERT or `sslrootcert` in the DSN if given, with the roots of RDS otherwise.

Roles that are created have no password: nobody can sign in as them until a deployment, or `alter role`,
gives them one.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .database import Login, connect
from .files import SCHEMA, SchemaFilesError, read_versions
from .migration import MigrationError, migrate
from .roles import Role, prepare


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        versions = read_versions(options.schema)
        with connect(_login(options)) as session:
            if options.owner:
                logins = [Role(name=name) for name in options.login]
                owner = Role(name=options.owner)
                prepare(session, extensions=options.extension, owner=owner, logins=logins)
                session.run(f'set role "{owner.name}"')  # a name that `prepare` took
            outcome = migrate(session, versions=versions, extensions=options.extension)
    except (MigrationError, SchemaFilesError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(asdict(outcome), indent=2) + "\n")
    return 0


def _login(options: argparse.Namespace) -> Login:
    if options.dsn:
        return Login.of_dsn(options.dsn)
    if options.secret_arn:
        import boto3  # noqa: PLC0415 - a DSN needs no AWS library

        secret = boto3.client("secretsmanager").get_secret_value(SecretId=options.secret_arn)
        return Login.of_secret(secret["SecretString"], host=options.host, database=options.database)
    try:
        return Login.of_environment(os.environ)
    except KeyError as missing:
        raise MigrationError(f"no database is named: give --dsn or --secret-arn, or set {missing}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m migrator", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--schema", type=Path, default=SCHEMA, help="folder with 0001_name.sql and on")
    parser.add_argument("--extension", action="append", default=[], help="extension to create; repeatable")
    parser.add_argument("--owner", default="", help="role that owns the schema; created if it is missing")
    parser.add_argument(
        "--login", action="append", default=[], help="role that a file grants something; likewise; repeatable"
    )
    parser.add_argument("--dsn", help="postgresql://user:password@host:port/database")
    parser.add_argument("--secret-arn", help="secret of RDS's shape in Secrets Manager")
    parser.add_argument("--host", default="", help="instead of the secret's host")
    parser.add_argument("--database", default="", help="instead of the secret's dbname")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
