"""Servers that die, with their daemon or alone, and rows that were committed before."""

import contextlib
import os
import signal
from pathlib import Path

import boto3

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from tests.patience import until
from tests.rehearsal.postgres.rds import Stack, instance_template, log_in, read_secret


def _up(home: Home) -> Endpoint:
    return client.start(home, account="111122223333", region="eu-west-1")


def test_databases_survive_a_killed_daemon(tmp_path: Path) -> None:
    home = Home(tmp_path / ".slipway")
    try:
        running = _up(home)
        session = client.session(running)
        secret = read_secret(session, Stack(session, "survivor").deploy(instance_template())["Secret"])
        authority = home.databases / "rds-ca.pem"
        with log_in(secret, authority) as connection:
            connection.execute("create table kept as select 7 as n")
        os.kill(running.pid, signal.SIGKILL)
        _await_end(running.pid)
        _up(home)
        with log_in(secret, authority) as connection:
            assert connection.execute("select n from kept").fetchone() == (7,)
        _forget_every_instance(home)
        session = client.session(_up(home))
        assert session.client("rds").describe_db_instances()["DBInstances"] == []
        assert any("belonged to no instance" in sentence for sentence in client.settled(home))
        assert [kept.name for kept in (home.databases / "snapshots").iterdir()]
    finally:
        client.stop(home)


def _forget_every_instance(home: Home) -> None:
    """As where the last daemon was killed while a stack made its first one."""
    client.stop(home)
    (home.state / "services" / "rds.json").unlink()


def _await_end(pid: int) -> None:
    """The daemon is this process's child, and a zombie counts as running."""
    os.waitpid(pid, 0)


def test_a_server_that_died_comes_back_with_its_rows(
    stack: Stack, aws: boto3.session.Session, authority: Path, cloud_home: Home
) -> None:
    outputs = stack.deploy(instance_template())
    secret = read_secret(aws, outputs["Secret"])
    with log_in(secret, authority) as session:
        session.execute("create table kept as select 7 as n")
    server = postmaster(cloud_home, outputs["Id"])
    os.kill(server, signal.SIGKILL)
    until(lambda: postmaster(cloud_home, outputs["Id"]) not in (server, 0), "no other server was started")
    until(lambda: status(aws, outputs["Id"]) == "available", lambda: status(aws, outputs["Id"]))
    with log_in(secret, authority) as session:
        assert session.execute("select n from kept").fetchone() == (7,)
    assert f"{outputs['Id']} ended by itself" in cloud_home.log.read_text()


def status(aws: boto3.session.Session, identifier: str) -> str:
    found = aws.client("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    return str(found["DBInstanceStatus"])


def postmaster(home: Home, identifier: str) -> int:
    """0 while there is none."""
    (folder,) = home.databases.glob(f"*-instance-{identifier}")
    with contextlib.suppress(FileNotFoundError, IndexError):
        return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    return 0


def test_a_server_that_keeps_dying_is_given_up_and_its_instance_has_failed(
    stack: Stack, aws: boto3.session.Session, cloud_home: Home
) -> None:
    outputs = stack.deploy(instance_template())
    (folder,) = cloud_home.databases.glob(f"*-instance-{outputs['Id']}")
    (folder / "data" / "PG_VERSION").write_text("9.6\n")  # no server takes these data now
    os.kill(postmaster(cloud_home, outputs["Id"]), signal.SIGKILL)
    until(lambda: status(aws, outputs["Id"]) == "failed", lambda: status(aws, outputs["Id"]))
    assert f"{outputs['Id']} ended too often and stays down" in cloud_home.log.read_text()
