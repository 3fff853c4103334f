"""What the configuration must know of an application, and nothing of its stacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from pydantic import BaseModel, ConfigDict

from config.words import Tier


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """What one copy of an application needs of its account and region."""

    vpcs: int = 0
    elastic_ips: int = 0
    zones: int = 0
    """How many of its environment's availability zones it stands in."""
    zonal_services: tuple[str, ...] = ()
    """Services of config/zones.py that must be served in each of those zones."""
    endpoints: tuple[str, ...] = ()
    """Services whose interface endpoints it has in each of those zones, such as `secretsmanager`."""
    cidrs: tuple[str, ...] = ()


class ApplicationSettings(BaseModel):
    """The sizes an application can be given, each with the figure of its specification.

    Field defaults hold for every environment; `by_tier` holds what differs between them. A field's
    description completes the sentence "write …" in the error a person reads.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    by_tier: ClassVar[Mapping[Tier, Mapping[str, Any]]] = {}

    @classmethod
    def of(cls, *, tier: Tier, overrides: Mapping[str, Any] | None = None) -> Self:
        return cls.model_validate({**cls.by_tier.get(tier, {}), **(overrides or {})})

    def footprint(self) -> Footprint:
        return Footprint()


class Deliverable(Protocol):
    """An application as the configuration sees it."""

    @property
    def name(self) -> str: ...

    @property
    def settings(self) -> type[ApplicationSettings]: ...

    @property
    def demands_https(self) -> bool:
        """Whether every environment that gets it must have a domain."""
