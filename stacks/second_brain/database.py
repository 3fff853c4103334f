"""The database of Second Brain, with its schema in place before anything else is deployed."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_rds as rds
from constructs import Construct

from blocks.postgres import Postgres, PostgresShape
from blocks.postgres_logins import PostgresLogins
from blocks.schema_migration.construct import MigrationShape, SchemaMigration
from stacks.application import Site
from stacks.second_brain.functions import MIGRATOR
from stacks.second_brain.logins import logins, owner
from stacks.second_brain.network import NetworkStack
from stacks.second_brain.settings import SecondBrainSettings

DATABASE = "second_brain"
EXTENSIONS = ("uuid-ossp", "vector", "postgis", "btree_gist", "pg_trgm")

PARAMETERS = {
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "8192",  # pages of 8 kB: 64 MB
    "effective_cache_size": "24576",  # pages of 8 kB: 192 MB
    "work_mem": "4096",  # kB
    "maintenance_work_mem": "32768",  # kB
}


class DatabaseStack(Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        site: Site[SecondBrainSettings],
        network: NetworkStack,
    ) -> None:
        super().__init__(scope, construct_id, description="Second Brain: database and schema")
        self.postgres = Postgres(
            self,
            "Postgres",
            shape=_shape(site),
            vpc=network.network.vpc,
            subnets=network.network.isolated,
            security_group=network.database_group,
        )
        self.logins = PostgresLogins(
            self,
            "Logins",
            owner=owner(),
            others=logins(max_connections=site.settings.max_connections),
        )
        self.migration = self._migration(network)
        self._tell(site)

    def _migration(self, network: NetworkStack) -> SchemaMigration:
        return SchemaMigration(
            self,
            "Migration",
            shape=MigrationShape(source=MIGRATOR, database=DATABASE, extensions=EXTENSIONS),
            postgres=self.postgres,
            logins=self.logins,
            placement=network.placement,
        )

    def _tell(self, site: Site[SecondBrainSettings]) -> None:
        instance = self.postgres.instance
        self.endpoint = CfnOutput(self, "DbEndpoint", value=instance.db_instance_endpoint_address)
        self.secret_arn = CfnOutput(self, "DbSecretArn", value=self.postgres.secret.secret_arn)
        migrator = self.migration.function
        self.migrator_name = CfnOutput(self, "MigratorFunction", value=migrator.function_name)
        site.smoke.allow(self, actions=["lambda:InvokeFunction"], resources=[migrator.function_arn])


def _shape(site: Site[SecondBrainSettings]) -> PostgresShape:
    settings = site.settings
    return PostgresShape(
        identifier=site.names.of("second-brain"),
        database=DATABASE,
        user="sbadmin",
        version=rds.PostgresEngineVersion.VER_16_13,
        instance_class=settings.database_class,
        storage_gb=settings.database_storage_gb,
        max_storage_gb=settings.database_max_storage_gb,
        max_connections=settings.max_connections,
        parameters=PARAMETERS,
        backup_days=settings.backup_days,
        removal=site.environment.removal,
        deletion_protection=settings.deletion_protection,
        region=site.environment.region,
    )
