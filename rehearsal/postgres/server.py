"""One PostgreSQL server for one RDS instance or one Aurora cluster.

Each has its own server, because databases of one server share what RDS instances never share: user names
(every environment has its own `sbadmin`), database names, parameters, connections, shutdown. A server takes
half a second to create and some 60 MB of memory. Its folder contains all of its state, so that it starts
again with the same address and data.
"""

import json
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psycopg

from rehearsal.emulator.certificates import Authority
from rehearsal.home import Home
from rehearsal.postgres import roles, unprivileged
from rehearsal.postgres.addresses import Address, choose
from rehearsal.postgres.configuration import RejectedParameterError, render, render_access
from rehearsal.postgres.distribution import Progress, ensure
from rehearsal.postgres.installation import Installation, ProgramFailedError
from rehearsal.postgres.login import Login
from rehearsal.postgres.process import ServerProcess
from rehearsal.processes import Processes

SUPERUSER = "rdsadmin"
PREDECESSOR_SECONDS = 5.0
"""How long to wait for the shutdown of a server of a killed daemon before starting the next one."""

_LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
"""RDS sorts by en_US.UTF-8; ICU provides that order on every host, whatever its locales."""


@dataclass(frozen=True, kw_only=True)
class ServerState:
    """A server's state that is stored beside its data."""

    address: Address
    asked_port: int
    """The port in the template; the address has the same unless every address was taken."""
    superuser_password: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    force_tls: bool = True


