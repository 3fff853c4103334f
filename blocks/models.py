"""The Bedrock models that applications use: the one place with model ids.

Current models are called through an inference profile, which spreads calls over the regions of one part
of the world. Who may call the profile must be allowed to call the model itself in each of those regions,
so the catalogue knows them.

Synth never asks AWS. `make models` does, before a delivery: every id is ACTIVE, every profile goes where
the catalogue says, and the account may call it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws
from botocore.exceptions import BotoCoreError, ClientError

from config.mistakes import DeliveryError

PARTS: Mapping[str, tuple[str, ...]] = {
    "us": ("us-east-1", "us-east-2", "us-west-2"),
    "eu": ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
}
"""By the prefix of their inference profiles, the regions that these send calls to."""


class NoSuchModelError(DeliveryError):
    """The model cannot be called from the environment's region; says where it can."""


@dataclass(frozen=True, kw_only=True)
class Model:
    foundation: str
    """The id of the model itself."""
    through_profile: bool = True

    def id_in(self, region: str) -> str:
        """What a caller in the region names."""
        return f"{_part(region)}.{self.foundation}" if self.through_profile else self.foundation

    def regions(self, region: str) -> tuple[str, ...]:
        """Where a call from the region may be answered."""
        return PARTS[_part(region)] if self.through_profile else (region,)

    def arns(self, region: str) -> tuple[str, ...]:
        """Everything that a caller in the region must be allowed to call."""
        models = tuple(
            f"arn:{Aws.PARTITION}:bedrock:{place}::foundation-model/{self.foundation}"
            for place in self.regions(region)
        )
        if not self.through_profile:
            return models
        profile = f"inference-profile/{self.id_in(region)}"
        return (f"arn:{Aws.PARTITION}:bedrock:{region}:{Aws.ACCOUNT_ID}:{profile}", *models)


SONNET = Model(foundation="anthropic.claude-sonnet-4-6")
HAIKU = Model(foundation="anthropic.claude-haiku-4-5-20251001-v1:0")
TITAN_EMBED = Model(foundation="amazon.titan-embed-text-v2:0", through_profile=False)
CATALOGUE = (SONNET, HAIKU, TITAN_EMBED)


def _part(region: str) -> str:
    for part, regions in PARTS.items():
        if region in regions:
            return part
    known = ", ".join(sorted(region for regions in PARTS.values() for region in regions))
    raise NoSuchModelError(
        f"no inference profile of the catalogue serves {region}; deliver to one of {known}, or add the "
        "region's profile to blocks/models.py"
    )


def troubles(model: Model, *, region: str, bedrock: Any) -> Iterator[str]:
    """What would keep the region from calling the model; `bedrock` is boto3's client of the region."""
    lifecycle = _asked(
        lambda: bedrock.get_foundation_model(modelIdentifier=model.foundation)["modelDetails"][
            "modelLifecycle"
        ]["status"]
    )
    if lifecycle != "ACTIVE":
        yield f"{model.foundation} in {region}: {lifecycle}"
    if model.through_profile:
        yield from _profile_troubles(model, region=region, bedrock=bedrock)


def _profile_troubles(model: Model, *, region: str, bedrock: Any) -> Iterator[str]:
    name = model.id_in(region)
    found = _asked(lambda: bedrock.get_inference_profile(inferenceProfileIdentifier=name))
    if isinstance(found, str):
        yield f"{name} in {region}: {found}"
        return
    if found["status"] != "ACTIVE":
        yield f"{name} in {region}: {found['status']}"
    reached = {entry["modelArn"].split(":")[3] for entry in found["models"]}
    if unknown := reached - set(model.regions(region)):
        yield (
            f"{name} in {region}: also answers from {', '.join(sorted(unknown))}, which no role is "
            "allowed; add the regions to PARTS in blocks/models.py"
        )


def _asked(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        return str(error)
