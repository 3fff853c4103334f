"""Second Brain's functions in Rust: what all are told and allowed, in one place.

Each is told where the database is and may read the secret of its own login there. What a function needs
beyond that is granted to its own role where it is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from blocks.rust_function import RustFunction, RustFunctionShape
from stacks.second_brain.agents import AgentsStack
from stacks.second_brain.database import DATABASE, DatabaseStack
from stacks.second_brain.logins import LOGIN_OF
from stacks.second_brain.network import NetworkStack

MEMORY_MB = 256


@dataclass(frozen=True, kw_only=True)
class Work:
    """One function: its binary, how long it may take, and what only it needs."""

    binary: str
    description: str
    timeout_seconds: int = 30
    environment: Mapping[str, str] = field(default_factory=dict)
    grants: Sequence[iam.PolicyStatement] = ()
    dead_letters: sqs.IQueue | None = None


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Makes functions that stand in the network and reach the database and, if told of it, the agent."""

    network: NetworkStack
    database: DatabaseStack
    agents: AgentsStack

    def make(self, scope: Construct, construct_id: str, *, work: Work) -> RustFunction:
        made = RustFunction(
            scope,
            construct_id,
            shape=RustFunctionShape(
                binary=work.binary,
                description=work.description,
                timeout_seconds=work.timeout_seconds,
                memory_mb=MEMORY_MB,
                environment={**self._database_settings(work.binary), **work.environment},
                placement=self.network.placement,
                dead_letters=work.dead_letters,
            ),
        )
        for statement in (self.database.logins.reading(LOGIN_OF[work.binary]), *work.grants):
            made.role.add_to_policy(statement)
        return made

    @property
    def agent_settings(self) -> dict[str, str]:
        return {"AGENTCORE_ENDPOINT": self.agents.agent.arn}

    @property
    def ask_agent(self) -> iam.PolicyStatement:
        return self.agents.agent.invocation

    @property
    def embed(self) -> iam.PolicyStatement:
        return self.agents.embedding

    def _database_settings(self, binary: str) -> dict[str, str]:
        return {
            "DATABASE_URL_SECRET_ARN": self.database.logins.secrets[LOGIN_OF[binary]].secret_arn,
            "DATABASE_HOST": self.database.postgres.instance.db_instance_endpoint_address,
            "DATABASE_NAME": DATABASE,
            "RUST_LOG": "info",
        }