@dataclass
class Server:
    folder: Path
    installation: Installation
    authority: Authority
    processes: Processes
    process: ServerProcess | None = None
    """The last process that was started and not stopped; it may have ended by itself."""
    starting: threading.Lock = field(default_factory=threading.Lock)
    started: Callable[[ServerProcess], None] = lambda _: None
    """Called with each process that accepts connections."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def state(self) -> ServerState:
        stored = json.loads((self.folder / "server.json").read_text())
        return ServerState(**{**stored, "address": Address(**stored["address"])})

    @property
    def address(self) -> Address:
        return self.state.address

    def exists(self) -> bool:
        return (self.folder / "server.json").exists()

    def is_running(self) -> bool:
        return self.process is not None and self.process.is_running()

    def create(
        self, *, port: int = 5432, parameters: Mapping[str, str] | None = None, force_tls: bool = True
    ) -> None:
        """Create an empty server without starting it."""
        with self._emptied_folder():
            password = secrets.token_urlsafe(24)
            self._initialise(password)
            self._settle(password, port=port, parameters=parameters or {}, force_tls=force_tls)

    def create_from(
        self,
        kept: Path,
        *,
        port: int = 5432,
        parameters: Mapping[str, str] | None = None,
        force_tls: bool = True,
    ) -> None:
        """Create a server from the folder of a stopped one."""
        with self._emptied_folder():
            shutil.copytree(kept / "data", self.data)
            password = str(json.loads((kept / "server.json").read_text())["superuser_password"])
            self._settle(password, port=port, parameters=parameters or {}, force_tls=force_tls)

    def configure(self, *, parameters: Mapping[str, str], force_tls: bool, port: int | None = None) -> None:
        """Change the parameters and the port.

        As on RDS, a parameter that cannot be changed in a running server applies at the next start. A new
        port restarts the server.
        """
        state = self.state
        changed = replace(state, parameters=dict(parameters), force_tls=force_tls)
        moves = port is not None and port != state.asked_port
        if moves and port is not None:
            changed = replace(changed, address=choose(self.folder, port=port), asked_port=port)
            self._issue_certificate(changed.address)
        if changed == state:
            return
        self._check(changed)
        if self.is_running() and not moves:
            self._reload(changed)
        self._save(changed)
        if self.is_running() and moves:
            self.stop()
            self.start()

    def start(self) -> None:
        """Start it unless it runs; concurrent callers start one process."""
        with self.starting:
            if not self.is_running():
                self._start()

    def misses(self, process: ServerProcess) -> bool:
        """Whether this process should be running: it was not stopped and no other was started."""
        return self.process is process and not process.is_running()

    def revive(self, process: ServerProcess) -> bool:
        """Start a new process for one that ended by itself; False if none should be running any more."""
        with self.starting:
            if not self.misses(process):
                return False
            self._start()
            return True

    def _start(self) -> None:
        state = self.state
        state.address.await_free(seconds=PREDECESSOR_SECONDS)
        self._write_configuration(state)
        unprivileged.hand_over(self.folder)
        process = ServerProcess.start(
            self.processes,
            self.installation.as_server("postgres", "-D", self.data),
            name=self.folder.name,
            address=str(state.address),
            log=self.folder / "server.log",
            environment=self.installation.server_environment(),
        )
        process.await_ready(self.data / "postmaster.pid")
        self.process = process
        self.started(process)

    def stop(self) -> None:
        with self.starting:
            process, self.process = self.process, None
        if process:
            process.stop()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def login(self, *, user: str, password: str, database: str) -> Login:
        return Login(
            address=self.address,
            user=user,
            password=password,
            database=database,
            root_certificate=self.authority.certificate,
        )

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A session of the superuser, to which applications have no access."""
        login = self.login(user=SUPERUSER, password=self.state.superuser_password, database=database)
        return psycopg.connect(login.dsn, autocommit=True)

    def ensure_master(self, *, user: str, password: str, database: str) -> None:
        """Create the master user and the first database as RDS does; an existing user gets the password."""
        with self.connect() as session:
            roles.ensure_master(
                session, user=user, password=password, superuser=not self.installation.trusts_extensions
            )
            if database:
                roles.ensure_database(session, database=database, owner=user)

    def dump(self, database: str, into: Path) -> None:
        """Write a dump that `pg_restore` reads."""
        into.parent.mkdir(parents=True, exist_ok=True)
        self._run_client("pg_dump", "--format=custom", f"--file={into}", database=database)

    def restore(self, dump: Path, *, database: str) -> None:
        """Restore `dump` into an empty database."""
        self._run_client("pg_restore", f"--dbname={database}", "--exit-on-error", dump, database=database)

    def _run_client(self, program: str, *arguments: str | Path, database: str) -> None:
        login = self.login(user=SUPERUSER, password=self.state.superuser_password, database=database)
        self.installation.run(program, *arguments, environment=login.environment)

    def _initialise(self, password: str) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as password_file:
            password_file.write(password)
            password_file.flush()
            unprivileged.hand_over(self.folder)
            self.installation.run_as_server(
                "initdb",
                f"--pgdata={self.data}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file.name}",
                "--auth=scram-sha-256",
                *_LOCALE,
                "--no-sync",
                "--wal-segsize=1",
            )

    @contextmanager
    def _emptied_folder(self) -> Iterator[None]:
        """A new, empty folder, which is deleted again after an error."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            yield
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _settle(self, password: str, *, port: int, parameters: Mapping[str, str], force_tls: bool) -> None:
        state = ServerState(
            address=choose(self.folder, port=port),
            asked_port=port,
            superuser_password=password,
            parameters=parameters,
            force_tls=force_tls,
        )
        self._issue_certificate(state.address)
        self._write_configuration(state)
        unprivileged.hand_over(self.folder)
        self._check(state)
        self._save(state)

    def _reload(self, state: ServerState) -> None:
        self._write_configuration(state)
        with self.connect() as session:
            session.execute("select pg_reload_conf()")

    def _issue_certificate(self, address: Address) -> None:
        self.authority.ensure()
        certificate, key = self.folder / "server.pem", self.folder / "server.key"
        self.authority.issue(address.host, certificate=certificate, key=key)

    def _save(self, state: ServerState) -> None:
        pending = self.folder / "server.json.new"
        pending.touch(mode=0o600)
        pending.write_text(json.dumps(asdict(state)))
        pending.rename(self.folder / "server.json")

    def _write_configuration(self, state: ServerState) -> None:
        text = render(
            address=state.address,
            parameters=state.parameters,
            certificate=self.folder / "server.pem",
            key=self.folder / "server.key",
            root=self.authority.certificate,
        )
        (self.data / "postgresql.conf").write_text(text)
        (self.data / "pg_hba.conf").write_text(render_access(force_tls=state.force_tls))

    def _check(self, state: ServerState) -> None:
        """Validate the parameters with the server itself."""
        options = [part for name, value in state.parameters.items() for part in ("-c", f"{name}={value}")]
        try:
            self.installation.run_as_server("postgres", "-D", self.data, "-C", "port", *options)
        except ProgramFailedError as refusal:
            raise RejectedParameterError(str(refusal)) from refusal


@contextmanager
def temporary(
    *, parameters: Mapping[str, str] | None = None, progress: Progress = lambda _: None
) -> Iterator[Login]:
    """A new server with an empty database, deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="slipway-postgres-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = Server(folder / "server", ensure(progress), Authority(folder), Processes(Home(folder)))
        server.create(parameters=parameters)
        try:
            server.start()
            login = server.login(user="master", password=secrets.token_urlsafe(16), database="rehearsal")
            server.ensure_master(user=login.user, password=login.password, database=login.database)
            yield login
        finally:
            server.stop()
