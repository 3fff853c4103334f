"""Asks AWS about the zones of every account and region that is delivered to: `make zones`.

    python -m pipeline.zones [--profile ACCOUNT=PROFILE ...]

Synth knows from config/zones.py which zones AgentCore serves. What only an account can tell is asked here
before a delivery: which zones it has and what it calls them, and in which of them the interface endpoints
are offered. Reading takes `ec2:DescribeAvailabilityZones` and `ec2:DescribeVpcEndpointServices`.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from config.delivery import Delivery, Environment
from config.load import load
from config.mistakes import DeliveryError
from pipeline import accounts
from pipeline.accounts import Finding, Target
from stacks.registry import APPLICATIONS

Client = Callable[[Target], Any]
"""boto3's EC2 client of a target."""


def findings(delivery: Delivery, *, client: Client) -> Iterator[Finding]:
    for target in accounts.targets(delivery):
        try:
            yield from _findings(target, client(target))
        except (DeliveryError, BotoCoreError, ClientError) as error:
            yield f"{target}: {error}", False


def _findings(target: Target, ec2: Any) -> Iterator[Finding]:
    ids = _ids(ec2)
    yield f"{target}: {', '.join(f'{name} is {zone}' for name, zone in sorted(ids.items()))}", True
    offers = _offers(ec2, target, ids)
    for environment in target.environments:
        troubles = [
            *_missing(environment, frozenset(ids.values()), target),
            *_without_endpoint(environment, offers),
        ]
        yield from ((f"{environment.name}: {trouble}", False) for trouble in troubles)
        if not troubles:
            yield f"{environment.name}: {', '.join(environment.availability_zones)} are ready", True


def _ids(ec2: Any) -> Mapping[str, str]:
    """The ids of the zones that the account may use, by the names that it has for them."""
    zones = ec2.describe_availability_zones(
        Filters=[
            {"Name": "zone-type", "Values": ["availability-zone"]},
            {"Name": "state", "Values": ["available"]},
        ]
    )["AvailabilityZones"]
    return {zone["ZoneName"]: zone["ZoneId"] for zone in zones}


def _offers(ec2: Any, target: Target, ids: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """By endpoint service, the ids of the zones that it has interface endpoints in."""
    services = sorted({service for place in target.environments for service, _ in _endpoints(place)})
    names = [f"com.amazonaws.{target.region}.{service}" for service in services]
    if not names:
        return {}
    details = ec2.describe_vpc_endpoint_services(
        Filters=[
            {"Name": "service-name", "Values": names},
            {"Name": "service-type", "Values": ["Interface"]},
        ]
    )["ServiceDetails"]
    return {
        detail["ServiceName"].removeprefix(f"com.amazonaws.{target.region}."): frozenset(
            ids[name] for name in detail["AvailabilityZones"] if name in ids
        )
        for detail in details
    }


def _missing(environment: Environment, ids: frozenset[str], target: Target) -> Iterator[str]:
    for zone in environment.availability_zones:
        if zone not in ids:
            yield (
                f"{zone} is no zone that {target} may use; write others of the zones above into "
                f"environment[{environment.name}].availability_zones"
            )


def _without_endpoint(environment: Environment, offers: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for service, zones in _endpoints(environment):
        for zone in zones:
            if zone not in offers.get(service, frozenset()):
                offered = ", ".join(sorted(offers.get(service, ()))) or "no zone of this region"
                yield f"{service} has interface endpoints in {offered}, and not in {zone}; name other zones"


def _endpoints(environment: Environment) -> Iterator[tuple[str, Sequence[str]]]:
    """The endpoint services of each application here, with the zones that it stands in."""
    for settings in environment.settings.values():
        footprint = settings.footprint()
        for service in footprint.endpoints:
            yield service, environment.availability_zones[: footprint.zones]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m pipeline.zones", description=__doc__)
    accounts.add_profile_option(parser)
    profiles = dict(parser.parse_args(arguments).profile)

    def client(target: Target) -> Any:
        return accounts.session(target.account, profiles).client("ec2", region_name=target.region)

    return accounts.told(findings(load(APPLICATIONS), client=client), sys.stdout.write)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DeliveryError as error:
        sys.exit(str(error))
