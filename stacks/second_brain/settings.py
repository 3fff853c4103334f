"""The sizes of Second Brain: one set of figures, and what differs between environments."""

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from config.application import ApplicationSettings, Footprint
from config.delivery import Environment
from config.words import Tier
from config.zones import AGENTCORE

LOCAL_APP = "http://localhost:3000"
ENDPOINTS = ("secretsmanager", "bedrock-runtime")
UNCLAIMED_DOMAIN = "secondbrain.example.com"
"""Stands in until a domain is configured; nobody can own a name below example.com."""


class SecondBrainSettings(ApplicationSettings):
    by_tier: ClassVar[Mapping[Tier, Mapping[str, Any]]] = {"prod": {"deletion_protection": True}}

    vpc_cidr: Annotated[str, Field(description='an IPv4 range, such as "10.20.0.0/16"')] = "10.20.0.0/16"
    zones: Annotated[int, Field(strict=True, ge=2, le=3, description="2 or 3 availability zones")] = 2
    nat_gateways: Annotated[
        int, Field(strict=True, ge=1, le=3, description="1 to 3, at most one for each zone")
    ] = 1
    database_class: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9]*\.[a-z0-9]+$",
            description='an RDS instance class without "db.", such as "t4g.micro"',
        ),
    ] = "t4g.micro"
    database_storage_gb: Annotated[
        int, Field(strict=True, ge=20, le=65536, description="20 or more gigabytes")
    ] = 20
    database_max_storage_gb: Annotated[
        int,
        Field(strict=True, ge=20, le=65536, description="more gigabytes than database_storage_gb"),
    ] = 100
    backup_days: Annotated[int, Field(strict=True, ge=1, le=35, description="1 to 35 days")] = 7
    max_connections: Annotated[
        int, Field(strict=True, ge=30, le=5000, description="30 to 5000 connections")
    ] = 50
    deletion_protection: Annotated[bool, Field(strict=True, description="true or false")] = False

    app_url: Annotated[
        str | None,
        Field(
            pattern=r"^https://[a-z0-9.-]+(:[0-9]+)?$",
            description='where the web app is served, such as "https://app.example.com"',
        ),
    ] = None
    google_oauth_version: Annotated[
        str | None,
        Field(min_length=32, max_length=64, description="the version id of the filled Google secret"),
    ] = None
    amazon_oauth_version: Annotated[
        str | None,
        Field(min_length=32, max_length=64, description="the version id of the filled Amazon secret"),
    ] = None
    alexa_vendor_id: Annotated[
        str,
        Field(
            pattern=r"^[A-Z0-9]{1,32}$",
            description="the vendor id that Alexa's developer console shows with the redirect URLs",
        ),
    ] = "M00000000000000"
    alexa_skill_id: Annotated[
        str,
        Field(
            pattern=r"^amzn1\.ask\.skill\.[0-9a-f-]{36}$",
            description='the skill\'s id, such as "amzn1.ask.skill.00000000-0000-0000-0000-000000000000"',
        ),
    ] = "amzn1.ask.skill.00000000-0000-0000-0000-000000000000"

    @field_validator("vpc_cidr")
    @classmethod
    def _room_for_six_subnets(cls, value: str) -> str:
        try:
            network = ipaddress.IPv4Network(value)
        except ValueError as error:
            raise ValueError(f'{error}; write an IPv4 range, such as "10.20.0.0/16"') from None
        if not 16 <= network.prefixlen <= 20:
            raise ValueError('a VPC of nine /24 subnets needs a /16 to /20; write "10.20.0.0/16"')
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.database_max_storage_gb <= self.database_storage_gb:
            raise ValueError(
                "the database could not grow: database_max_storage_gb is not above database_storage_gb; "
                "raise the one or lower the other"
            )
        if self.nat_gateways > self.zones:
            raise ValueError("there are more nat_gateways than zones; lower nat_gateways")
        return self

    def app_origin(self, environment: Environment) -> str:
        """Where the web app is served: as configured, below the environment's domain, or nowhere yet."""
        if self.app_url:
            return self.app_url
        return f"https://app.{environment.domain or UNCLAIMED_DOMAIN}"

    def origins(self, environment: Environment) -> tuple[str, ...]:
        """Web origins that people sign in from; a developer's own machine in development only."""
        app = self.app_origin(environment)
        return (LOCAL_APP, app) if environment.tier == "dev" else (app,)

    def footprint(self) -> Footprint:
        return Footprint(
            vpcs=1,
            elastic_ips=self.nat_gateways,
            zones=self.zones,
            zonal_services=(AGENTCORE,),
            endpoints=ENDPOINTS,
            cidrs=(self.vpc_cidr,),
        )
