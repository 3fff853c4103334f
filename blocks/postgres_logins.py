"""Logins of a PostgreSQL database: a generated secret for each, which only its own users may read.

The roles themselves are created by the schema's migrator (`blocks/schema_migration`), with the passwords
of these secrets.
"""

import json
from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from blocks.schema_migration.login_shape import LoginShape
from blocks.waivers import acknowledge


class PostgresLogins(Construct):
    def __init__(
        self, scope: Construct, construct_id: str, *, owner: LoginShape, others: Sequence[LoginShape]
    ) -> None:
        super().__init__(scope, construct_id)
        self._owner, self._others = owner, others
        self.secrets: Mapping[str, secretsmanager.Secret] = {
            shape.role: self._secret(shape) for shape in (owner, *others)
        }

    def reading(self, role: str) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["secretsmanager:GetSecretValue"], resources=[self.secrets[role].secret_arn]
        )

    def properties(self) -> Mapping[str, object]:
        """What the migrator's custom resource is told."""
        return {"Owner": self._told(self._owner), "Logins": [self._told(shape) for shape in self._others]}

    def _told(self, shape: LoginShape) -> Mapping[str, object]:
        return {
            "Role": shape.role,
            "SecretArn": self.secrets[shape.role].secret_arn,
            "Connections": shape.connections,
        }

    def _secret(self, shape: LoginShape) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "".join(word.capitalize() for word in shape.role.split("_")),
            description=shape.description,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"username": shape.role}),
                generate_string_key="password",
                exclude_punctuation=True,
                password_length=32,
            ),
        )
        reason = (
            "The password is generated, never leaves Secrets Manager and the migrator, and opens a database "
            "that only the functions' security group reaches; a person rotates it with the migrator"
        )
        acknowledge(secret, {"AwsSolutions-SMG4": reason})
        return secret
