"""What CodeBuild's buildspec means, and what a mistake in one is told."""

import json

import pytest

from rehearsal.builds.buildspec.model import BuildspecError, OnFailure, SecretReference
from rehearsal.builds.buildspec.parser import parse

FULL = """
version: 0.2
run-as: builder
env:
  shell: bash
  variables: {LEVEL: 1.10, DEBUG: yes, DAY: 2026-01-02}
  parameter-store: {TOKEN: /app/token}
  secrets-manager: {PASSWORD: "db:password:AWSCURRENT"}
  exported-variables: [VERSION]
  git-credential-helper: yes
proxy: {logs: yes}
phases:
  install:
    on-failure: RETRY-2-timed out
    runtime-versions: {python: 3.12}
    commands: [npm ci]
    finally: [echo done]
  build:
    on-failure: CONTINUE
    commands:
      - make
      - |
        if true; then
          echo yes
        fi
reports:
  unit: {files: "**/*.xml", base-directory: reports}
artifacts:
  files: ["**/*"]
  base-directory: out
  exclude-paths: "**/.git/**"
  discard-paths: no
  enable-symlinks: yes
  secondary-artifacts:
    docs: {files: [index.html]}
cache:
  key: npm-$(codebuild-hash-files package-lock.json)
  paths: [node_modules/**/*]
"""


def test_a_whole_buildspec_is_read() -> None:
    spec = parse(FULL)
    assert spec.environment.shell == "bash"
    assert spec.environment.variables == {"LEVEL": "1.10", "DEBUG": "yes", "DAY": "2026-01-02"}
    assert spec.environment.exported_variables == ("VERSION",)
    assert spec.phase("install").on_failure == OnFailure(action="RETRY", retries=2, pattern="timed out")
    assert spec.phase("install").runtime_versions == {"python": "3.12"}
    assert spec.phase("install").final_commands == ("echo done",)
    assert spec.phase("build").commands[1] == "if true; then\n  echo yes\nfi\n"
    assert spec.phase("post_build").commands == ()
    assert spec.reports[0].files == ("**/*.xml",)
    assert spec.artifacts
    assert spec.artifacts.exclude_paths == ("**/.git/**",)
    assert spec.artifacts.enable_symlinks
    assert not spec.artifacts.discard_paths
    assert spec.secondary_artifacts["docs"].files == ("index.html",)
    assert spec.cache
    assert spec.cache.paths == ("node_modules/**/*",)
    assert len(spec.differences) == 4


def test_the_json_that_the_cdk_writes_is_read() -> None:
    spec = parse(
        json.dumps(
            {
                "version": "0.2",
                "phases": {"build": {"commands": ["npx cdk synth"]}},
                "artifacts": {
                    "secondary-artifacts": {"Synth": {"base-directory": "cdk.out", "files": "**/*"}}
                },
            }
        )
    )
    assert spec.artifacts is None
    assert spec.secondary_artifacts["Synth"].files == ("**/*",)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("db", SecretReference(secret_id="db")),
        ("db:password", SecretReference(secret_id="db", json_key="password")),
        ("db::AWSPREVIOUS", SecretReference(secret_id="db", version_stage="AWSPREVIOUS")),
        (
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1b2c3:password::v7",
            SecretReference(
                secret_id="arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1b2c3",
                json_key="password",
                version_id="v7",
            ),
        ),
    ],
)
def test_secret_references(text: str, reference: SecretReference) -> None:
    assert SecretReference.parse(text) == reference


@pytest.mark.parametrize(
    ("text", "retries", "pattern"),
    [
        ("RETRY", 3, ".*"),
        ("RETRY-5", 5, ".*"),
        ("RETRY-invalid+", 3, "invalid+"),
        ("retry-8-.*timed out.*", 8, ".*timed out.*"),
    ],
)
def test_retry_variants(text: str, retries: int, pattern: str) -> None:
    spec = parse(f"version: 0.2\nphases: {{build: {{on-failure: '{text}', commands: [make]}}}}")
    assert spec.phase("build").on_failure == OnFailure(action="RETRY", retries=retries, pattern=pattern)


BUILD = "version: 0.2\nphases: {build: {commands: [make]}}\n"

MISTAKES = {
    "nothing at all": ("", "a mapping of keys"),
    "not YAML": ("version: [", "neither YAML nor JSON"),
    "not JSON": ('{"version": }', "neither YAML nor JSON"),
    "a list": ("- version: 0.2", "a mapping of keys"),
    "no version": ("phases: {build: {commands: [make]}}", "version: it is missing"),
    "version 0.1": ("version: 0.1\nphases: {}", "write `version: 0.2`"),
    "no phases": ("version: 0.2", "phases: it is missing"),
    "unknown key": (BUILD + "artefacts: {}", "unknown key 'artefacts'; did you mean artifacts?"),
    "unknown phase": ("version: 0.2\nphases: {deploy: {commands: []}}", "phases: unknown key 'deploy'"),
    "misspelt commands": ("version: 0.2\nphases: {build: {command: [make]}}", "did you mean commands?"),
    "unquoted colon": (
        "version: 0.2\nphases:\n  build:\n    commands:\n      - echo this is: that",
        "phases.build.commands[0]: a command must be text",
    ),
    "runtimes outside install": (
        "version: 0.2\nphases: {build: {runtime-versions: {python: 3.12}}}",
        "phases.build: unknown key 'runtime-versions'",
    ),
    "on-failure": ("version: 0.2\nphases: {build: {on-failure: STOP}}", "phases.build.on-failure: 'STOP'"),
    "retry pattern": ("version: 0.2\nphases: {build: {on-failure: 'RETRY-('}}", "not a regular expression"),
    "retry count": ("version: 0.2\nphases: {build: {on-failure: RETRY-101}}", "not known"),
    "shell": (BUILD + "env: {shell: powershell.exe}", "env.shell: powershell.exe cannot be rehearsed"),
    "variable name": (BUILD + "env: {variables: {a-b: c}}", "env.variables.a-b"),
    "nested variable": (BUILD + "env: {variables: {A: {b: c}}}", "env.variables.A: text is expected"),
    "batch": (BUILD + "batch: {build-list: []}", "does not support batch builds"),
    "no files": (BUILD + "artifacts: {base-directory: out}", "artifacts.files: it is missing"),
    "truth": (BUILD + "artifacts: {files: a, discard-paths: maybe}", "artifacts.discard-paths: 'maybe'"),
    "report format": (
        BUILD + "reports: {unit: {files: a, file-format: TAP}}",
        "reports.unit.file-format: TAP",
    ),
    "cache action": (BUILD + "cache: {paths: [a], action: keep}", "cache.action"),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_named_with_its_remedy(text: str, message: str) -> None:
    with pytest.raises(BuildspecError) as problem:
        parse(text)
    assert message in str(problem.value)
