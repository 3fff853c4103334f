"""A server of the private PostgreSQL: many clients, restarts, parameters, its end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from rehearsal.emulator.certificates import Authority
from rehearsal.home import Home
from rehearsal.postgres import unprivileged
from rehearsal.postgres.addresses import Address, AddressTakenError, choose
from rehearsal.postgres.configuration import RejectedParameterError
from rehearsal.postgres.distribution import EXTENSIONS, ensure
from rehearsal.postgres.installation import Installation
from rehearsal.postgres.login import Login
from rehearsal.postgres.server import Server, temporary
from rehearsal.processes import Processes
from tests.patience import until

CLIENTS = 8
QUERIES = 200


@pytest.fixture(scope="module")
def installation() -> Installation:
    return ensure()


@pytest.fixture
def server(tmp_path: Path, installation: Installation) -> Iterator[Server]:
    made = Server(tmp_path / "server", installation, Authority(tmp_path), Processes(Home(tmp_path)))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def login() -> Iterator[Login]:
    with temporary() as found:
        yield found


def test_every_extension_can_be_created_by_the_master_user(login: Login) -> None:
    with psycopg.connect(login.dsn, autocommit=True) as session:
        for name in EXTENSIONS:
            session.execute(f'create extension if not exists "{name}"'.encode())
        near = session.execute("select '[1,0]'::vector <=> '[1,0]'::vector").fetchone()
        web = "st_srid(st_transform('srid=4326;point(8 47)'::geometry, 3857))"
        assert (near, session.execute(f"select {web}".encode()).fetchone()) == ((0.0,), (3857,))
        superuser = session.execute("select usesuper from pg_user where usename = current_user").fetchone()
        assert superuser == (False,)


def test_other_extensions_stay_forbidden_as_on_rds(login: Login) -> None:
    with (
        psycopg.connect(login.dsn, autocommit=True) as session,
        pytest.raises(psycopg.Error, match="file_fdw"),
    ):
        session.execute("create extension file_fdw")


def test_eight_clients_with_named_prepared_statements_get_their_own_rows(login: Login) -> None:
    def ask(client: int) -> list[int]:
        with psycopg.connect(login.dsn, prepare_threshold=0) as session:
            answers = [
                session.execute("select %s::int * 10", (client * 1000 + n,)).fetchone()
                for n in range(QUERIES)
            ]
            return [row[0] for row in answers if row]

    with ThreadPoolExecutor(CLIENTS) as pool:
        for client, answers in enumerate(pool.map(ask, range(CLIENTS))):
            assert answers == [(client * 1000 + n) * 10 for n in range(QUERIES)]


def test_server_of_another_authority_is_not_trusted(login: Login, tmp_path: Path) -> None:
    other = Authority(tmp_path)
    other.ensure()
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(login.dsn, sslrootcert=str(other.certificate))


def test_restart_keeps_data_and_address(server: Server) -> None:
    server.create()
    server.start()
    login = server.login(user="owner", password="secret", database="app")
    server.ensure_master(user="owner", password="secret", database="app")
    with psycopg.connect(login.dsn) as session:
        session.execute("create table kept as select 7 as n")
    server.stop()
    again = Server(server.folder, server.installation, server.authority, server.processes)
    again.start()
    try:
        with psycopg.connect(login.dsn) as session:
            assert session.execute("select n from kept").fetchone() == (7,)
    finally:
        again.stop()


def test_port_of_the_template_is_kept(server: Server) -> None:
    server.create(port=6543)
    assert server.address.port == 6543
    assert server.address.host.startswith("127.")


def test_taken_address_is_an_error_that_names_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.postgres.server.PREDECESSOR_SECONDS", 0.1)
    server.create()
    server.start()
    second = Server(server.folder, server.installation, server.authority, server.processes)
    with pytest.raises(AddressTakenError, match=f"{server.address} is taken"):
        second.start()


def test_address_moves_on_when_the_first_choice_is_taken(tmp_path: Path) -> None:
    first = choose(tmp_path, port=5432)
    with socket.create_server((first.host, first.port)):
        second = choose(tmp_path, port=5432)
    assert (second.port, second.host != first.host) == (5432, True)


def test_parameters_that_the_server_rejects_leave_nothing_behind(server: Server) -> None:
    with pytest.raises(RejectedParameterError, match="max_connections"):
        server.create(parameters={"max_connections": "plenty"})
    assert not server.folder.exists()


def test_parameters_reach_a_running_server(server: Server) -> None:
    server.create(parameters={"work_mem": "4096"})
    server.start()
    server.configure(parameters={"work_mem": "8192"}, force_tls=True)
    assert _eventually(server, "show work_mem", "8MB")


def test_server_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from rehearsal.postgres.server import temporary\n"
        "with temporary() as login:\n"
        "    print(login.address.host, flush=True)\n"
        "    time.sleep(600)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert parent.stdout
    address = Address(host=parent.stdout.readline().strip(), port=5432)
    assert not address.is_free()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    _await_free(address)


def test_command_gets_a_database_and_its_exit_code_comes_back() -> None:
    probe = "import os, psycopg; psycopg.connect('').execute('select 1'); raise SystemExit(7)"
    command = [sys.executable, "-m", "rehearsal.postgres", "--temporary", "--", sys.executable, "-c", probe]
    assert subprocess.run(command, check=False).returncode == 7


@pytest.mark.parametrize(
    "way", list(unprivileged.permitted_ways()), ids=lambda way: way[0] if way else "as is"
)
def test_each_permitted_way_not_to_be_root_runs_a_server(
    way: tuple[str, ...], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unprivileged, "prefix", lambda: way)
    server.create()
    server.start()
    with server.connect() as session:
        assert session.execute("show data_directory").fetchone() == (str(server.data),)


def _eventually(server: Server, query: str, wanted: str) -> bool:
    """A reload is asynchronous: the server has been told, and does it soon."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with server.connect() as session:
            if session.execute(query.encode()).fetchone() == (wanted,):
                return True
    return False


def _await_free(address: Address) -> None:
    until(address.is_free, f"a server still listens on {address}")
