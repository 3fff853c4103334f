"""Takes an environment down, in the order that AWS allows: `make teardown ENVIRONMENT=dev`.

    python -m pipeline.teardown ENVIRONMENT [--run] [--wait HOURS] [--profile ACCOUNT=PROFILE ...]

AgentCore keeps its network interfaces for up to eight hours after its runtime is deleted, and until then
they hold their subnets and security groups: a stack with a network that is deleted too early ends in
DELETE_FAILED. So everything else goes first, then the interfaces are waited for, then the network goes.
Nothing needs to be built: what a function's code is has no part in a deletion.

Without --run it prints the calls. With it, protected databases and user pools are looked for first, and
nothing is deleted while one is there. It can be interrupted and run again at any time.
"""

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from config.delivery import Environment, Pipeline
from config.load import load
from config.mistakes import DeliveryError
from config.names import camel, stage_name
from pipeline import accounts, assembly, holdouts
from stacks.registry import APPLICATIONS

ASSEMBLY = "build/teardown"
CDK = "npx --no-install cdk"
LONGEST_WAIT_HOURS = 9.0


class TeardownError(DeliveryError):
    """A call failed, or something keeps the environment; says what to do."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Of one environment of one pipeline."""

    pipeline: Pipeline
    environment: Environment
    first: tuple[str, ...]
    """Paths of the stacks that nobody's network interface stands in the way of."""
    networks: tuple[str, ...]

    @property
    def stop_deliveries(self) -> str:
        stage = stage_name(self.pipeline, self.environment)
        return (
            f"aws codepipeline disable-stage-transition --pipeline-name {self.pipeline.full_name} "
            f"--stage-name {stage} --transition-type Inbound --reason 'It is being taken down' "
            f"--region {self.pipeline.region}"
        )

    def destroy(self, stacks: Sequence[str]) -> str:
        return f"{CDK} destroy --app {ASSEMBLY} --force {' '.join(map(shlex.quote, stacks))}"


def synthesis() -> str:
    return f"{CDK} synth --quiet -c functions=placeholder --output {ASSEMBLY}"


def plan(pipeline: Pipeline, environment: Environment, folder: Path) -> Plan:
    """From the synthesised assembly: a stack with a VPC is a network."""
    prefix = f"{pipeline.construct_id}/"
    stacks = [
        stack
        for stack in assembly.stacks(folder)
        if stack.path.startswith(prefix) and stack.stage == camel(environment.name)
    ]
    networks = tuple(stack.path for stack in stacks if _has_vpc(stack))
    first = tuple(stack.path for stack in stacks if stack.path not in networks)
    return Plan(pipeline=pipeline, environment=environment, first=first, networks=networks)


def _has_vpc(stack: assembly.AssemblyStack) -> bool:
    resources = stack.template().get("Resources", {}).values()
    return any(resource["Type"] == "AWS::EC2::VPC" for resource in resources)


def script(found: Plan) -> Iterator[str]:
    yield f"# with credentials of account {found.pipeline.account or 'of the pipeline'}"
    yield found.stop_deliveries
    yield f"# with credentials of account {found.environment.account or 'of the pipeline'}"
    yield synthesis()
    yield found.destroy(found.first)
    if found.networks:
        yield "# when AgentCore's network interfaces are gone, up to eight hours later"
        yield found.destroy(found.networks)


def where(pipeline: Pipeline, environment: Environment, profiles: accounts.Profiles) -> holdouts.Place:
    return holdouts.Place(
        session=accounts.session(environment.account, profiles),
        region=environment.region,
        delivery=pipeline.full_name,
        environment=environment.name,
    )


def refuse_protected(place: holdouts.Place) -> None:
    if protected := list(holdouts.protected(place)):
        raise TeardownError(
            "nothing is deleted while something is protected; what is lost with it is your decision:\n"
            + "\n".join(protected)
        )


def run(found: Plan, profiles: accounts.Profiles, *, hours: float) -> None:
    account = found.environment.account
    place = where(found.pipeline, found.environment, profiles)
    profile = profiles.get(account or "")
    environment = {**os.environ, **({"AWS_PROFILE": profile} if profile else {})}
    _call(found.destroy(found.first), environment)
    if found.networks:
        if not holdouts.interfaces_gone(place, hours=hours, say=sys.stdout.write):
            raise TeardownError(
                "AgentCore still has network interfaces in the VPC; it releases them within eight hours of "
                "its deletion, and nobody else can. Run this command again then: only the network is left"
            )
        _call(found.destroy(found.networks), environment)


def _call(command: str, environment: dict[str, str]) -> None:
    sys.stdout.write(f"{command}\n")
    sys.stdout.flush()
    outcome = subprocess.run(shlex.split(command), env=environment, check=False)
    if outcome.returncode:
        raise TeardownError(f"this command failed with exit code {outcome.returncode}: {command}")


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    try:
        places = accounts.places(load(APPLICATIONS), options.environment)
        profiles = dict(options.profile)
        if options.run:
            for pipeline, environment in places:
                refuse_protected(where(pipeline, environment, profiles))
        _call(synthesis(), dict(os.environ))
        for pipeline, environment in places:
            found = plan(pipeline, environment, Path(ASSEMBLY))
            if options.run:
                run(found, profiles, hours=options.wait)
            else:
                sys.stdout.write("\n".join(script(found)) + "\n")
    except (DeliveryError, BotoCoreError, ClientError) as error:
        sys.exit(str(error))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pipeline.teardown", description=__doc__)
    parser.add_argument("environment", metavar="ENVIRONMENT")
    parser.add_argument("--run", action="store_true", help="run the calls instead of printing them")
    parser.add_argument(
        "--wait",
        type=float,
        default=LONGEST_WAIT_HOURS,
        metavar="HOURS",
        help="how long to wait for AgentCore's network interfaces",
    )
    accounts.add_profile_option(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
