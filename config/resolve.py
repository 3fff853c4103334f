"""A document whose names are all known, completed to what the rest of the delivery side reads."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError

from config.application import ApplicationSettings
from config.delivery import Delivery, Environment, Pipeline, Sandbox
from config.document import Document, EnvironmentTable, PipelineTable
from config.mistakes import Mistake, mistakes_of
from config.rules import Catalogue, tier_of
from config.words import Removal, Tier

_REMOVAL: Mapping[Tier, Removal] = {"dev": "destroy", "staging": "retain", "prod": "retain"}


def resolve(document: Document, catalogue: Catalogue) -> Delivery:
    return Delivery(
        name=document.name,
        pipelines=tuple(_pipeline(table, document, catalogue) for table in document.pipeline),
        sandbox=_sandbox(document, catalogue),
    )


def check_settings(document: Document, catalogue: Catalogue) -> Iterator[Mistake]:
    """Each application judges the settings that an environment overrides for it."""
    for environment in document.environment:
        for application, overrides in environment.settings.items():
            model = catalogue[application].settings
            try:
                model.of(tier=_tier(environment), overrides=overrides)
            except ValidationError as error:
                prefix = f"environment[{environment.name}].settings.{application}."
                yield from mistakes_of(error, model=model, document=overrides, prefix=prefix)


def _pipeline(table: PipelineTable, document: Document, catalogue: Catalogue) -> Pipeline:
    reached = {name for names in table.applications.values() for name in names}
    return Pipeline(
        delivery=document.name,
        **table.model_dump(exclude={"applications"}),
        environments=tuple(
            _environment(environment, table, catalogue)
            for environment in document.environment
            if environment.name in reached
        ),
    )


def _environment(table: EnvironmentTable, pipeline: PipelineTable, catalogue: Catalogue) -> Environment:
    tier = _tier(table)
    here = [name for name, environments in pipeline.applications.items() if table.name in environments]
    return Environment(
        **table.model_dump(exclude={"account", "tier", "removal", "settings"}),
        account=table.account or pipeline.account,
        tier=tier,
        removal=table.removal or _REMOVAL[tier],
        settings={name: _settings(name, tier, table.settings.get(name), catalogue) for name in here},
    )


def _settings(
    application: str, tier: Tier, overrides: Mapping[str, Any] | None, catalogue: Catalogue
) -> ApplicationSettings:
    return catalogue[application].settings.of(tier=tier, overrides=overrides)


def _sandbox(document: Document, catalogue: Catalogue) -> Sandbox:
    table = document.sandbox
    delivered = dict.fromkeys(name for pipeline in document.pipeline for name in pipeline.applications)
    chosen = delivered if table.applications is None else table.applications
    return Sandbox(
        region=table.region,
        availability_zones=table.availability_zones,
        settings={name: _settings(name, "dev", None, catalogue) for name in chosen},
    )


def _tier(table: EnvironmentTable) -> Tier:
    return cast("Tier", tier_of(table))
