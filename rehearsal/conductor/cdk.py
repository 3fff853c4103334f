"""The project's own CDK CLI, run against the embedded AWS in a clean environment."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal import cdk_cli
from rehearsal.conductor.assembly import Assembly, Environment
from rehearsal.conductor.execution_policy import ADMINISTRATOR, ExecutionPolicy
from rehearsal.conductor.exits import Exit
from rehearsal.conductor.problems import Problem
from rehearsal.conductor.remedies import remedy_for
from rehearsal.conductor.unsupported import names_unsupported
from rehearsal.daemon.client import root_key
from rehearsal.emulator.environment import clean_environment
from rehearsal.home import Endpoint, Home

Say = Callable[[str], None]

_QUIET = ("--no-notices", "--no-version-reporting", "--ci")


@dataclass(frozen=True, kw_only=True)
class Cdk:
    project: Path
    home: Home
    endpoint: Endpoint
    say: Say
    context: tuple[str, ...] = ()

    def synth(self) -> Assembly:
        """Synthesise the working tree as it stands, into a folder of the rehearsal's own."""
        out = self.home.root / "cdk.out"
        shutil.rmtree(out, ignore_errors=True)
        self._run(["synth", "--quiet", "--output", str(out)], account=self.endpoint.account)
        return Assembly(out)

    def bootstrap(self, environment: Environment, *, policy: ExecutionPolicy | None = None) -> None:
        account = environment.account or self.endpoint.account
        region = environment.region or self.endpoint.region
        trusted = self.endpoint.account
        self._run(
            [
                "bootstrap", f"aws://{account}/{region}",
                *(("--trust", trusted, "--trust-for-lookup", trusted) if account != trusted else ()),
                "--cloudformation-execution-policies",
                policy.put(self.endpoint, account=account) if policy else ADMINISTRATOR,
            ],
            account=account, region=region, with_app=False,
        )  # fmt: skip

    def deploy(self, assembly: Assembly, stack: str) -> None:
        self._run(
            ["deploy", stack, "--app", str(assembly.folder), "--require-approval", "never"],
            account=self.endpoint.account,
            with_app=False,
        )

    def _run(
        self, arguments: list[str], *, account: str, region: str | None = None, with_app: bool = True
    ) -> None:
        folder = self.project if with_app else self.home.root  # elsewhere no cdk.json starts the app
        context = [f"--context={pair}" for pair in self.context] if with_app else []
        environment = self._environment(account=account, region=region or self.endpoint.region)
        self.say(f"cdk {' '.join(arguments[:2])}")
        try:
            ended = cdk_cli.run(
                self.project, [*arguments, *context, *_QUIET], environment=environment, folder=folder
            )
        except cdk_cli.NoCdkError as error:
            raise Problem(str(error), remedy=cdk_cli.REMEDY) from error
        if ended.status:
            raise Problem(
                f"`cdk {' '.join(arguments)}` failed with exit status {ended.status}:\n{ended.said}",
                remedy=remedy_for(ended.said),
                exit_code=Exit.UNSUPPORTED if names_unsupported(ended.said) else Exit.FAILED,
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
