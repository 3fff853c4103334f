"""Stacks with RDS and Aurora, and clients that log in with what the stacks give them."""

from pathlib import Path

import boto3
import psycopg
import pytest

from rehearsal.daemon import client
from rehearsal.emulator.gaps import GapLog
from rehearsal.home import Endpoint, Home
from tests.rehearsal.cloud.stacks import StackFailedError
from tests.rehearsal.postgres.rds import Stack, instance_template, log_in, parameter_group, read_secret


def test_attached_secret_logs_in(stack: Stack, aws: boto3.session.Session, authority: Path) -> None:
    outputs = stack.deploy(instance_template())
    secret = read_secret(aws, outputs["Secret"])
    assert (secret["host"], str(secret["port"])) == (outputs["Host"], outputs["Port"])
    assert outputs["Port"] == "5432"
    (shown,) = aws.client("rds").describe_db_instances(DBInstanceIdentifier=outputs["Id"])["DBInstances"]
    assert shown["Endpoint"]["Address"] == outputs["Host"]
    with log_in(secret, authority) as session:
        row = session.execute(
            "select current_user, current_database(), current_setting('work_mem')"
        ).fetchone()
        assert row == ("sbadmin", "second_brain", "4MB")
        assert session.execute("show max_connections").fetchone() == ("50",)
        for name in ("uuid-ossp", "vector", "postgis", "btree_gist", "pg_trgm"):
            session.execute(f'create extension "{name}"'.encode())


def test_two_instances_share_nothing(stack: Stack, aws: boto3.session.Session, authority: Path) -> None:
    twin = Stack(aws, "twin")
    try:
        first, second = (made.deploy(instance_template()) for made in (stack, twin))
        secrets = [read_secret(aws, outputs["Secret"]) for outputs in (first, second)]
        with log_in(secrets[0], authority) as session:
            session.execute("create table only_here (id int)")
        with log_in(secrets[1], authority) as session:
            assert session.execute("select to_regclass('only_here')").fetchone() == (None,)
        crossed = {**secrets[1], "password": secrets[0]["password"]}
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            log_in(crossed, authority)
    finally:
        twin.delete()


def test_connections_without_tls_are_refused(
    stack: Stack, aws: boto3.session.Session, authority: Path
) -> None:
    secret = read_secret(aws, stack.deploy(instance_template())["Secret"])
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(
            host=secret["host"],
            user="sbadmin",
            password=secret["password"],
            dbname="second_brain",
            sslmode="disable",
        )


def test_update_keeps_data_and_applies_parameters(
    stack: Stack, aws: boto3.session.Session, authority: Path
) -> None:
    outputs = stack.deploy(instance_template())
    secret = read_secret(aws, outputs["Secret"])
    with log_in(secret, authority) as session:
        session.execute("create table kept as select 7 as n")
    changed = instance_template(AllocatedStorage="40")
    changed["Resources"]["Parameters"] = parameter_group(max_connections="50", work_mem="8192")
    assert stack.deploy(changed) == outputs
    with log_in(secret, authority) as session:
        assert session.execute("select n, current_setting('work_mem') from kept").fetchone() == (7, "8MB")


def test_changed_password_logs_in(stack: Stack, aws: boto3.session.Session, authority: Path) -> None:
    template = instance_template(MasterUsername="owner", MasterUserPassword="first-password")
    host = stack.deploy(template)["Host"]
    login = {"host": host, "port": 5432, "username": "owner", "dbname": "second_brain"}
    log_in({**login, "password": "first-password"}, authority).close()
    stack.deploy(instance_template(MasterUsername="owner", MasterUserPassword="second-password"))
    log_in({**login, "password": "second-password"}, authority).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        log_in({**login, "password": "first-password"}, authority)


def test_cluster_and_its_instance_are_one_server(
    stack: Stack, aws: boto3.session.Session, authority: Path
) -> None:
    cluster = {
        "Engine": "aurora-postgresql",
        "DatabaseName": "events",
        "MasterUsername": "owner",
        "ManageMasterUserPassword": True,
        "Port": 5433,
    }
    member = {
        "Engine": "aurora-postgresql",
        "DBInstanceClass": "db.serverless",
        "DBClusterIdentifier": {"Ref": "Cluster"},
    }
    outputs = stack.deploy(
        {
            "Resources": {
                "Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": cluster, "DeletionPolicy": "Delete"},
                "Writer": {"Type": "AWS::RDS::DBInstance", "Properties": member},
            },
            "Outputs": {
                "Host": {"Fn::GetAtt": ["Cluster", "Endpoint.Address"]},
                "Reader": {"Fn::GetAtt": ["Cluster", "ReadEndpoint.Address"]},
                "Port": {"Fn::GetAtt": ["Cluster", "Endpoint.Port"]},
                "Writer": {"Fn::GetAtt": ["Writer", "Endpoint.Address"]},
                "Secret": {"Fn::GetAtt": ["Cluster", "MasterUserSecret.SecretArn"]},
            },
        }
    )
    assert outputs["Host"] == outputs["Reader"] == outputs["Writer"]
    login = read_secret(aws, outputs["Secret"])
    place = {"host": outputs["Host"], "port": outputs["Port"], "dbname": "events"}
    with log_in({**login, **place}, authority) as session:
        assert session.execute("select current_database(), current_user").fetchone() == ("events", "owner")


