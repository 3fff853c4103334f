"""Zone ids as AWS forms them, and zones in which a service is not served."""

from collections.abc import Callable

import pytest

from config.zones import SERVED, is_in, zone_prefix

Lines = Callable[[str], list[str]]
DEV = 'name = "dev"\navailability_zones = ["use1-az1", "use1-az2"]'

FROM_AWS = {
    "af-south-1": "afs1",
    "ap-east-1": "ape1",
    "ap-northeast-1": "apne1",
    "ap-southeast-2": "apse2",
    "ca-central-1": "cac1",
    "eu-central-1": "euc1",
    "eu-north-1": "eun1",
    "eu-west-3": "euw3",
    "me-south-1": "mes1",
    "sa-east-1": "sae1",
    "us-east-1": "use1",
    "us-gov-west-1": "usgw1",
    "us-west-2": "usw2",
}


@pytest.mark.parametrize(("region", "prefix"), FROM_AWS.items())
def test_a_zones_id_begins_with_its_region(region: str, prefix: str) -> None:
    assert zone_prefix(region) == prefix
    assert is_in(f"{prefix}-az1", region)
    assert not is_in(f"{prefix}-az1", "il-central-1")


def test_a_services_zones_lie_in_their_regions() -> None:
    for regions in SERVED.values():
        for region, zones in regions.items():
            assert len(zones) >= 2
            assert all(is_in(zone, region) for zone in zones)


def test_a_region_where_a_service_has_no_known_zone_names_others(mistakes: Lines, good: str) -> None:
    elsewhere = good.replace('"acme/portfolio"', '"acme/portfolio"\naccount = "111111111111"').replace(
        DEV, 'name = "dev"\nregion = "eu-west-3"\navailability_zones = ["euw3-az1", "euw3-az2"]'
    )
    (line,) = mistakes(elsewhere)
    assert "no zone of eu-west-3 is known to serve Bedrock AgentCore, which shop uses" in line
    assert "us-east-1" in line


def test_a_sandboxs_zones_are_checked_too(mistakes: Lines, good: str) -> None:
    sandbox = '\n[sandbox]\navailability_zones = ["use1-az1", "use1-az5"]\n'
    (line,) = mistakes(good + sandbox)
    assert line.startswith('delivery.toml: sandbox.availability_zones = "use1-az5": Bedrock AgentCore')
