"""What an account would refuse with its default quotas, or what only a later peering would."""

from collections import defaultdict
from collections.abc import Iterator

from config.delivery import Delivery, Environment
from config.document import Document

VPCS_PER_REGION = 5
ELASTIC_IPS_PER_REGION = 5

Place = tuple[str | None, str]


def cautions(delivery: Delivery) -> Iterator[str]:
    places: defaultdict[Place, list[Environment]] = defaultdict(list)
    for pipeline in delivery.pipelines:
        for environment in pipeline.environments:
            places[(environment.account, environment.region)].append(environment)
    for (account, region), environments in places.items():
        place = f"account {account or 'of the CLI'}, region {region}"
        yield from _quotas(place, environments)
        yield from _shared_cidrs(place, environments)


def unused(document: Document) -> Iterator[str]:
    used = {name for table in document.pipeline for names in table.applications.values() for name in names}
    for environment in document.environment:
        if environment.name not in used:
            yield f"environment {environment.name}: no pipeline delivers anything to it"


def _quotas(place: str, environments: list[Environment]) -> Iterator[str]:
    footprints = [settings.footprint() for e in environments for settings in e.settings.values()]
    names = ", ".join(dict.fromkeys(environment.name for environment in environments))
    for what, needed, quota in (
        ("VPCs", sum(footprint.vpcs for footprint in footprints), VPCS_PER_REGION),
        ("Elastic IPs", sum(footprint.elastic_ips for footprint in footprints), ELASTIC_IPS_PER_REGION),
    ):
        if needed > quota:
            yield (
                f"{place}: {names} need {needed} {what}, and the default quota is {quota}; "
                "ask Service Quotas for more, or give an environment an account of its own"
            )


def _shared_cidrs(place: str, environments: list[Environment]) -> Iterator[str]:
    users: defaultdict[str, list[str]] = defaultdict(list)
    for environment in environments:
        for application, settings in environment.settings.items():
            for cidr in settings.footprint().cidrs:
                users[cidr].append(f"{application} in {environment.name}")
    shared = {cidr: who for cidr, who in users.items() if len(who) > 1}
    for cidr, who in shared.items():
        yield (
            f"{place}: {cidr} is used by {' and by '.join(who)}; the networks can never be peered, "
            "so give each a range of its own"
        )
