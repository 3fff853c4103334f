"""The words of `delivery.toml`: types that say themselves what a person should write.

A field's description completes the sentence "write …" in the error a person reads.
"""

from typing import Annotated, Literal

from pydantic import Field

Tier = Literal["dev", "staging", "prod"]
Approval = Literal["manual", "none", "unattended"]
Removal = Literal["destroy", "retain"]
ExecutionMode = Literal["QUEUED", "SUPERSEDED"]

Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=16,  # three of these and a word must fit into the 63 characters of a database's name
        description='at most 16 lower-case letters, digits and single hyphens, such as "dev"',
    ),
]
Repository = Annotated[
    str,
    Field(pattern=r"^[\w.-]+/[\w.-]+$", description='owner and name, such as "acme/slipway"'),
]
Branch = Annotated[
    str, Field(pattern=r"^[^\s~^:?*\[\\]+$", max_length=255, description='a branch name, such as "main"')
]
ConnectionArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws[\w-]*:(codestar-connections|codeconnections):[a-z0-9-]+:\d{12}:connection/[\w-]+$",
        description="the ARN of a CodeConnections connection, or leave the key out and let the pipeline "
        "create its own connection",
    ),
]
Account = Annotated[
    str, Field(pattern=r"^\d{12}$", description='twelve digits in quotes, such as "111111111111"')
]
Region = Annotated[
    str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description='an AWS region, such as "us-east-1"')
]
ZoneId = Annotated[
    str,
    Field(
        pattern=r"^[a-z]+\d+-az\d+$",
        description='zone ids, such as "use1-az1", because a zone\'s name stands for another zone in each '
        "account; `make zones` shows those of yours",
    ),
]
Zones = Annotated[
    tuple[ZoneId, ...],
    Field(
        min_length=2,
        description='at least two zone ids of the region, such as ["use1-az1", "use1-az2"]; `make zones` '
        "shows those of your account",
    ),
]
Email = Annotated[
    str,
    Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description='an e-mail address, such as "ops@example.com"'),
]
Domain = Annotated[
    str,
    Field(
        pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$",
        description='a domain without a scheme, such as "dev.example.com"',
    ),
]
PathPatterns = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=255)], ...],
    Field(max_length=8, description='at most eight patterns, such as ["stacks/**"] (CodePipeline\'s limit)'),
]
Minutes = Annotated[
    int, Field(strict=True, ge=0, le=1440, description="a whole number of minutes from 0 to 1440")
]
