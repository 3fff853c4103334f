"""A Lambda function in Rust: the bootstrap that cargo-lambda built, its own role, its own log group.

Nothing is compiled during synth. `make build-lambdas` leaves one folder for each binary of the one
workspace under `lambdas/target/lambda/`; synth looks whether the bootstrap is there and for which
processor it was built.

The function is ARM64 in every template. Where the templates go decides which bootstrap is taken: a
rehearsal runs functions on this machine and takes what this machine runs; a build in the cloud delivers
to AWS and takes ARM64 only. A person's own synth, which mostly looks, takes either and says so when the
functions would not start on AWS.
"""

import os
import platform
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import Annotations, Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from blocks.function_assets import BUILD, REPOSITORY, NotBuiltError, target
from blocks.function_parts import Placement, function_logs, function_role, network_access, trace
from blocks.placeholder import function_code
from config.mistakes import DeliveryError

BUILT = "lambdas/target/lambda"
BUILD_FOR_AWS = f"FUNCTION_ARCHITECTURE=arm64 {BUILD}"
AARCH64 = "aarch64"

_MACHINES = {62: "x86_64", 183: AARCH64}
"""ELF's numbers for processors, by the names that the kernel gives them."""


class BootstrapError(DeliveryError):
    """The binary is not there, or not for the processor it would run on; says what makes it."""


class MissingBootstrapError(BootstrapError, NotBuiltError):
    """The binary is not there."""


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    folder: Path
    machine: str

    @property
    def starts_on_aws(self) -> bool:
        return self.machine == AARCH64


@dataclass(frozen=True, kw_only=True)
class RustFunctionShape:
    binary: str
    """The name of the binary in the Cargo workspace."""
    description: str
    timeout_seconds: int = 30
    memory_mb: int = 256
    environment: Mapping[str, str] = field(default_factory=dict)
    placement: Placement | None = None
    dead_letters: sqs.IQueue | None = None
    """Where an event goes that the function, called without waiting, has failed on three times."""


class RustFunction(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, shape: RustFunctionShape) -> None:
        super().__init__(scope, construct_id)
        code = function_code(self, lambda: self._built(shape.binary))
        log_group = function_logs(self)
        self.role = function_role(self, description=shape.description, log_group=log_group)
        placement = shape.placement
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PROVIDED_AL2023,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(code)),
            handler="bootstrap",
            description=shape.description,
            timeout=Duration.seconds(shape.timeout_seconds),
            memory_size=shape.memory_mb,
            environment=dict(shape.environment),
            role=self.role,
            log_group=log_group,
            dead_letter_queue=shape.dead_letters,
            vpc=placement.vpc if placement else None,
            vpc_subnets=placement.subnets if placement else None,
            security_groups=[placement.security_group] if placement else None,
        )
        trace(self, function=self.function, role=self.role)
        if placement:
            self.function.node.add_dependency(network_access(self, role=self.role))

    def _built(self, binary: str) -> Path:
        bootstrap = find_bootstrap(binary)
        self._warn(bootstrap)
        return bootstrap.folder

    def _warn(self, bootstrap: Bootstrap) -> None:
        if target() == "cloud" and not bootstrap.starts_on_aws:
            Annotations.of(self).add_info_v2(
                "slipway:bootstrap",
                f"built for {bootstrap.machine}: good for a look or a rehearsal, and would not start on "
                f"AWS; before a deployment of your own run: {BUILD_FOR_AWS}",
            )


def find_bootstrap(binary: str, *, repository: Path = REPOSITORY) -> Bootstrap:
    """The built binary; refuses one that is missing or could not run where it is headed."""
    file = repository / BUILT / binary / "bootstrap"
    shown = file.relative_to(repository)
    if not file.is_file():
        raise MissingBootstrapError(f"the function {binary} is not built ({shown}); run: {BUILD}")
    machine = machine_of(file)
    if target() == "rehearsal" and machine != platform.machine():
        raise BootstrapError(
            f"{shown} is built for {machine} and a rehearsal runs it on this machine's "
            f"{platform.machine()}; run: FUNCTION_ARCHITECTURE=host {BUILD}"
        )
    if target() == "cloud" and "CODEBUILD_BUILD_ID" in os.environ and machine != AARCH64:
        raise BootstrapError(
            f"{shown} is built for {machine} and this build delivers to AWS, where functions run on "
            f"{AARCH64}; build on an ARM image, or run: {BUILD_FOR_AWS}"
        )
    return Bootstrap(folder=file.parent, machine=machine)


def machine_of(file: Path) -> str:
    """The processor that an ELF file is for, as `uname -m` calls it."""
    with file.open("rb") as stream:
        head = stream.read(20)
    if len(head) < 20 or head[:4] != b"\x7fELF":
        return "something that is no Linux program"
    little = head[5] == 1
    (number,) = struct.unpack_from("<H" if little else ">H", head, 18)
    return _MACHINES.get(number, f"processor {number}")