def test_deletion_policy_snapshot_keeps_the_data(
    stack: Stack, aws: boto3.session.Session, authority: Path
) -> None:
    template = instance_template(DBInstanceIdentifier="kept-one")
    template["Resources"]["Database"]["DeletionPolicy"] = "Snapshot"
    secret = read_secret(aws, stack.deploy(template)["Secret"])
    with log_in(secret, authority) as session:
        session.execute("create table kept as select 7 as n")
    stack.delete()
    (snapshot,) = aws.client("rds").describe_db_snapshots(DBInstanceIdentifier="kept-one")["DBSnapshots"]
    again = instance_template(DBSnapshotIdentifier=snapshot["DBSnapshotIdentifier"], DBName="")
    secret = read_secret(aws, stack.deploy(again)["Secret"])
    with log_in({**secret, "dbname": "second_brain"}, authority) as session:
        assert session.execute("select n from kept").fetchone() == (7,)


def test_deletion_policy_delete_frees_everything(
    stack: Stack, aws: boto3.session.Session, authority: Path, cloud_home: Home
) -> None:
    outputs = stack.deploy(instance_template())
    secret = read_secret(aws, outputs["Secret"])
    stack.delete()
    assert not list(cloud_home.databases.glob(f"*{outputs['Id']}*"))
    with pytest.raises(psycopg.OperationalError):
        log_in(secret, authority)


def test_deletion_protection_holds(stack: Stack, aws: boto3.session.Session) -> None:
    instance = stack.deploy(instance_template(DeletionProtection=True))["Id"]
    with pytest.raises(StackFailedError, match="disable deletion protection"):
        stack.delete()
    aws.client("rds").modify_db_instance(DBInstanceIdentifier=instance, DeletionProtection=False)


def test_other_engines_are_refused_by_name(stack: Stack) -> None:
    with pytest.raises(StackFailedError, match="engine mysql is not rehearsed"):
        stack.deploy(instance_template(Engine="mysql", EngineVersion="8.0"))


def test_failed_create_leaves_nothing_behind(
    stack: Stack, aws: boto3.session.Session, cloud_home: Home
) -> None:
    with pytest.raises(StackFailedError, match="MasterUsername admin cannot be used"):
        stack.deploy(instance_template(MasterUsername="admin", DBInstanceIdentifier="unfinished"))
    assert not list(cloud_home.databases.glob("*unfinished*"))
    shown = aws.client("rds").describe_db_instances()["DBInstances"]
    assert "unfinished" not in {instance["DBInstanceIdentifier"] for instance in shown}


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("shared_preload_libraries", "pg_stat_statements,pgvector", "RDS does not know pgvector"),
        ("max_connections", "plenty", 'invalid value for parameter "max_connections"'),
    ],
)
def test_parameters_that_rds_refuses_fail_the_stack(
    stack: Stack, name: str, value: str, complaint: str
) -> None:
    template = instance_template()
    template["Resources"]["Parameters"] = parameter_group(**{name: value})
    with pytest.raises(StackFailedError, match=complaint):
        stack.deploy(template)


def test_what_differs_from_rds_is_reported(stack: Stack, cloud_home: Home) -> None:
    stack.deploy(instance_template())
    reasons = [gap.reason for gap in GapLog.of(cloud_home).by_stack()[stack.name]]
    assert any("16.13" in reason for reason in reasons)


def test_restart_keeps_data_and_address(tmp_path: Path) -> None:
    home = Home(tmp_path / ".slipway")
    try:
        stack = Stack(client.session(_up(home)), "restarted")
        outputs = stack.deploy(instance_template())
        secret = read_secret(client.session(_up(home)), outputs["Secret"])
        authority = home.databases / "rds-ca.pem"
        with log_in(secret, authority) as session:
            session.execute("create table kept as select 7 as n")
        client.stop(home)
        with pytest.raises(psycopg.OperationalError):
            log_in(secret, authority)
        restarted = _up(home)
        assert read_secret(client.session(restarted), outputs["Secret"]) == secret
        with log_in(secret, authority) as session:
            assert session.execute("select n from kept").fetchone() == (7,)
    finally:
        client.stop(home)


def _up(home: Home) -> Endpoint:
    return client.start(home, account="111122223333", region="eu-west-1")
