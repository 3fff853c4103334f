"""What must hold between the keys of a document whose every key is right by itself."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from config.application import Deliverable
from config.delivery import Delivery, Environment, Sandbox
from config.document import Document, EnvironmentTable, PipelineTable, SandboxTable
from config.mistakes import Mistake, did_you_mean
from config.zones import SERVED, is_in, zone_prefix

Catalogue = Mapping[str, Deliverable]


def check(document: Document, catalogue: Catalogue) -> Iterator[Mistake]:
    yield from _names(document)
    yield from _zones(document)
    yield from _sandbox(document, catalogue)
    for environment in document.environment:
        yield from _production(environment)
        yield from _tier(environment)
        yield from _settings_of_known_applications(environment, catalogue)
    for index, pipeline in enumerate(document.pipeline):
        yield from _applications(pipeline, document, catalogue, key=pipeline_key(pipeline, index))
        yield from _accounts(pipeline, document, key=pipeline_key(pipeline, index))
    yield from _delivered_twice(document)


def check_zones(delivery: Delivery) -> Iterator[Mistake]:
    """Whether what stands in an environment's zones is offered there."""
    for pipeline in delivery.pipelines:
        for environment in pipeline.environments:
            key = f"environment[{environment.name}].availability_zones"
            yield from _placements(key, environment)
    yield from _placements("sandbox.availability_zones", delivery.sandbox)


def _placements(key: str, place: Environment | Sandbox) -> Iterator[Mistake]:
    named = place.availability_zones
    for application, settings in place.settings.items():
        footprint = settings.footprint()
        if footprint.zones > len(named):
            yield Mistake(
                key=key,
                value=list(named),
                reason=f"{application} needs {footprint.zones} availability zones, "
                f"and {len(named)} are named",
                remedy="name more zones, or lower the application's setting",
            )
        for service in footprint.zonal_services:
            yield from _unserved(
                key, application, service, region=place.region, zones=named[: footprint.zones]
            )


def _unserved(
    key: str, application: str, service: str, *, region: str, zones: Sequence[str]
) -> Iterator[Mistake]:
    served = SERVED[service].get(region)
    if served is None:
        yield Mistake(
            key=key,
            value=list(zones),
            reason=f"no zone of {region} is known to serve {service}, which {application} uses",
            remedy=f"deliver {application} to one of {', '.join(sorted(SERVED[service]))}, "
            "or add the region's zones to config/zones.py if AWS documents them",
        )
        return
    for zone in zones:
        if zone not in served:
            yield Mistake(
                key=key,
                value=zone,
                reason=f"{service} is not served in this zone, and {application} stands in it",
                remedy=f"name {' or '.join(other for other in served if other not in zones)} instead",
            )


def pipeline_key(pipeline: PipelineTable, index: int) -> str:
    return f"pipeline[{pipeline.name or index + 1}]"


def tier_of(environment: EnvironmentTable) -> str | None:
    if environment.tier:
        return environment.tier
    return environment.name if environment.name in ("dev", "staging", "prod") else None


def _names(document: Document) -> Iterator[Mistake]:
    for name in _repeated(environment.name for environment in document.environment):
        yield Mistake(
            key=f"environment[{name}].name",
            value=name,
            reason="two environments have this name",
            remedy="give each its own name",
        )
    for name in _repeated(pipeline.name for pipeline in document.pipeline):
        yield Mistake(
            key=f"pipeline[{name}].name" if name else "pipeline",
            value=name,
            reason="two pipelines have this name" if name else "two pipelines have no name",
            remedy="give each its own name; only one may go without",
        )


def _repeated(names: Iterable[str | None]) -> list[str | None]:
    return [name for name, times in Counter(names).items() if times > 1]


