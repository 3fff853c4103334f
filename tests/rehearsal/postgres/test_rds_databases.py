"""Stacks with RDS and Aurora, and clients that log in with what the stacks give them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from botocore.exceptions import WaiterError

from rehearsal.cloud import client
from rehearsal.cloud.gaps import GapLog
from rehearsal.home import Endpoint, Home

Row = tuple[Any, ...]


class Stack:
    """One stack of a test, deleted after it."""

    def __init__(self, session: boto3.session.Session, name: str) -> None:
        self.cloudformation: Any = session.client("cloudformation")
        self.name = name

    def deploy(self, template: Mapping[str, Any]) -> dict[str, str]:
        body = json.dumps(template)
        exists = self.exists()
        act = self.cloudformation.update_stack if exists else self.cloudformation.create_stack
        act(StackName=self.name, TemplateBody=body)
        waiter = "stack_update_complete" if exists else "stack_create_complete"
        self.wait(waiter)
        (found,) = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=self.name)
        self.wait("stack_delete_complete")

    def wait(self, waiter: str) -> None:
        self.cloudformation.get_waiter(waiter).wait(
            StackName=self.name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 1000}
        )

    def exists(self) -> bool:
        found = self.cloudformation.list_stacks()["StackSummaries"]
        return any(s["StackName"] == self.name and s["StackStatus"] != "DELETE_COMPLETE" for s in found)

    def reasons(self) -> list[str]:
        events = self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return [event["ResourceStatusReason"] for event in events if event.get("ResourceStatusReason")]


@pytest.fixture
def stack(aws: boto3.session.Session, request: pytest.FixtureRequest) -> Iterator[Stack]:
    made = Stack(aws, request.node.name.replace("_", "-").replace("test-", ""))
    yield made
    if made.exists():
        made.delete()


@pytest.fixture
def authority(cloud_home: Home) -> Path:
    return cloud_home.databases / "rds-ca.pem"


def log_in(secret: Mapping[str, Any], authority: Path, **more: Any) -> psycopg.Connection[Row]:
    return psycopg.connect(
        host=secret["host"],
        port=secret["port"],
        user=secret["username"],
        password=secret["password"],
        dbname=secret["dbname"],
        sslmode="verify-full",
        sslrootcert=str(authority),
        autocommit=True,
        **more,
    )


def read_secret(aws: boto3.session.Session, arn: str) -> dict[str, Any]:
    value = aws.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    found: dict[str, Any] = json.loads(value)
    return found


def instance_template(**properties: Any) -> dict[str, Any]:
    """An instance whose secret is generated and attached, as CDK writes it."""
    login = "{{resolve:secretsmanager:${Secret}:SecretString:%s::}}"
    generated = {
        "SecretStringTemplate": json.dumps({"username": "sbadmin"}),
        "GenerateStringKey": "password",
        "PasswordLength": 32,
        "ExcludePunctuation": True,
    }
    database = {
        "Engine": "postgres",
        "EngineVersion": "16.13",
        "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": "20",
        "DBName": "second_brain",
        "MasterUsername": {"Fn::Sub": login % "username"},
        "MasterUserPassword": {"Fn::Sub": login % "password"},
        "DBParameterGroupName": {"Ref": "Parameters"},
        **properties,
    }
    attachment = {
        "SecretId": {"Ref": "Secret"},
        "TargetId": {"Ref": "Database"},
        "TargetType": "AWS::RDS::DBInstance",
    }
    return {
        "Resources": {
            "Secret": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {"GenerateSecretString": generated},
            },
            "Parameters": parameter_group(max_connections="50", work_mem="4096"),
            "Database": {
                "Type": "AWS::RDS::DBInstance",
                "Properties": database,
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
            },
            "Attachment": {"Type": "AWS::SecretsManager::SecretTargetAttachment", "Properties": attachment},
        },
        "Outputs": {
            "Secret": {"Value": {"Ref": "Secret"}},
            "Host": {"Value": {"Fn::GetAtt": ["Database", "Endpoint.Address"]}},
            "Port": {"Value": {"Fn::GetAtt": ["Database", "Endpoint.Port"]}},
            "Id": {"Value": {"Ref": "Database"}},
        },
    }


def parameter_group(**values: str) -> dict[str, Any]:
    properties = {"Family": "postgres16", "Description": "for a test", "Parameters": values}
    return {"Type": "AWS::RDS::DBParameterGroup", "Properties": properties}


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
                "Host": {"Value": {"Fn::GetAtt": ["Cluster", "Endpoint.Address"]}},
                "Reader": {"Value": {"Fn::GetAtt": ["Cluster", "ReadEndpoint.Address"]}},
                "Port": {"Value": {"Fn::GetAtt": ["Cluster", "Endpoint.Port"]}},
                "Writer": {"Value": {"Fn::GetAtt": ["Writer", "Endpoint.Address"]}},
                "Secret": {"Value": {"Fn::GetAtt": ["Cluster", "MasterUserSecret.SecretArn"]}},
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
    stack.cloudformation.delete_stack(StackName=stack.name)
    with pytest.raises(WaiterError):
        stack.wait("stack_delete_complete")
    assert any("disable deletion protection" in reason for reason in stack.reasons())
    aws.client("rds").modify_db_instance(DBInstanceIdentifier=instance, DeletionProtection=False)
    stack.delete()


def test_other_engines_are_refused_by_name(stack: Stack) -> None:
    with pytest.raises(WaiterError):
        stack.deploy(instance_template(Engine="mysql", EngineVersion="8.0"))
    assert any("engine mysql is not rehearsed" in reason for reason in stack.reasons())


def test_library_that_rds_does_not_know_fails_the_stack(stack: Stack) -> None:
    template = instance_template()
    template["Resources"]["Parameters"] = parameter_group(
        shared_preload_libraries="pg_stat_statements,pgvector"
    )
    with pytest.raises(WaiterError):
        stack.deploy(template)
    assert any("RDS does not know pgvector" in reason for reason in stack.reasons())


def test_value_that_postgres_rejects_fails_the_stack(stack: Stack) -> None:
    template = instance_template()
    template["Resources"]["Parameters"] = parameter_group(max_connections="plenty")
    with pytest.raises(WaiterError):
        stack.deploy(template)
    assert any("max_connections" in reason for reason in stack.reasons())


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
        with log_in(secret, authority, connect_timeout=20) as session:
            assert session.execute("select n from kept").fetchone() == (7,)
    finally:
        client.stop(home)


def _up(home: Home) -> Endpoint:
    return client.start(home, account="111122223333", region="eu-west-1")
