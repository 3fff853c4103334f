"""The project's own CDK CLI, run against the embedded AWS in a clean environment."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.cdk import cli
from rehearsal.cdk.assembly import Assembly, Environment
from rehearsal.cdk.lookups import copied_settings
from rehearsal.conductor.alive import alive
from rehearsal.conductor.execution_policy import BootstrapPolicies
from rehearsal.conductor.exits import Exit
from rehearsal.conductor.handed import Handed
from rehearsal.conductor.problems import Problem
from rehearsal.conductor.remedies import remedy_for
from rehearsal.conductor.synth import LookupsNeeded, synthesise
from rehearsal.daemon.client import root_key
from rehearsal.emulator.environment import clean_environment
from rehearsal.emulator.refusals import Refusals
from rehearsal.home import Endpoint, Home

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Cdk:
    project: Path
    home: Home
    endpoint: Endpoint
    say: Say
    context: tuple[str, ...] = ()
    handed: Handed = field(default_factory=Handed)
    policies: BootstrapPolicies = field(default_factory=BootstrapPolicies)
    _bootstrapped: set[tuple[str, str]] = field(default_factory=set, init=False)

    def synth(self, *, check: Callable[[Assembly], object]) -> Assembly:
        """Synthesise into the rehearsal's own folder; look-ups need a bootstrapped account.

        `check` may raise before anything is bootstrapped for a look-up.
        """
        try:
            return self._synth(looking_up_in=None)
        except LookupsNeeded as needed:
            check(Assembly(self._out))
            self.bootstrap(needed.environments)
            folder = copied_settings(self.project, self.home.root / "cdk-lookups")
            return self._synth(looking_up_in=folder)

    @property
    def _out(self) -> Path:
        return self.home.root / "cdk.out"

    def _synth(self, *, looking_up_in: Path | None) -> Assembly:
        shutil.rmtree(self._out, ignore_errors=True)
        self.say("cdk synth, with look-ups in the embedded AWS" if looking_up_in else "cdk synth")
        with alive(self.say, "cdk synth"):
            return synthesise(
                self.project,
                output=self._out,
                environment=self._environment(account=self.endpoint.account, region=self.endpoint.region),
                context=self.context,
                handed=self.handed,
                looking_up_in=looking_up_in,
            )

    def bootstrap(self, environments: Iterable[Environment]) -> None:
        """Bootstrap each account and region once."""
        for environment in environments:
            account = environment.account or self.endpoint.account
            region = environment.region or self.endpoint.region
            if (account, region) not in self._bootstrapped:
                self._bootstrap(account, region)
                self._bootstrapped.add((account, region))

    def _bootstrap(self, account: str, region: str) -> None:
        trusted = self.endpoint.account
        self._run(
            [
                "bootstrap", f"aws://{account}/{region}",
                *(("--trust", trusted, "--trust-for-lookup", trusted) if account != trusted else ()),
                "--cloudformation-execution-policies",
                ",".join(self.policies.put(self.endpoint, account=account)),
            ],
            account=account, region=region,
        )  # fmt: skip

    def deploy(self, assembly: Assembly, stack: str) -> None:
        self._run(
            ["deploy", stack, "--app", str(assembly.folder), "--require-approval", "never"],
            account=self.endpoint.account,
        )

    def _run(self, arguments: list[str], *, account: str, region: str | None = None) -> None:
        folder = self.home.root  # without a cdk.json, so that the project's app is not started
        environment = self._environment(account=account, region=region or self.endpoint.region)
        self.say(f"cdk {' '.join(arguments[:2])}")
        try:
            with alive(self.say, f"cdk {arguments[0]}"):
                ended = cli.run(
                    self.project, [*arguments, *cli.QUIET], environment=environment, folder=folder
                )
        except cli.NoCdkError as error:
            raise Problem(str(error), remedy=cli.REMEDY) from error
        if ended.status:
            raise Problem(
                f"`cdk {' '.join(arguments)}` failed with exit status {ended.status}:\n{ended.output}",
                remedy=remedy_for(ended.output),
                exit_code=Exit.UNSUPPORTED if Refusals.of(self.home).caused(ended.output) else Exit.FAILED,
            )

    def _environment(self, *, account: str, region: str) -> Mapping[str, str]:
        return clean_environment(
            endpoint_url=self.endpoint.url,
            region=region,
            key=root_key(self.endpoint, account=account),
            home=self.home.root / "cdk-home",
            extra={
                "CDK_DEFAULT_ACCOUNT": self.endpoint.account,
                "CDK_DEFAULT_REGION": self.endpoint.region,
                "CDK_DISABLE_CLI_TELEMETRY": "true",
            },
        )
