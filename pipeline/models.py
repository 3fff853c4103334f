"""Asks Bedrock about the catalogue's models in every account and region that is delivered to: `make models`.

    python -m pipeline.models [--profile ACCOUNT=PROFILE ...]

A model that reached its end, or that the account never agreed to, would only be found out by a person's
question. This is for a person before a delivery; synth never asks AWS. Reading takes
`bedrock:GetFoundationModel`, `GetInferenceProfile`, `GetFoundationModelAvailability` and
`GetUseCaseForModelAccess`.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from blocks.models import CATALOGUE, troubles
from config.delivery import Delivery
from config.load import load
from config.mistakes import DeliveryError
from pipeline import accounts
from pipeline.accounts import Finding, Target
from pipeline.model_access import access_troubles
from stacks.registry import APPLICATIONS

Client = Callable[[Target], Any]
"""boto3's client of Bedrock in a target."""


def findings(delivery: Delivery, *, client: Client) -> Iterator[Finding]:
    """A line for each model and trouble, and whether it is well."""
    for target in accounts.targets(delivery):
        yield str(target), True
        try:
            bedrock = client(target)
        except DeliveryError as error:
            yield str(error), False
            continue
        for model in CATALOGUE:
            found = [
                *troubles(model, region=target.region, bedrock=bedrock),
                *access_troubles(model, region=target.region, bedrock=bedrock),
            ]
            yield from ((trouble, False) for trouble in found)
            if not found:
                yield (
                    f"{model.id_in(target.region)} in {target.region}: ACTIVE, and may be called",
                    True,
                )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m pipeline.models", description=__doc__)
    accounts.add_profile_option(parser)
    profiles = dict(parser.parse_args(arguments).profile)

    def client(target: Target) -> Any:
        return accounts.session(target.account, profiles).client("bedrock", region_name=target.region)

    return accounts.told(findings(load(APPLICATIONS), client=client), sys.stdout.write)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DeliveryError as error:
        sys.exit(str(error))
