"""A PostgreSQL instance: encrypted, private, TLS only, logs kept, watched.

The instance has a physical name for one reason: RDS writes its logs to log groups of that name, and
only groups that exist before the instance can have a retention without a custom resource. It is
also what a replacement by accident stumbles over before any data is lost.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from blocks.alarms import AlarmSet, Threshold
from blocks.certificates import require_rds_root
from blocks.waivers import acknowledge
from config.words import Removal

_UNPROTECTED = {
    "AwsSolutions-RDS10": "Only production is protected: other environments must be easy to take down, and "
    "one that retains data leaves a final snapshot",
}
_LOGS: Mapping[str, str] = {"Logs": "postgresql", "UpgradeLogs": "upgrade"}
"""By the construct ids of their groups; the second tells why an upgrade of the version failed."""
_REMOVAL: Mapping[Removal, RemovalPolicy] = {
    "destroy": RemovalPolicy.DESTROY,
    "retain": RemovalPolicy.SNAPSHOT,
}


@dataclass(frozen=True, kw_only=True)
class PostgresShape:
    identifier: str
    database: str
    user: str
    version: rds.PostgresEngineVersion
    instance_class: str
    storage_gb: int
    max_storage_gb: int
    max_connections: int
    parameters: Mapping[str, str]
    backup_days: int
    removal: Removal
    deletion_protection: bool
    region: str


class Postgres(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        shape: PostgresShape,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        security_group: ec2.ISecurityGroup,
    ) -> None:
        super().__init__(scope, construct_id)
        require_rds_root(shape.region)
        self._shape = shape
        self.credentials = self._secret()
        self.instance = self._instance(vpc, subnets, security_group)
        self.instance.node.add_dependency(*(self._log_group(name, log) for name, log in _LOGS.items()))
        self._acknowledge()
        self.secret = cast("secretsmanager.ISecret", self.instance.secret)

    def watch(self, alarms: AlarmSet) -> None:
        """The three ways in which a small instance runs out."""
        period, average = Duration.minutes(5), cloudwatch.Stats.AVERAGE
        alarms.add(
            "database-cpu",
            threshold=Threshold(
                metric=self.instance.metric_cpu_utilization(period=period, statistic=average), above=80
            ),
            meaning="The database has used more than 80 % of its CPU for 15 minutes",
        )
        alarms.add(
            "database-storage",
            threshold=Threshold(
                metric=self.instance.metric_free_storage_space(period=period, statistic=average),
                below=Size.gibibytes(self._shape.storage_gb).to_bytes() * 0.1,
            ),
            meaning="The database has less than a tenth of its storage left, and growing has not helped",
        )
        alarms.add(
            "database-connections",
            threshold=Threshold(
                metric=self.instance.metric_database_connections(period=period, statistic=average),
                above=self._shape.max_connections * 0.8,
            ),
            meaning="More than 80 % of the database's connections are in use",
        )

    def _acknowledge(self) -> None:
        acknowledge(
            self.credentials,
            {
                "AwsSolutions-SMG4": "The password is generated, never leaves Secrets Manager, and opens a "
                "database that only the functions' security group reaches; AWS's rotation needs a macro, "
                "and a person can rotate at any time since clients read the secret again when refused",
            },
        )
        acknowledge(
            self.instance,
            {
                "AwsSolutions-RDS3": "One availability zone is a stated choice for cost; backups cover loss",
                "AwsSolutions-RDS11": "The port is no secret: the security group admits the functions only",
                **({} if self._shape.deletion_protection else _UNPROTECTED),
            },
        )

    def _secret(self) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            "Credentials",
            description=f"Master user of the database {self._shape.database}",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"username": self._shape.user}),
                generate_string_key="password",
                password_length=32,
                exclude_punctuation=True,
            ),
        )

    def _parameters(self, engine: rds.IInstanceEngine) -> rds.ParameterGroup:
        return rds.ParameterGroup(
            self,
            "Parameters",
            engine=engine,
            description=f"PostgreSQL of {self._shape.database}",
            parameters={
                "max_connections": str(self._shape.max_connections),
                "rds.force_ssl": "1",
                **self._shape.parameters,
            },
        )

    def _instance(
        self, vpc: ec2.IVpc, subnets: ec2.SubnetSelection, security_group: ec2.ISecurityGroup
    ) -> rds.DatabaseInstance:
        shape = self._shape
        engine = rds.DatabaseInstanceEngine.postgres(version=shape.version)
        return rds.DatabaseInstance(
            self,
            "Instance",
            instance_identifier=shape.identifier,
            engine=engine,
            parameter_group=self._parameters(engine),
            instance_type=ec2.InstanceType(shape.instance_class),
            vpc=vpc,
            vpc_subnets=subnets,
            security_groups=[security_group],
            database_name=shape.database,
            credentials=rds.Credentials.from_secret(self.credentials),
            ca_certificate=rds.CaCertificate.RDS_CA_RSA2048_G1,
            allocated_storage=shape.storage_gb,
            max_allocated_storage=shape.max_storage_gb,
            storage_type=rds.StorageType.GP3,
            storage_encrypted=True,
            publicly_accessible=False,
            multi_az=False,
            enable_performance_insights=False,
            auto_minor_version_upgrade=False,
            copy_tags_to_snapshot=True,
            backup_retention=Duration.days(shape.backup_days),
            delete_automated_backups=shape.removal == "destroy",
            removal_policy=_REMOVAL[shape.removal],
            deletion_protection=shape.deletion_protection,
            cloudwatch_logs_exports=list(_LOGS.values()),
        )

    def _log_group(self, construct_id: str, log: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            construct_id,
            log_group_name=f"/aws/rds/instance/{self._shape.identifier}/{log}",
            retention=logs.RetentionDays.TWO_WEEKS,
            removal_policy=RemovalPolicy.DESTROY,
        )