def _zones(document: Document) -> Iterator[Mistake]:
    tables: dict[str, EnvironmentTable | SandboxTable] = {"sandbox": document.sandbox}
    tables |= {f"environment[{table.name}]": table for table in document.environment}
    for key, table in tables.items():
        zones = table.availability_zones
        for zone in zones:
            if not is_in(zone, table.region):
                yield Mistake(
                    key=f"{key}.availability_zones",
                    value=zone,
                    reason=f"the zone is not in region {table.region}",
                    remedy=f'name zones of that region, such as "{zone_prefix(table.region)}-az1"',
                )
        if len(set(zones)) < len(zones):
            yield Mistake(
                key=f"{key}.availability_zones",
                value=list(zones),
                reason="a zone is named twice",
                remedy="name each zone once",
            )


def _sandbox(document: Document, catalogue: Catalogue) -> Iterator[Mistake]:
    for application in document.sandbox.applications or ():
        if application not in catalogue:
            yield _unknown_application("sandbox.applications", application, catalogue)


def _production(environment: EnvironmentTable) -> Iterator[Mistake]:
    if tier_of(environment) == "prod" and environment.approval == "none":
        yield Mistake(
            key=f"environment[{environment.name}].approval",
            value="none",
            reason="production would be deployed with nobody asked",
            remedy='write approval = "manual", or "unattended" if that is what you want',
        )


def _tier(environment: EnvironmentTable) -> Iterator[Mistake]:
    if tier_of(environment) is None:
        yield Mistake(
            key=f"environment[{environment.name}].tier",
            value=None,
            reason=f'"{environment.name}" does not say whose sizes to use',
            remedy='write tier = "dev", "staging" or "prod"',
        )


def _settings_of_known_applications(environment: EnvironmentTable, catalogue: Catalogue) -> Iterator[Mistake]:
    for application in environment.settings:
        if application not in catalogue:
            yield _unknown_application(f"environment[{environment.name}].settings", application, catalogue)


def _applications(
    pipeline: PipelineTable, document: Document, catalogue: Catalogue, *, key: str
) -> Iterator[Mistake]:
    environments = {environment.name: environment for environment in document.environment}
    for application, names in pipeline.applications.items():
        if application not in catalogue:
            yield _unknown_application(f"{key}.applications", application, catalogue)
            continue
        for name in names:
            if name not in environments:
                yield Mistake(
                    key=f"{key}.applications.{application}",
                    value=name,
                    reason="there is no such environment",
                    remedy=did_you_mean(name, list(environments)),
                )
            elif catalogue[application].demands_https and not environments[name].domain:
                yield Mistake(
                    key=f"environment[{name}].domain",
                    value=None,
                    reason=f"it is missing, and {application} is served over HTTPS only",
                    remedy=f'write domain = "{name}.example.com" with a domain of yours, '
                    f"or deliver {application} elsewhere",
                )


def _unknown_application(key: str, application: str, catalogue: Catalogue) -> Mistake:
    return Mistake(
        key=key,
        value=application,
        reason="there is no such application",
        remedy=f"{did_you_mean(application, list(catalogue))} (stacks/registry.py lists them)",
    )


def _accounts(pipeline: PipelineTable, document: Document, *, key: str) -> Iterator[Mistake]:
    if pipeline.account:
        return
    used = {name for names in pipeline.applications.values() for name in names}
    for table in document.environment:
        of_its_own = "an account" if table.account else "a region" if table.region != pipeline.region else ""
        if table.name in used and of_its_own:
            yield Mistake(
                key=f"{key}.account",
                value=None,
                reason=f"it is missing, and {table.name} has {of_its_own} of its own",
                remedy='write the account that the pipeline runs in, such as account = "111111111111"',
            )


def _delivered_twice(document: Document) -> Iterator[Mistake]:
    seen: dict[tuple[str, str], str] = {}
    for index, pipeline in enumerate(document.pipeline):
        key = pipeline_key(pipeline, index)
        for application, names in pipeline.applications.items():
            for name in names:
                first = seen.setdefault((application, name), key)
                if first != key:
                    yield Mistake(
                        key=f"{key}.applications.{application}",
                        value=name,
                        reason=f"{first} delivers it there already",
                        remedy="deliver an application to an environment from one pipeline",
                    )
