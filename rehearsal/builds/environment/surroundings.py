"""Builds the environment variables of a build's commands; none comes from the person's AWS settings.

It starts with the whitelist of `rehearsal.emulator.environment` and adds: the build's own folders in place of
the person's, credentials through the container endpoint instead of static keys, the variables that CodeBuild
sets, and last the project's own variables. The person's package registry settings are passed on unless a
setting contains a credential; the build's log names those that are left out.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.builds.environment.confinement import confinement_of
from rehearsal.builds.environment.credentials import Grant
from rehearsal.builds.environment.toolchain import (
    make_fallbacks,
    make_python,
    make_stand_ins,
    rustup_home,
    search_path,
)
from rehearsal.builds.files.workspace import Workspace
from rehearsal.confinement import Confinement, ability
from rehearsal.emulator.environment import (
    WITHHELD,
    AccessKey,
    carries_credential,
    clean_environment,
    refuse_remote,
    withheld,
)
from rehearsal.interpreters import Python, python_for

REHEARSAL = "SLIPWAY_REHEARSAL"
"""Set to 1 in every rehearsed build, so that scripts can detect a rehearsal."""

_REGISTRIES = re.compile(
    r"(PIP|UV|NPM_CONFIG|npm_config|YARN|CARGO_REGISTRIES|CARGO_REGISTRY|CARGO_SOURCE|CARGO_HTTP|CARGO_NET|"
    r"GOPROXY|GONOSUMDB|GONOPROXY|GOPRIVATE|GOSUMDB|POETRY|BUNDLE|NUGET|MAVEN)(_|$)"
)
_OWN_PLACES = re.compile(
    r"(PIP_(USER|TARGET|PREFIX|ROOT|CONFIG_FILE|CACHE_DIR|REQUIRE_VIRTUALENV|LOG)"
    r"|UV_(CACHE_DIR|CONFIG_FILE|PYTHON|SYSTEM_PYTHON|PROJECT_ENVIRONMENT|TOOL_DIR|TOOL_BIN_DIR)"
    r"|(NPM_CONFIG|npm_config)_(PREFIX|prefix|CACHE|cache|USERCONFIG|userconfig|GLOBALCONFIG|globalconfig))$"
)
_STATIC_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_PERSONAL = ("GOPATH", "CARGO_HOME", "NVM_DIR", "SHELL", "USER", "LOGNAME", "TMPDIR")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The environment of a build, complete before its first command."""

    variables: Mapping[str, str]
    host_folders: tuple[str, ...]
    """The folders of the PATH that belong to the host."""
    python: Python
    confinement: Confinement
    notes: tuple[str, ...] = field(default=())
    """Lines for the log: what was left out and why."""


def surround(
    *,
    workspace: Workspace,
    endpoint_url: str,
    region: str,
    grant: Grant,
    build_variables: Mapping[str, str],
    project_variables: Mapping[str, str],
    python_version: str = "",
    person: Mapping[str, str] | None = None,
    secrets: tuple[Path, ...] = (),
) -> Surroundings:
    """Compute the environment and create the folders that it names."""
    person = dict(os.environ if person is None else person)
    refuse_remote_endpoints(project_variables)
    path = person.get("PATH", "")
    python = python_for(path, python_version)
    host_folders = search_path(path)
    folders = _make_folders(workspace, python, host_folders)
    dropped = tuple(sorted(set(_with_credentials(person))))
    variables = {
        **_cleaned(person, dropped, workspace=workspace, endpoint_url=endpoint_url, region=region),
        **_own_places(workspace),
        "PATH": os.pathsep.join(folders),
        **grant.variables,
        **build_variables,
        REHEARSAL: "1",
        **project_variables,
    }
    return Surroundings(
        variables=variables,
        host_folders=host_folders,
        python=python,
        confinement=confinement_of(
            workspace, python=python, host_folders=host_folders, person=person, secrets=secrets
        ),
        notes=tuple(_notes(dropped)),
    )


def _notes(dropped: tuple[str, ...]) -> Iterator[str]:
    for name in dropped:
        yield f"{name} is not passed to the build: it may contain a credential"
    if ability().way is None:
        yield f"This build is not confined: {ability().reason}"


def refuse_remote_endpoints(variables: Mapping[str, str]) -> None:
    """Raises `RemoteEndpointError` for an AWS endpoint that is not on this machine."""
    for name, value in variables.items():
        if name.startswith("AWS_ENDPOINT_URL") and value:
            refuse_remote(value)


def _make_folders(workspace: Workspace, python: Python, host: tuple[str, ...]) -> tuple[str, ...]:
    make_stand_ins(workspace.root / "stand_ins")
    make_fallbacks(workspace.root / "fallbacks")
    make_python(python, workspace.python)
    own = (workspace.root / "stand_ins", workspace.python / "bin", workspace.npm / "bin")
    installed = (
        workspace.home / ".cargo" / "bin",
        workspace.home / ".local" / "bin",
        workspace.home / "go/bin",
    )
    found = map(str, (*own, *installed, *host, workspace.root / "fallbacks"))
    return tuple(dict.fromkeys(found))


def _cleaned(
    person: Mapping[str, str],
    dropped: tuple[str, ...],
    *,
    workspace: Workspace,
    endpoint_url: str,
    region: str,
) -> dict[str, str]:
    static = clean_environment(
        endpoint_url=endpoint_url,
        region=region,
        key=AccessKey(key_id="none", secret="none"),  # noqa: S106 removed again below
        home=workspace.home,
        person=person,
    )
    registries = {name: value for name, value in person.items() if _REGISTRIES.match(name)}
    unwanted = {*dropped, *_STATIC_KEYS, *_PERSONAL, WITHHELD}
    return {
        name: value
        for name, value in {**registries, **static}.items()
        if name not in unwanted and not _OWN_PLACES.match(name)
    }


def _with_credentials(person: Mapping[str, str]) -> Iterator[str]:
    """Variables that no process receives, and registry settings that only builds would receive."""
    yield from withheld(person)
    for name, value in person.items():
        if _REGISTRIES.match(name) and carries_credential(name, value):
            yield name


def _own_places(workspace: Workspace) -> Mapping[str, str]:
    """Where tools write, all below the build's own folders; installed Rust toolchains are read-only.

    The download caches are set too, so that a script which would choose its own folder for CodeBuild to cache
    uses the caches that all builds of the project share.
    """
    rustup = rustup_home()
    return {
        **({"RUSTUP_HOME": str(rustup)} if rustup else {}),
        "CARGO_HOME": str(workspace.home / ".cargo"),
        "GOPATH": str(workspace.home / "go"),
        "TMPDIR": str(workspace.temporary),
        "UV_CACHE_DIR": str(workspace.home / ".cache/uv"),
        "UV_LINK_MODE": "copy",  # in a confined build, packages are another mount, where hard links fail
        # Named, because jsii refuses a cache of its own choice below a folder that a group may write to.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(workspace.home / ".cache/aws/jsii/package-cache"),
        "npm_config_cache": str(workspace.home / ".npm"),
        "npm_config_prefix": str(workspace.npm),
        "npm_config_update_notifier": "false",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "SHELL": "/bin/sh",
    }


def build_folder_variables(workspace: Workspace, inputs: Mapping[str, Path]) -> Mapping[str, str]:
    """The variables by which CodeBuild tells a build where its sources are."""
    secondary = {
        f"CODEBUILD_SRC_DIR_{re.sub(r'[^A-Za-z0-9_]', '_', name)}": str(folder)
        for name, folder in inputs.items()
    }
    return {"CODEBUILD_SRC_DIR": str(workspace.source), **secondary}
