"""Schemathesis against the four API functions: `python -m tests.lambdas.fuzz`.

Needs `schemathesis` on PATH. Every answer must be one that the OpenAPI document promises, and none a 5xx.
"""

import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rehearsal.postgres.server import temporary
from tests.lambdas.conftest import REPOSITORY, WORKSPACE, build, secrets_of, settings_of
from tests.lambdas.gateway import ROUTES, Gateway
from tests.lambdas.runtime_api import Function
from tests.lambdas.stand_ins import StandIns
from tests.logins import deploy

CHECKS = "not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance"


def main() -> int:
    program = shutil.which("schemathesis")
    if program is None:
        sys.exit("schemathesis is not on PATH; install it with: uv tool install schemathesis")
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(temporary())
        deploy(database)
        stand_ins = stack.enter_context(StandIns())
        stand_ins.answers.secrets.update(secrets_of(database))
        programs = build()
        functions = {
            name: stack.enter_context(
                Function(
                    [programs / name],
                    environment=settings_of(database, stand_ins, program=name),
                    log=logs / f"{name}.log",
                )
            )
            for name in set(ROUTES.values())
        }
        gateway = stack.enter_context(Gateway(functions))
        document = WORKSPACE / "second_brain" / "openapi.yaml"
        command = [program, "run", str(document), "--url", gateway.url, "--checks", CHECKS]
        options = ["-H", "Authorization: a-good-token", "--max-examples", "60"]
        return subprocess.run([*command, *options], cwd=REPOSITORY, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
