"""Prints, or runs, the exact `cdk bootstrap` calls that the configuration needs.

    python -m pipeline.bootstrap [--run] [--json] [--profile ACCOUNT=PROFILE ...]

One call for every account and region. An environment's account trusts the account of each pipeline
that delivers to it. CloudFormation acts there with a policy of its own, `execution_policy.json`,
instead of the administrator rights that `cdk bootstrap` would give it.

Theory of operation: `plan` turns the configuration into places (pure), `commands` turns a place into
command lines (pure), and the rest prints or runs those.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from config.delivery import Delivery
from config.load import load
from config.mistakes import DeliveryError
from pipeline import accounts
from stacks.registry import APPLICATIONS

POLICY = "delivery-execution"
POLICY_FILE = "pipeline/execution_policy.json"
_UNBUILT = "-c functions=placeholder"
"""The CLI runs the app before it bootstraps, and what the functions are has no part in that."""
OWN_ACCOUNT = "$(aws sts get-caller-identity --query Account --output text)"


class BootstrapError(DeliveryError):
    """A call cannot be made; says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Place:
    account: str | None
    """None: the account of whoever runs the command."""
    regions: tuple[str, ...]
    trusts: tuple[str, ...]
    """Accounts of pipelines that deliver here from elsewhere."""


def plan(delivery: Delivery) -> tuple[Place, ...]:
    """Every account once, with its regions and whom it trusts; pipelines' own accounts first."""
    regions: defaultdict[str | None, dict[str, None]] = defaultdict(dict)
    trusts: defaultdict[str | None, dict[str, None]] = defaultdict(dict)
    for pipeline in delivery.pipelines:
        regions[pipeline.account][pipeline.region] = None
    for pipeline in delivery.pipelines:
        for environment in pipeline.environments:
            account = environment.account or pipeline.account
            regions[account][environment.region] = None
            # Actions in a region read their artifacts from a store in that region of the pipeline's account.
            regions[pipeline.account][environment.region] = None
            if account != pipeline.account and pipeline.account:
                trusts[account][pipeline.account] = None
    regions[None if None in regions else next(iter(regions))][delivery.sandbox.region] = None
    return tuple(
        Place(account=account, regions=tuple(found), trusts=tuple(trusts[account]))
        for account, found in regions.items()
    )


def commands(place: Place, *, account: str) -> Iterator[str]:
    """The command lines for one account; `account` may be a shell expression that finds it."""
    policy = f"arn:aws:iam::{account}:policy/{POLICY}"
    yield (
        f"aws iam create-policy --policy-name {POLICY} --policy-document file://{POLICY_FILE} || "
        f'aws iam create-policy-version --policy-arn "{policy}" --policy-document file://{POLICY_FILE} '
        "--set-as-default"
    )
    trust = "".join(f" --trust {other} --trust-for-lookup {other}" for other in place.trusts)
    for region in place.regions:
        yield (
            f'npx cdk bootstrap "aws://{account}/{region}"{trust} '
            f'--cloudformation-execution-policies "{policy}" {_UNBUILT}'
        )


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    try:
        places = plan(load(APPLICATIONS))
        if options.run:
            _run_all(places, dict(options.profile))
        elif options.json:
            sys.stdout.write(json.dumps([_as_json(place) for place in places], indent=2) + "\n")
        else:
            sys.stdout.write("\n".join(_script(places)) + "\n")
    except DeliveryError as error:
        sys.exit(str(error))


def _script(places: Sequence[Place]) -> Iterator[str]:
    for place in places:
        who = f"account {place.account}" if place.account else "the account that everything goes to"
        yield f"# with credentials of {who}, allowed to administer it"
        yield from commands(place, account=place.account or OWN_ACCOUNT)
        yield ""


def _as_json(place: Place) -> Mapping[str, object]:
    return {
        "account": place.account,
        "regions": list(place.regions),
        "trusts": list(place.trusts),
        "commands": list(commands(place, account=place.account or OWN_ACCOUNT)),
    }


def _run_all(places: Sequence[Place], profiles: accounts.Profiles) -> None:
    """Every account is checked before the first call is made, so that nothing stops half-way."""
    ready = [(place, *_credentials(place, profiles)) for place in places]
    for place, account, environment in ready:
        for command in commands(place, account=account):
            sys.stdout.write(f"{command}\n")
            sys.stdout.flush()
            outcome = subprocess.run(["bash", "-c", command], env=environment, check=False)
            if outcome.returncode:
                raise BootstrapError(f"this command failed with exit code {outcome.returncode}: {command}")


def _credentials(place: Place, profiles: accounts.Profiles) -> tuple[str, dict[str, str]]:
    profile = profiles.get(place.account or "")
    environment = {**os.environ, **({"AWS_PROFILE": profile} if profile else {})}
    found = accounts.caller(profile)
    accounts.check(place.account, found)
    return found, environment


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pipeline.bootstrap", description=__doc__)
    parser.add_argument("--run", action="store_true", help="run the calls instead of printing them")
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")
    accounts.add_profile_option(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
