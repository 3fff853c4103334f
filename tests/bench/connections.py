"""Three environments of the API's functions for each connection that their login may have.

The figures are of the limits of an instance as it is delivered (`stacks/second_brain/logins.py`).
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from rehearsal.postgres.server import temporary
from stacks.second_brain.logins import logins
from stacks.second_brain.settings import SecondBrainSettings
from tests.bench.table import Figure, show
from tests.lambdas.conftest import build, secrets_of, settings_of
from tests.lambdas.crowd import ROLE, TIMES, ask_all, limited
from tests.lambdas.runtime_api import Function
from tests.lambdas.stand_ins import StandIns
from tests.logins import deploy

ROUNDS = 5


def main() -> None:
    size = SecondBrainSettings.model_fields["max_connections"].default
    (limit,) = (shape.connections for shape in logins(max_connections=size) if shape.role == ROLE)
    program = build() / "calendar"
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(temporary())
        deploy(database)
        stand_ins = stack.enter_context(StandIns())
        stand_ins.answers.secrets.update(secrets_of(database))
        stack.enter_context(limited(database, limit))
        environment = settings_of(database, stand_ins, program="calendar")
        crowd = [
            stack.enter_context(Function([program], environment=environment, log=logs / "calendar.log"))
            for _ in range(limit * TIMES)
        ]
        rounds = [ask_all(database, crowd) for _ in range(ROUNDS)]
    refused = sorted(seconds * 1000 for found in rounds for seconds in found.seconds)
    show(
        f"Connections: {limit * TIMES} environments, {limit} places",
        [
            Figure(
                name="requests served at a time",
                samples=[found.served for found in rounds],
                unit="",
                goal=f"≤ {limit}",
            ),
            Figure(
                name="most sessions",
                samples=[found.most_sessions for found in rounds],
                unit="",
                goal=f"≤ {limit}",
            ),
            Figure(name="time to a 503", samples=refused, unit="ms", goal="≤ 1000 ms"),
        ],
    )


if __name__ == "__main__":
    main()
