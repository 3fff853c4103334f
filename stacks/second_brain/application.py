"""Second Brain: a personal-knowledge assistant for families."""

from stacks.application import Application, BuiltApplication, Site
from stacks.second_brain.network import NetworkStack
from stacks.second_brain.settings import SecondBrainSettings


class SecondBrain(Application[SecondBrainSettings]):
    name = "second_brain"
    title = "SecondBrain"

    @property
    def settings(self) -> type[SecondBrainSettings]:
        return SecondBrainSettings

    def build(self, site: Site[SecondBrainSettings]) -> BuiltApplication:
        network = NetworkStack(site.stage, "SecondBrainNetwork", site=site)
        return BuiltApplication(
            name=self.name,
            stacks=(network,),
            smoke_outputs={"VPC_ID": network.vpc_id},
        )
