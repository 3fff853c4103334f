"""Applications of the tests' own, and a file to make mistakes in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from config.application import ApplicationSettings, Footprint
from config.delivery import Delivery
from config.load import load
from config.mistakes import ConfigurationError
from config.words import Tier
from config.zones import AGENTCORE


class ShopSettings(ApplicationSettings):
    by_tier: ClassVar[Mapping[Tier, Mapping[str, Any]]] = {"prod": {"size": "large"}}

    size: Annotated[str, Field(pattern="^(small|large)$", description='"small" or "large"')] = "small"
    cidr: str = "10.0.0.0/16"
    gateways: int = 1

    def footprint(self) -> Footprint:
        return Footprint(
            vpcs=1, elastic_ips=self.gateways, zones=2, zonal_services=(AGENTCORE,), cidrs=(self.cidr,)
        )


class PlainSettings(ApplicationSettings):
    pass


@dataclass(frozen=True)
class Sample:
    name: str
    settings: type[ApplicationSettings]
    demands_https: bool = False


CATALOGUE = (
    Sample("shop", ShopSettings),
    Sample("portal", PlainSettings, demands_https=True),
    Sample("ledger", PlainSettings),
)

GOOD = """
name = "acme"

[[pipeline]]
repository = "acme/portfolio"
applications = { shop = ["dev", "prod"] }

[[environment]]
name = "dev"
availability_zones = ["use1-az1", "use1-az2"]

[[environment]]
name = "prod"
availability_zones = ["use1-az1", "use1-az2"]
approval = "manual"

[environment.settings.shop]
cidr = "10.1.0.0/16"
"""

Read = Callable[[str], Delivery]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(text: str) -> Delivery:
        path = tmp_path / "delivery.toml"
        path.write_text(text, encoding="utf-8")
        return load(CATALOGUE, path=path)

    return read_text


@pytest.fixture
def mistakes(read: Read) -> Callable[[str], list[str]]:
    """The lines that a file's author would see."""

    def lines(text: str) -> list[str]:
        with pytest.raises(ConfigurationError) as refused:
            read(text)
        return str(refused.value).splitlines()

    return lines


@pytest.fixture
def good() -> str:
    return GOOD
