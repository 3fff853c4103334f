"""API Gateway: VPC links."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import also
from rehearsal.emulator.resource_types.recorded import row

_NO_LINK = "an API reaches its integration without a VPC link"


ROWS = (
    row("AWS::ApiGateway::VpcLink", lambda it: it.unique, _NO_LINK, also("VpcLinkId")),
    row("AWS::ApiGatewayV2::VpcLink", lambda it: it.unique, _NO_LINK, also("VpcLinkId")),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
