"""RDS: proxies and option groups. `rehearsal.postgres` implements instances and clusters."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import Known, also
from rehearsal.emulator.resource_types.recorded import row

_NO_PROXY = "no proxy listens at its endpoint: connect to the database itself"


def _proxy(it: Known) -> Mapping[str, Any]:
    return {
        "DBProxyArn": it.arn("rds", f"db-proxy:prx-{it.unique}"),
        "Endpoint": f"{it.id}.proxy-{it.unique}.{it.request.region}.rds.amazonaws.com",
        "VpcId": "vpc-00000000000000000",
    }


ROWS = (
    row("AWS::RDS::DBProxy", lambda it: str(it.properties["DBProxyName"]), _NO_PROXY, _proxy),
    row(
        "AWS::RDS::DBProxyTargetGroup",
        lambda it: it.arn("rds", f"target-group:prx-tg-{it.unique}"),
        _NO_PROXY,
        also("TargetGroupArn"),
    ),
    row(
        "AWS::RDS::OptionGroup",
        lambda it: it.name("OptionGroupName", limit=255).lower(),
        "no option is enabled",
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
