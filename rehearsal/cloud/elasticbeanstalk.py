"""Elastic Beanstalk: applications; nothing is deployed."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import also
from rehearsal.emulator.resource_types.recorded import row

_NO_BEANSTALK = "Elastic Beanstalk deploys nothing here"


ROWS = (
    row(
        "AWS::ElasticBeanstalk::Application", lambda it: it.name("ApplicationName", limit=100), _NO_BEANSTALK
    ),
    row(
        "AWS::ElasticBeanstalk::ApplicationVersion",
        lambda it: f"{it.request.stack_name}-{it.request.logical_id}-{it.unique}",
        _NO_BEANSTALK,
        also("Id"),
    ),
    row(
        "AWS::ElasticBeanstalk::Environment",
        lambda it: it.name("EnvironmentName", limit=40),
        _NO_BEANSTALK,
        lambda it: {"EndpointURL": f"{it.id}.{it.request.region}.elasticbeanstalk.com"},
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
