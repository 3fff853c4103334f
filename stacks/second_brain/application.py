"""Second Brain: a personal-knowledge assistant for families.

Network → Database ∥ Auth → Agents → Api → Integrations ∥ Scheduling → Monitoring. Most of the order
follows from what a stack refers to; the rest is said here.
"""

from collections.abc import Mapping

from aws_cdk import CfnOutput

from stacks.application import Application, BuiltApplication, Site
from stacks.second_brain.agents import AgentsStack
from stacks.second_brain.api import ApiStack
from stacks.second_brain.auth import AuthStack
from stacks.second_brain.database import DatabaseStack
from stacks.second_brain.integrations import IntegrationsStack
from stacks.second_brain.monitoring import Monitored, MonitoringStack
from stacks.second_brain.network import NetworkStack
from stacks.second_brain.rust import Workshop
from stacks.second_brain.scheduling import SchedulingStack
from stacks.second_brain.settings import SecondBrainSettings


class SecondBrain(Application[SecondBrainSettings]):
    name = "second_brain"

    @property
    def settings(self) -> type[SecondBrainSettings]:
        return SecondBrainSettings

    def build(self, site: Site[SecondBrainSettings]) -> BuiltApplication:
        stage = site.stage
        network = NetworkStack(stage, "SecondBrainNetwork", site=site)
        database = DatabaseStack(stage, "SecondBrainDatabase", site=site, network=network)
        auth = AuthStack(stage, "SecondBrainAuth", site=site)
        agents = AgentsStack(stage, "SecondBrainAgents", site=site, network=network, database=database)
        workshop = Workshop(network=network, database=database, agents=agents)
        api = ApiStack(stage, "SecondBrainApi", site=site, workshop=workshop, auth=auth)
        integrations = IntegrationsStack(
            stage, "SecondBrainIntegrations", site=site, workshop=workshop, auth=auth
        )
        scheduling = SchedulingStack(stage, "SecondBrainScheduling", site=site, workshop=workshop)
        monitored = Monitored(database=database, api=api, integrations=integrations, scheduling=scheduling)
        monitoring = MonitoringStack(stage, "SecondBrainMonitoring", site=site, monitored=monitored)
        agents.add_stack_dependency(auth)
        integrations.add_stack_dependency(api)
        scheduling.add_stack_dependency(api)
        stacks = (network, database, auth, agents, api, integrations, scheduling, monitoring)
        return BuiltApplication(
            name=self.name,
            stacks=stacks,
            smoke_outputs={
                **_of_data(database, auth),
                "API_URL": api.api_url,
                "DISCORD_WEBHOOK_URL": integrations.webhook_url,
                "DISCORD_SECRET_ARN": integrations.discord_secret_arn,
                "ALEXA_LAMBDA_ARN": integrations.alexa_arn,
                "ALEXA_SKILL_ID": integrations.alexa_skill_id,
                **scheduling.names,
                "ALARM_NAMES": monitoring.alarm_names,
            },
            alarms=tuple(monitoring.alerts.alarms.names),
        )


def _of_data(database: DatabaseStack, auth: AuthStack) -> Mapping[str, CfnOutput]:
    return {
        "MIGRATOR_FUNCTION": database.migrator_name,
        "DB_ENDPOINT": database.endpoint,
        "DB_SECRET_ARN": database.secret_arn,
        "SMOKE_PEOPLE": auth.smoke_people,
        "WEB_CLIENT_ID": auth.web_client_id,
        "COGNITO_DOMAIN": auth.cognito_domain,
    }
