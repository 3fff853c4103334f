"""The agent swarm that answers for Second Brain, and what it needs: memory, models, a place index.

The code is deployed as a zip, which needs no image builder and no repository of images. The place index is
of the older Places API, behind one adapter in each program.
"""

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_location as location
from constructs import Construct

from blocks.agent_runtime import AgentMemory, AgentRuntime, AgentShape, MemoryShape, agent_name
from blocks.function_assets import target
from blocks.models import HAIKU, SONNET, TITAN_EMBED
from stacks.application import Site
from stacks.second_brain.database import DATABASE, DatabaseStack
from stacks.second_brain.functions import AGENT
from stacks.second_brain.logins import LOGIN_OF
from stacks.second_brain.network import NetworkStack
from stacks.second_brain.settings import SecondBrainSettings

SUMMARIES = "/summaries/{actorId}/{sessionId}"
"""As the agent's `swarm/memory.py` asks for them."""
MEMORY_DAYS = 30
IDLE = Duration.seconds(1800)


class AgentsStack(Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        site: Site[SecondBrainSettings],
        network: NetworkStack,
        database: DatabaseStack,
    ) -> None:
        super().__init__(scope, construct_id, description="Second Brain: agent swarm")
        self._site = site
        self._database = database
        self.place_index = self._place_index()
        self.memory = AgentMemory(self, "Memory", shape=_memory_shape(site))
        self.agent = AgentRuntime(
            self, "Swarm", shape=self._shape(network), grants=[*self._grants(), self.memory.statement]
        )
        self._tell()

    @property
    def place_search(self) -> iam.PolicyStatement:
        index = f"place-index/{self.place_index.index_name}"
        return iam.PolicyStatement(
            actions=["geo:SearchPlaceIndexForText"],
            resources=[f"arn:{Aws.PARTITION}:geo:{self._region}:{Aws.ACCOUNT_ID}:{index}"],
        )

    @property
    def embedding(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["bedrock:InvokeModel"], resources=list(TITAN_EMBED.arns(self._region))
        )

    @property
    def _region(self) -> str:
        return self._site.environment.region

    def _grants(self) -> list[iam.PolicyStatement]:
        conversation = [*SONNET.arns(self._region), *HAIKU.arns(self._region)]
        return [
            iam.PolicyStatement(
                actions=["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
                resources=conversation,
            ),
            self.embedding,
            self.place_search,
            self._database.logins.reading(LOGIN_OF["agent"]),
        ]

    def _place_index(self) -> location.CfnPlaceIndex:
        return location.CfnPlaceIndex(
            self,
            "Places",
            index_name=self._site.names.of("second-brain-places"),
            description="Where the places of Second Brain are",
            data_source="Esri",
            data_source_configuration=location.CfnPlaceIndex.DataSourceConfigurationProperty(
                intended_use="SingleUse"
            ),
        )

    def _shape(self, network: NetworkStack) -> AgentShape:
        return AgentShape(
            name=agent_name(self._site.names, "second-brain-swarm"),
            description="Multi-agent swarm for knowledge management",
            source=AGENT,
            entry=["main.py"],
            environment=self._environment(),
            placement=network.placement,
            idle=IDLE,
        )

    def _environment(self) -> dict[str, str]:
        known = {
            "DB_HOST": self._database.postgres.instance.db_instance_endpoint_address,
            "DB_NAME": DATABASE,
            "DB_SECRET_ARN": self._database.logins.secrets[LOGIN_OF["agent"]].secret_arn,
            "MODEL_ID": SONNET.id_in(self._region),
            "FAST_MODEL_ID": HAIKU.id_in(self._region),
            "EMBED_MODEL_ID": TITAN_EMBED.id_in(self._region),
            "PLACE_INDEX": self.place_index.index_name,
            "MEMORY_ID": self.memory.id,
        }
        # No model is at hand on a person's machine; a rehearsed agent runs the script it is tested with.
        return {**known, "AGENT_MODEL": "scripted"} if target() == "rehearsal" else known

    def _tell(self) -> None:
        CfnOutput(self, "AgentRoleArn", value=self.agent.role.role_arn)
        CfnOutput(self, "AgentRuntimeArn", value=self.agent.arn)


def _memory_shape(site: Site[SecondBrainSettings]) -> MemoryShape:
    return MemoryShape(
        name=agent_name(site.names, "second-brain-memory"),
        description="Conversations with the swarm, and their summaries",
        days=MEMORY_DAYS,
        summaries=SUMMARIES,
    )
