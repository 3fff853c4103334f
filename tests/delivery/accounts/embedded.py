"""An embedded AWS of a test module's own, spoken to as a person with credentials would."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from rehearsal.daemon import client
from rehearsal.emulator.environment import clean_environment
from rehearsal.home import Endpoint
from tests.delivery.checkout import JSII_CACHE

ROOT = Path(__file__).resolve().parents[3]
ACCOUNT = "111122223333"
REGION = "us-east-1"

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True, kw_only=True)
class Embedded:
    endpoint: Endpoint
    home: Path

    @property
    def session(self) -> boto3.session.Session:
        return client.session(self.endpoint)

    def client(self, service: str) -> Any:
        return self.session.client(service, region_name=REGION)  # type: ignore[call-overload]

    def run(self, *command: str, extra: Mapping[str, str] | None = None) -> Done:
        environment = clean_environment(
            endpoint_url=self.endpoint.url,
            region=REGION,
            key=client.root_key(self.endpoint),
            home=self.home,
            extra={**JSII_CACHE, **(extra or {})},
        )
        path = f"{Path(sys.executable).parent}:{environment['PATH']}"
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**environment, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    def module(self, name: str, *arguments: str, configuration: Path) -> Done:
        extra = {"SLIPWAY_CONFIG": str(configuration)}
        return self.run(sys.executable, "-m", name, *arguments, extra=extra)
