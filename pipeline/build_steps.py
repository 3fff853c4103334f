"""The Build stage: Rust beside Python, then the synthesis that is fed by what Rust built.

What a step runs is a script of the repository under `pipeline/steps/`, so that a change of the tool
chain takes effect in the very execution that brings it and never waits for the self-mutation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Duration, pipelines
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam

NODE = "22"
PYTHON = "3.13"
RUST_OUTPUT = "lambdas/target/lambda"
ASSEMBLY = "cdk.out"


@dataclass(frozen=True, kw_only=True)
class BuildStep:
    """One build as data: the pipeline and `checks` draw the same builds with different constructs."""

    name: str
    arguments: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    declares_reads: bool = False
    """Whether `pipeline/steps/<name>.reads` lists the files that it reads: a rehearsal shows the build no
    other file, and reuses its result where a commit changes others only."""
    output: str | None = None
    reports: bool = False
    minutes: int = 30
    compute: codebuild.ComputeType = codebuild.ComputeType.SMALL
    script: str = ""
    """Where it is not named as the step."""
    afterwards: tuple[str, ...] = ()
    """For what only the build's own shell can do, such as exporting variables."""

    @property
    def commands(self) -> list[str]:
        script = f"pipeline/steps/{self.script or self.name.lower()}.sh"
        return [" ".join(["bash", script, *self.arguments]), *self.afterwards]

    @property
    def build_spec(self) -> Mapping[str, Any]:
        """What a command line alone cannot say: tool versions of the image, caches, test reports."""
        spec: dict[str, Any] = {
            "version": "0.2",
            "phases": {"install": {"runtime-versions": {"nodejs": NODE, "python": PYTHON}}},
        }
        if self.declares_reads:
            spec["env"] = {"variables": {"SLIPWAY_READS": f"pipeline/steps/{self.name.lower()}.reads"}}
        if self.caches:
            spec["cache"] = {"paths": [f"{folder}/**/*" for folder in self.caches]}
        if self.reports:
            spec["reports"] = {
                "tests": {"files": ["*.xml"], "base-directory": "reports", "file-format": "JUNITXML"}
            }
        return spec


TOOLS = ("build/cache/npm", "build/cache/uv", ".venv")
STEP_TOOLS = ("build/cache/uv", "build/step-tools")
"""Of the steps around an environment, which need far fewer packages."""

RUST = BuildStep(
    name="Rust",
    caches=(
        *TOOLS,
        "build/cache/cargo",
        "build/cache/rustup",
        "build/cache/times",
        "lambdas/target/aarch64-unknown-linux-gnu",
        "lambdas/target/debug",
        "lambdas/target/rehearsal",
        "lambdas/target/x86_64-unknown-linux-gnu",
    ),
    declares_reads=True,
    output=RUST_OUTPUT,
    compute=codebuild.ComputeType.LARGE,
)
PYTHON_CHECKS = BuildStep(
    name="Python",
    caches=(*TOOLS, ".mypy_cache"),
    declares_reads=True,
    reports=True,
    compute=codebuild.ComputeType.MEDIUM,
)
SYNTH = BuildStep(
    name="Synth",
    caches=(*TOOLS, "build/functions"),
    declares_reads=True,
    output=ASSEMBLY,
    compute=codebuild.ComputeType.MEDIUM,
)


def environment(step: BuildStep) -> codebuild.BuildEnvironment:
    """An ARM image, as the functions that are built on it; nothing needs Docker's privileges."""
    return codebuild.BuildEnvironment(
        build_image=codebuild.LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0,
        compute_type=step.compute,
        privileged=False,
    )


def cache(step: BuildStep) -> codebuild.Cache | None:
    return codebuild.Cache.local(codebuild.LocalCacheMode.CUSTOM) if step.caches else None


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Where a step finds its files, and what it is told beside them."""

    main: pipelines.IFileSetProducer
    others: Mapping[str, pipelines.IFileSetProducer] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    permissions: Sequence[iam.PolicyStatement] = ()
    role: iam.IRole | None = None
    """Of the build; without one the CDK makes one for each project."""


def code_build_step(step: BuildStep, inputs: Inputs, *, action_role: iam.IRole) -> pipelines.CodeBuildStep:
    return pipelines.CodeBuildStep(
        step.name,
        input=inputs.main,
        additional_inputs=dict(inputs.others),
        env=dict(inputs.env),
        env_from_cfn_outputs=dict(inputs.outputs),
        commands=step.commands,
        primary_output_directory=step.output,
        build_environment=environment(step),
        cache=cache(step),
        partial_build_spec=codebuild.BuildSpec.from_object(dict(step.build_spec)),
        role_policy_statements=list(inputs.permissions) or None,
        action_role=action_role,
        role=inputs.role,
        timeout=Duration.minutes(step.minutes),
    )
