"""Asks Bedrock about the catalogue's models wherever they are delivered to: `python -m pipeline.models`.

A model that reached its end would only be found out by a person's question. This is for a person before a
delivery, with any credentials that may read Bedrock's catalogue; synth never asks AWS.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3

from blocks.models import CATALOGUE, troubles
from config.delivery import Delivery
from config.load import load
from config.mistakes import DeliveryError
from stacks.registry import APPLICATIONS

Client = Callable[[str], Any]
"""boto3's client of Bedrock in a region."""


def regions(delivery: Delivery) -> tuple[str, ...]:
    return tuple(
        sorted(
            {environment.region for pipeline in delivery.pipelines for environment in pipeline.environments}
        )
    )


def findings(delivery: Delivery, *, client: Client) -> Iterator[tuple[str, bool]]:
    """A line for each model and trouble, and whether it is well."""
    for region in regions(delivery):
        bedrock = client(region)
        for model in CATALOGUE:
            found = list(troubles(model, region=region, bedrock=bedrock))
            yield from ((trouble, False) for trouble in found)
            if not found:
                yield f"{model.id_in(region)} in {region}: ACTIVE", True


def main() -> int:
    all_well = True
    for line, is_well in findings(
        load(APPLICATIONS), client=lambda region: boto3.client("bedrock", region_name=region)
    ):
        sys.stdout.write(f"{line}\n")
        all_well = all_well and is_well
    return 0 if all_well else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DeliveryError as error:
        sys.exit(str(error))
