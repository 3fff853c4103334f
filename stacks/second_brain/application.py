"""Second Brain: a personal-knowledge assistant for families."""

from stacks.application import Application, BuiltApplication, Site
from stacks.second_brain.database import DatabaseStack
from stacks.second_brain.network import NetworkStack
from stacks.second_brain.settings import SecondBrainSettings


class SecondBrain(Application[SecondBrainSettings]):
    name = "second_brain"

    @property
    def settings(self) -> type[SecondBrainSettings]:
        return SecondBrainSettings

    def build(self, site: Site[SecondBrainSettings]) -> BuiltApplication:
        network = NetworkStack(site.stage, "SecondBrainNetwork", site=site)
        database = DatabaseStack(site.stage, "SecondBrainDatabase", site=site, network=network)
        return BuiltApplication(
            name=self.name,
            stacks=(network, database),
            smoke_outputs={
                "MIGRATOR_FUNCTION": database.migrator_name,
                "DB_ENDPOINT": database.endpoint,
                "DB_SECRET_ARN": database.secret_arn,
            },
            alarms=tuple(database.alarms.names),
        )
