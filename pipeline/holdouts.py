"""What keeps an environment from being deleted: protected data, and AgentCore's network interfaces.

All of it is found by the tags that every resource of an environment has.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import boto3

_LOOK_EVERY_SECONDS = 120
_INTERFACE_TYPE = "agentic_ai"


@dataclass(frozen=True, kw_only=True)
class Place:
    session: boto3.session.Session
    region: str
    delivery: str
    environment: str

    def owns(self, tags: dict[str, str]) -> bool:
        return {"delivery": self.delivery, "environment": self.environment}.items() <= tags.items()


def protected(place: Place) -> Iterator[str]:
    """The command that takes the protection off, for each."""
    yield from _databases(place)
    yield from _user_pools(place)


def _databases(place: Place) -> Iterator[str]:
    rds = place.session.client("rds", region_name=place.region)
    for page in rds.get_paginator("describe_db_instances").paginate():
        for instance in page["DBInstances"]:
            tags = {tag["Key"]: tag["Value"] for tag in instance.get("TagList", ())}
            if instance.get("DeletionProtection") and place.owns(tags):
                yield (
                    f"aws rds modify-db-instance --db-instance-identifier {instance['DBInstanceIdentifier']} "
                    f"--no-deletion-protection --apply-immediately --region {place.region}"
                )


def _user_pools(place: Place) -> Iterator[str]:
    cognito = place.session.client("cognito-idp", region_name=place.region)
    for page in cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60}):
        for listed in page["UserPools"]:
            pool = cognito.describe_user_pool(UserPoolId=listed["Id"])["UserPool"]
            if pool.get("DeletionProtection") == "ACTIVE" and place.owns(dict(pool.get("UserPoolTags", {}))):
                yield (
                    f"aws cognito-idp update-user-pool --user-pool-id {listed['Id']} "
                    f"--deletion-protection INACTIVE --region {place.region}"
                )


def interfaces_gone(
    place: Place,
    *,
    hours: float,
    say: Callable[[str], object],
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Waits for AgentCore to release its network interfaces, which only it can."""
    end = time.monotonic() + hours * 3600
    while left := interfaces(place):
        say(f"{time.strftime('%H:%M')} AgentCore still has {', '.join(left)}\n")
        if time.monotonic() >= end:
            return False
        sleep(_LOOK_EVERY_SECONDS)
    return True


def interfaces(place: Place) -> list[str]:
    """Of AgentCore, in the environment's VPCs."""
    ec2 = place.session.client("ec2", region_name=place.region)
    tagged = [
        {"Name": "tag:delivery", "Values": [place.delivery]},
        {"Name": "tag:environment", "Values": [place.environment]},
    ]
    vpcs = [vpc["VpcId"] for vpc in ec2.describe_vpcs(Filters=tagged)["Vpcs"]]
    if not vpcs:
        return []
    found = ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": vpcs}])
    return [
        interface["NetworkInterfaceId"]
        for interface in found["NetworkInterfaces"]
        if interface.get("InterfaceType") == _INTERFACE_TYPE
        or "agentcore" in interface.get("Description", "").lower()
    ]
