"""Runs a command with its own PostgreSQL.

    python -m rehearsal.postgres --temporary -- cargo test

The command finds the database by libpq's variables (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE,
PGSSLMODE, PGSSLROOTCERT) and by DATABASE_URL; the exit code is the command's. `-c name=value` sets a server
parameter. Without a command, `--fetch` only makes sure that PostgreSQL is installed.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from rehearsal.postgres.distribution import PostgresUnavailableError, ensure
from rehearsal.postgres.server import temporary


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.fetch:
            print(ensure(_report).bin)  # noqa: T201 - the result
            return 0
        return _run(options.command, parameters=dict(options.parameter))
    except PostgresUnavailableError as error:
        _report(str(error))
        return 4


def _run(command: Sequence[str], *, parameters: dict[str, str]) -> int:
    with temporary(parameters=parameters, progress=_report) as login:
        return subprocess.run(command, env={**os.environ, **login.environment}, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.postgres",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--temporary", action="store_true", help="run COMMAND against a new, empty database")
    what.add_argument("--fetch", action="store_true", help="download PostgreSQL if needed, print its folder")
    parser.add_argument(
        "-c", dest="parameter", action="append", default=[], type=_parameter, metavar="NAME=VALUE"
    )
    parser.add_argument("command", nargs="*", metavar="COMMAND")
    return parser


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


def _report(message: str) -> None:
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - progress for people


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
