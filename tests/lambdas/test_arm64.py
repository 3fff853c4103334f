"""What is deployed to AWS, once for all functions: a release build for ARM, run by an emulator."""

from pathlib import Path

import pytest

from rehearsal.postgres.login import Login
from tests.lambdas import arm64
from tests.lambdas.conftest import settings_of
from tests.lambdas.events import Person, call
from tests.lambdas.runtime_api import Function
from tests.lambdas.stand_ins import StandIns

ELF_OF_AARCH64 = 183
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def machine() -> arm64.Arm64:
    try:
        return arm64.ensure()
    except arm64.NotAtHandError as reason:
        pytest.skip(f"no ARM build here: {reason}")


def test_a_release_build_for_arm_answers_from_the_database(
    machine: arm64.Arm64, database: Login, stand_ins: StandIns, tmp_path: Path
) -> None:
    program = machine.build("query")
    assert int.from_bytes(program.read_bytes()[18:20], "little") == ELF_OF_AARCH64
    environment = settings_of(database, stand_ins, program="query")
    function = Function(
        machine.command(program), environment=environment, log=tmp_path / "query.log", name="query"
    )
    with function:
        answer = call(function, "GET", "/entities/{entity_id}", person=Person(), path={"entity_id": NOWHERE})
    assert answer.status == 404
    assert answer.body["error"]["code"] == "not_found"
