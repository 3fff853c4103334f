"""Parses buildspec 0.2 from YAML or JSON.

Scalars stay strings as written, because most of them end up in a shell: `1.10` is not a number, and `yes` is
a boolean only for keys that need one.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

import yaml

from rehearsal import expressions
from rehearsal.builds.buildspec.model import (
    ANYTHING,
    COVERAGE_FORMATS,
    PHASES,
    TEST_FORMATS,
    ArtifactSpec,
    Buildspec,
    BuildspecError,
    CacheSpec,
    Environment,
    OnFailure,
    Phase,
    ReportSpec,
    UnsupportedBuildspecError,
)
from rehearsal.builds.buildspec.nodes import Node, known_keys, mapping, nested, section, text_of, texts, truth
from rehearsal.expressions import ExpressionError

_TOP = ("version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache")
_ENV = (
    "shell",
    "variables",
    "parameter-store",
    "secrets-manager",
    "exported-variables",
    "git-credential-helper",
)
_PHASE = ("run-as", "on-failure", "commands", "finally")
_ARTIFACT = (
    "files",
    "name",
    "discard-paths",
    "base-directory",
    "exclude-paths",
    "enable-symlinks",
    "s3-prefix",
)
_SHELLS = {"sh": "sh", "/bin/sh": "sh", "bash": "bash", "/bin/bash": "bash"}
_DEFAULT_RETRIES = 3


class _TextLoader(yaml.SafeLoader):
    """YAML whose plain scalars are strings; only merge keys keep their meaning."""


_TextLoader.yaml_implicit_resolvers = {
    first: kept
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if (kept := [found for found in resolvers if found[0] == "tag:yaml.org,2002:merge"])
}


def parse(text: str) -> Buildspec:
    top = mapping(_load(text), "buildspec")
    known_keys(top, _TOP, "buildspec")
    _check_version(top)
    if "batch" in top:
        raise UnsupportedBuildspecError(
            "batch: the rehearsal does not support batch builds; run each build as an action"
        )
    artifacts = section(top, "artifacts", (*_ARTIFACT, "secondary-artifacts"))
    return Buildspec(
        environment=_environment(section(top, "env", _ENV)),
        phases=_phases(section(top, "phases", PHASES)),
        artifacts=_primary_artifact(artifacts),
        secondary_artifacts=_secondary_artifacts(artifacts),
        reports=_reports(mapping(top.get("reports") or {}, "reports")),
        cache=_cache(section(top, "cache", ("key", "fallback-keys", "action", "paths"))),
        differences=tuple(_differences(top)),
    )


def _load(text: str) -> Any:
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text, parse_int=str, parse_float=str)
        return yaml.load(text, Loader=_TextLoader)  # noqa: S506 a SafeLoader that makes text only
    except (yaml.YAMLError, ValueError) as problem:
        raise BuildspecError(f"the buildspec is neither YAML nor JSON: {problem}") from problem


def _check_version(top: Node) -> None:
    version = text_of(top.get("version") or "", "version")
    if version != "0.2":
        raise BuildspecError(
            f"version: {version or 'it is missing'}; the rehearsal runs 0.2, write `version: 0.2`"
            + (" (its commands share one shell)" if version == "0.1" else "")
        )


def _environment(env: Node) -> Environment:
    shell = text_of(env.get("shell") or "sh", "env.shell")
    if shell not in _SHELLS:
        raise BuildspecError(f"env.shell: {shell} cannot be rehearsed; use `bash` or `/bin/sh`")
    return Environment(
        shell=_SHELLS[shell],
        variables=_variables(env, "variables"),
        parameter_store=_variables(env, "parameter-store"),
        secrets_manager=_variables(env, "secrets-manager"),
        exported_variables=texts(env.get("exported-variables"), "env.exported-variables"),
        git_credential_helper=truth(env, "git-credential-helper", "env"),
    )


def _variables(env: Node, key: str) -> Mapping[str, str]:
    where = f"env.{key}"
    found = {
        name: text_of(value, f"{where}.{name}") for name, value in mapping(env.get(key) or {}, where).items()
    }
    for name in found:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise BuildspecError(f"{where}.{name}: not a name a shell can hold; use letters, digits and _")
    return found


def _phases(phases: Node) -> tuple[Phase, ...]:
    if not phases:
        raise BuildspecError("phases: it is missing; a build needs at least one phase with commands")
    return tuple(
        _phase(name, mapping(phases[name] or {}, f"phases.{name}")) for name in PHASES if name in phases
    )


def _phase(name: Any, phase: Node) -> Phase:
    where = f"phases.{name}"
    known_keys(phase, (*_PHASE, "runtime-versions") if name == "install" else _PHASE, where)
    versions = mapping(phase.get("runtime-versions") or {}, f"{where}.runtime-versions")
    return Phase(
        name=name,
        commands=_commands(phase.get("commands"), f"{where}.commands"),
        final_commands=_commands(phase.get("finally"), f"{where}.finally"),
        on_failure=_on_failure(phase.get("on-failure"), f"{where}.on-failure"),
        runtime_versions={
            key: text_of(value, f"{where}.runtime-versions") for key, value in versions.items()
        },
        run_as=text_of(phase["run-as"], f"{where}.run-as") if phase.get("run-as") else None,
    )


def _commands(value: Any, where: str) -> tuple[str, ...]:
    """A list of commands. An unquoted command with `: ` is a mapping in YAML, the most common mistake."""
    if isinstance(value, list) and (wrong := [index for index, item in enumerate(value) if nested(item)]):
        raise BuildspecError(
            f"{where}[{wrong[0]}]: a command must be text, this is a mapping or a list; "
            "put the command in quotes (a `: ` or a leading `- ` in it has a meaning in YAML)"
        )
    return texts(value, where)


def _on_failure(value: Any, where: str) -> OnFailure:
    if not value:
        return OnFailure()
    text = text_of(value, where)
    if text.upper() in ("ABORT", "CONTINUE"):
        return OnFailure(action=cast(Any, text.upper()))
    match = re.fullmatch(r"(?i:RETRY)(?:-(?P<count>\d{1,3}))?(?:-(?P<pattern>.+))?", text)
    if not match or int(match["count"] or 0) > 100:
        raise BuildspecError(
            f"{where}: {text!r} is not known; use ABORT, CONTINUE, RETRY, RETRY-<0 to 100>, "
            "RETRY-<regex> or RETRY-<count>-<regex>"
        )
    return OnFailure(
        action="RETRY",
        retries=int(match["count"] or _DEFAULT_RETRIES),
        pattern=_pattern(match["pattern"] or ANYTHING, where),
    )


def _pattern(pattern: str, where: str) -> str:
    try:
        if pattern != ANYTHING:
            expressions.check(pattern)
    except ExpressionError as problem:
        raise BuildspecError(f"{where}: {problem}") from problem
    return pattern


def _primary_artifact(artifacts: Node) -> ArtifactSpec | None:
    if not artifacts:
        return None
    if "files" not in artifacts and "secondary-artifacts" in artifacts:
        return None
    primary = {key: value for key, value in artifacts.items() if key != "secondary-artifacts"}
    return _artifact(primary, "artifacts")


def _secondary_artifacts(artifacts: Node) -> Mapping[str, ArtifactSpec]:
    where = "artifacts.secondary-artifacts"
    found = mapping(artifacts.get("secondary-artifacts") or {}, where)
    return {
        name: _artifact(mapping(spec, f"{where}.{name}"), f"{where}.{name}") for name, spec in found.items()
    }


def _artifact(spec: Node, where: str) -> ArtifactSpec:
    known_keys(spec, _ARTIFACT, where)
    return ArtifactSpec(
        files=_files(spec, where),
        base_directory=text_of(spec.get("base-directory") or "", f"{where}.base-directory"),
        discard_paths=truth(spec, "discard-paths", where),
        exclude_paths=texts(spec.get("exclude-paths"), f"{where}.exclude-paths"),
        name=text_of(spec.get("name") or "", f"{where}.name"),
        enable_symlinks=truth(spec, "enable-symlinks", where),
        s3_prefix=text_of(spec.get("s3-prefix") or "", f"{where}.s3-prefix"),
    )


def _reports(reports: Node) -> tuple[ReportSpec, ...]:
    return tuple(_report(group, mapping(spec, f"reports.{group}")) for group, spec in reports.items())


def _report(group: str, spec: Node) -> ReportSpec:
    where = f"reports.{group}"
    known_keys(spec, ("files", "base-directory", "discard-paths", "file-format"), where)
    file_format = text_of(spec.get("file-format") or "JUNITXML", f"{where}.file-format").upper()
    if file_format not in (*TEST_FORMATS, *COVERAGE_FORMATS):
        raise BuildspecError(
            f"{where}.file-format: {file_format} is not known; use one of "
            f"{', '.join((*TEST_FORMATS, *COVERAGE_FORMATS))}"
        )
    return ReportSpec(
        group=group,
        files=_files(spec, where),
        base_directory=text_of(spec.get("base-directory") or "", f"{where}.base-directory"),
        discard_paths=truth(spec, "discard-paths", where),
        file_format=file_format,
    )


def _cache(cache: Node) -> CacheSpec | None:
    if not cache:
        return None
    action = text_of(cache.get("action") or "", "cache.action")
    if action not in ("", "restore", "save"):
        raise BuildspecError(f"cache.action: {action!r} is not known; use restore or save, or leave it out")
    return CacheSpec(
        paths=texts(cache.get("paths"), "cache.paths"),
        key=text_of(cache.get("key") or "", "cache.key"),
        fallback_keys=texts(cache.get("fallback-keys"), "cache.fallback-keys"),
        action=cast(Any, action or None),
    )


def _differences(top: Node) -> Iterable[str]:
    if top.get("proxy"):
        yield "buildspec `proxy` has no effect: the host's own network is used"
    phases = [top, *(phase for phase in (top.get("phases") or {}).values() if isinstance(phase, dict))]
    if any(phase.get("run-as") for phase in phases):
        yield "buildspec `run-as` has no effect: commands run as the user who rehearses"
    if any(str(phase.get("on-failure", "")).upper().startswith("RETRY") for phase in phases):
        yield "buildspec `on-failure: RETRY` repeats the phase, in the same build"
    if (top.get("env") or {}).get("git-credential-helper") in (True, "yes", "true"):
        yield "buildspec `git-credential-helper` has no effect: git asks this machine's repositories only"


def _files(spec: Node, where: str) -> tuple[str, ...]:
    if not (files := texts(spec.get("files"), f"{where}.files")):
        raise BuildspecError(f"{where}.files: it is missing; name at least one file, '**/*' means all")
    return files
