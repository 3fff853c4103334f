"""The migrator in a stack: one function, one custom resource that it answers itself.

The resource carries a hash of the SQL, so that a changed schema is an update and nothing else is. The
CDK's provider framework would add a function in another language for no gain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import CustomResource, Duration
from constructs import Construct

from blocks.function_assets import FunctionSource
from blocks.function_parts import Placement
from blocks.postgres import Postgres
from blocks.postgres_logins import PostgresLogins
from blocks.python_function import PythonFunction, PythonFunctionShape
from blocks.schema_migration.handler.migrator.files import schema_hash

TIMEOUT_SECONDS = 300
PATIENCE_SECONDS = 360
"""How long CloudFormation waits for an answer: a little longer than the function can run."""


@dataclass(frozen=True, kw_only=True)
class MigrationShape:
    source: FunctionSource
    database: str
    extensions: Sequence[str]


class SchemaMigration(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        shape: MigrationShape,
        postgres: Postgres,
        logins: PostgresLogins,
        placement: Placement,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = PythonFunction(
            self,
            "Migrator",
            shape=PythonFunctionShape(
                source=shape.source,
                entry="migrator.custom_resource.handler",
                description=f"Creates extensions and applies the schema of {shape.database}",
                timeout_seconds=TIMEOUT_SECONDS,
                placement=placement,
            ),
        ).function
        for secret in (postgres.secret, *logins.secrets.values()):
            secret.grant_read(self.function)
        self.resource = self._resource(shape, postgres, logins)

    def _resource(self, shape: MigrationShape, postgres: Postgres, logins: PostgresLogins) -> CustomResource:
        resource = CustomResource(
            self,
            "Schema",
            resource_type="Custom::Schema",
            service_token=self.function.function_arn,
            service_timeout=Duration.seconds(PATIENCE_SECONDS),
            properties={
                "DbHost": postgres.instance.db_instance_endpoint_address,
                "DbName": shape.database,
                "SecretArn": postgres.secret.secret_arn,
                "Extensions": list(shape.extensions),
                **logins.properties(),
                "SchemaHash": schema_hash(shape.source.origin("schema")),
            },
        )
        resource.node.add_dependency(postgres.instance, self.function)
        return resource
