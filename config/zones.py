"""Availability zones by id, and which of them a service serves.

A zone's name (`us-east-1a`) stands for another zone in each account; its id (`use1-az1`) is the same zone
in every account. AWS says by id where a service is served, so the configuration and the templates name
ids, and what a service does not serve is refused before anything is deployed.
"""

from collections.abc import Mapping

_MIDDLE = {
    "central": "c",
    "east": "e",
    "gov": "g",
    "north": "n",
    "northeast": "ne",
    "northwest": "nw",
    "south": "s",
    "southeast": "se",
    "southwest": "sw",
    "west": "w",
}

AGENTCORE = "Bedrock AgentCore"
SERVED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # "Configure Amazon Bedrock AgentCore Runtime and tools for VPC".
    AGENTCORE: {
        "ap-northeast-1": ("apne1-az1", "apne1-az2", "apne1-az4"),
        "ap-south-1": ("aps1-az1", "aps1-az2", "aps1-az3"),
        "ap-southeast-1": ("apse1-az1", "apse1-az2", "apse1-az3"),
        "ap-southeast-2": ("apse2-az1", "apse2-az2", "apse2-az3"),
        "eu-central-1": ("euc1-az1", "euc1-az2", "euc1-az3"),
        "eu-west-1": ("euw1-az1", "euw1-az2", "euw1-az3"),
        "us-east-1": ("use1-az1", "use1-az2", "use1-az4"),
        "us-east-2": ("use2-az1", "use2-az2", "use2-az3"),
        "us-west-2": ("usw2-az1", "usw2-az2", "usw2-az3"),
    },
}
"""By service, the zones of each region that AWS documents. It offers no call that would tell."""


def zone_prefix(region: str) -> str:
    """`ap-northeast-1` as its zones' ids begin: `apne1`."""
    area, *middle, number = region.split("-")
    return area + "".join(_MIDDLE.get(part, part[:1]) for part in middle) + number


def is_in(zone: str, region: str) -> bool:
    return zone.partition("-")[0] == zone_prefix(region)
