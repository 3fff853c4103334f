"""Prints, or runs, the exact `cdk bootstrap` calls that the configuration needs.

    python -m pipeline.bootstrap [--run] [--json] [--policies FOLDER] [--profile ACCOUNT=PROFILE ...]

One call for every account and region. An environment's account trusts the account of each pipeline
that delivers to it. CloudFormation acts there with the policies that `pipeline/permissions/kept` holds for
what is delivered there, instead of the administrator rights that `cdk bootstrap` would give it, and the roles
that it makes have the boundary that is made here.

Theory of operation: `plan` turns the configuration into places (pure), `write_policies` writes the documents
of a place below `build/bootstrap`, `commands` turns a place into command lines (pure), and the rest prints or
runs those.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from blocks.function_assets import REPOSITORY
from blocks.naming import BOUNDARY
from config.delivery import Delivery
from config.load import load
from config.mistakes import DeliveryError
from pipeline import accounts
from pipeline.permissions import documents
from pipeline.permissions.grantees import PIPELINE, SANDBOX
from stacks.registry import APPLICATIONS

_DOCUMENTS = "build/bootstrap"
_PUT = "bash pipeline/steps/put-policy.sh"
_UNBUILT = "-c functions=placeholder -c permissions=unchecked"
"""The CLI runs the app before it bootstraps; its functions and permissions have no part in that."""
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
    grantees: tuple[str, ...] = ()
    """Whose policies CloudFormation has here (pipeline/permissions)."""

    @property
    def documents(self) -> str:
        """The folder of its policies' documents, from the repository's own."""
        return f"{_DOCUMENTS}/{self.account or 'own-account'}"


def plan(delivery: Delivery) -> tuple[Place, ...]:
    """Every account once, with its regions and whom it trusts; pipelines' own accounts first."""
    regions: defaultdict[str | None, dict[str, None]] = defaultdict(dict)
    trusts: defaultdict[str | None, dict[str, None]] = defaultdict(dict)
    grantees: defaultdict[str | None, dict[str, None]] = defaultdict(dict)
    for pipeline in delivery.pipelines:
        regions[pipeline.account][pipeline.region] = None
        grantees[pipeline.account][PIPELINE] = None
    for pipeline in delivery.pipelines:
        for environment in pipeline.environments:
            account = environment.account or pipeline.account
            regions[account][environment.region] = None
            grantees[account][environment.name] = None
            # Actions in a region read their artifacts from a store in that region of the pipeline's account.
            regions[pipeline.account][environment.region] = None
            if account != pipeline.account and pipeline.account:
                trusts[account][pipeline.account] = None
    sandbox = None if None in regions else next(iter(regions))
    regions[sandbox][delivery.sandbox.region] = None
    grantees[sandbox][SANDBOX] = None
    return tuple(
        Place(
            account=account,
            regions=tuple(found),
            trusts=tuple(trusts[account]),
            grantees=tuple(grantees[account]),
        )
        for account, found in regions.items()
    )


def write_policies(place: Place, *, repository: Path = REPOSITORY) -> tuple[str, ...]:
    """Write the documents of its policies; the names of the policies."""
    files = documents.write(repository / place.documents, place.grantees)
    return tuple(file.stem for file in files)


def commands(place: Place, *, account: str, policies: Sequence[str]) -> Iterator[str]:
    """The command lines for one account; `account` may be a shell expression that finds it."""
    arns = {name: f"arn:aws:iam::{account}:policy/{name}" for name in policies}
    for name, arn in arns.items():
        yield f'{_PUT} "{arn}" {place.documents}/{name}.json'
    trust = "".join(f" --trust {other} --trust-for-lookup {other}" for other in place.trusts)
    attached = "".join(
        f' --cloudformation-execution-policies "{arn}"' for name, arn in arns.items() if name != BOUNDARY
    )
    for region in place.regions:
        yield f'npx cdk bootstrap "aws://{account}/{region}"{trust}{attached} {_UNBUILT}'


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    try:
        places = plan(load(APPLICATIONS))
        if options.policies:
            documents.write(
                options.policies, dict.fromkeys(name for place in places for name in place.grantees)
            )
        elif options.run:
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
        yield from commands(place, account=place.account or OWN_ACCOUNT, policies=write_policies(place))
        yield ""


def _as_json(place: Place) -> Mapping[str, object]:
    return {
        "account": place.account,
        "regions": list(place.regions),
        "trusts": list(place.trusts),
        "grantees": list(place.grantees),
        "commands": list(
            commands(place, account=place.account or OWN_ACCOUNT, policies=write_policies(place))
        ),
    }


def _run_all(places: Sequence[Place], profiles: accounts.Profiles) -> None:
    """Every account is checked before the first call is made, so that nothing stops half-way."""
    ready = [(place, *_credentials(place, profiles)) for place in places]
    for place, account, environment in ready:
        for command in commands(place, account=account, policies=write_policies(place)):
            sys.stdout.write(f"{command}\n")
            sys.stdout.flush()
            outcome = subprocess.run(["bash", "-c", command], env=environment, cwd=REPOSITORY, check=False)
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
    parser.add_argument(
        "--policies",
        type=Path,
        metavar="FOLDER",
        help="only write the policies of all accounts together here",
    )
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")
    accounts.add_profile_option(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
