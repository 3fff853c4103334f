"""The function that makes a user pool's test people, and nobody else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from constructs import Construct

from blocks.function_assets import FunctionSource
from blocks.python_function import PythonFunction, PythonFunctionShape

SOURCE = FunctionSource(name="smoke_people", content=(("blocks/smoke_people/handler.py", "smoke_people.py"),))


@dataclass(frozen=True, kw_only=True)
class TestPeople:
    __test__ = False

    tenant_attribute: str
    """What says whose data a person sees; each gets a value of their own."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Of each of them, besides."""


class SmokePeople(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pool: cognito.IUserPool,
        client: cognito.IUserPoolClient,
        people: TestPeople,
    ) -> None:
        super().__init__(scope, construct_id)
        made = PythonFunction(
            self,
            "Maker",
            shape=PythonFunctionShape(
                source=SOURCE,
                entry="smoke_people.handle",
                description="Makes the people of the smoke tests, and deletes them",
                environment={
                    "USER_POOL_ID": pool.user_pool_id,
                    "CLIENT_ID": client.user_pool_client_id,
                    "TENANT_ATTRIBUTE": people.tenant_attribute,
                    "ATTRIBUTES": json.dumps(dict(people.attributes)),
                },
            ),
        )
        self.function = made.function
        made.role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "cognito-idp:AdminCreateUser",
                    "cognito-idp:AdminDeleteUser",
                    "cognito-idp:AdminInitiateAuth",
                    "cognito-idp:AdminSetUserPassword",
                ],
                resources=[pool.user_pool_arn],
            )
        )
