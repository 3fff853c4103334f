"""The accounts and regions of a delivery, and credentials for one of them, checked before they are used.

Whoever runs a command has credentials of one account; `--profile ACCOUNT=PROFILE` says whose to use for
another. A command never asks an account that is not the one it was meant for.
"""

import argparse
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from config.delivery import Delivery, Environment, Pipeline
from config.mistakes import DeliveryError

Profiles = Mapping[str, str]


class AccountError(DeliveryError):
    """The credentials are refused, or are another account's; says which profile to name."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Everything that is delivered to one region of one account."""

    account: str | None
    """None: the account of whoever runs the command."""
    region: str
    environments: tuple[Environment, ...]

    def __str__(self) -> str:
        return f"account {self.account or 'of your credentials'}, region {self.region}"


def targets(delivery: Delivery) -> tuple[Target, ...]:
    found: defaultdict[tuple[str | None, str], list[Environment]] = defaultdict(list)
    for pipeline in delivery.pipelines:
        for environment in pipeline.environments:
            found[environment.account, environment.region].append(environment)
    return tuple(
        Target(account=account, region=region, environments=tuple(environments))
        for (account, region), environments in found.items()
    )


class NoEnvironmentError(DeliveryError):
    """Names the environments that there are."""


def places(delivery: Delivery, name: str) -> Sequence[tuple[Pipeline, Environment]]:
    """An environment, as each pipeline that delivers to it sees it."""
    every = [(pipeline, place) for pipeline in delivery.pipelines for place in pipeline.environments]
    found = [(pipeline, place) for pipeline, place in every if place.name == name]
    if not found:
        known = ", ".join(dict.fromkeys(place.name for _, place in every))
        raise NoEnvironmentError(f"there is no environment {name!r}; known are {known}")
    return found


def session(account: str | None, profiles: Profiles) -> boto3.session.Session:
    """Of the account, or an AccountError."""
    profile = profiles.get(account or "")
    check(account, caller(profile))
    return boto3.session.Session(profile_name=profile)


def check(account: str | None, found: str) -> None:
    if account and found != account:
        raise AccountError(
            f"account {account} is needed and these credentials are for {found}; "
            f"say which profile to use: --profile {account}=NAME"
        )


def caller(profile: str | None) -> str:
    try:
        session = boto3.session.Session(profile_name=profile)
        return str(session.client("sts", region_name="us-east-1").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        named = f" of profile {shlex.quote(profile)}" if profile else ""
        raise AccountError(f"AWS does not accept the credentials{named}: {error}") from None


def add_profile_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile",
        action="append",
        default=[],
        type=_profile,
        metavar="ACCOUNT=PROFILE",
        help="the AWS profile to use for an account",
    )


def _profile(text: str) -> tuple[str, str]:
    account, equals, profile = text.partition("=")
    if not equals or not profile or not account.isdigit():
        raise argparse.ArgumentTypeError("write ACCOUNT=PROFILE, such as 222222222222=staging")
    return account, profile


Finding = tuple[str, bool]
"""A line for a person, and whether it is well."""


def told(findings: Iterable[Finding], say: Callable[[str], object]) -> int:
    """Says every line; the exit code of a command that has said them."""
    code = 0
    for line, is_well in findings:
        say(f"{line}\n" if is_well else f"NOT READY  {line}\n")
        code = code if is_well else 1
    return code
