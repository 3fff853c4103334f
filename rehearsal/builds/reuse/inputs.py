"""The inputs of a build: the key under which its result is stored, and what makes a build run every time.

The key is a hash of the files of the build's sources, the project, the buildspec, the resolved variables, and
every program on its PATH. Two kinds of variable differ in every build and are not hashed: the build's own id,
number, start and so on, and the endpoints and token of this run. A build always runs if its buildspec or a
script reads a variable of the first kind, except to test whether it is set, and if its buildspec, a script or
a variable contains an access key, because calls signed with that key cannot be attributed to the build.

Time, random numbers and responses of the network are not hashed: a build that depends on them can get an old
result.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FORMAT = 1
_COMMIT = "CODEBUILD_RESOLVED_SOURCE_VERSION"
_BUILD_VARIABLES = re.compile(
    rb"CODEBUILD_(BUILD_ID|BUILD_ARN|BUILD_NUMBER|BUILD_URL|START_TIME|LOG_PATH|SOURCE_VERSION)"
)
_EXISTENCE_TESTS = (
    re.compile(rb"""-[nz]\s+["']?\$(?:CODEBUILD_\w+\b(?![-:+])|\{CODEBUILD_\w+(?::?[-+][^}$`]*)?\})["']?"""),
    re.compile(rb"""\$\{CODEBUILD_\w+:?\+[^}$`]*\}"""),
)
"""A test with `-n` or `-z`, and `${NAME:+words}`: both have one value for every build."""
_RUN_VARIABLES = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_ENDPOINT_URL",
)
_ACCESS_KEY = re.compile(rb"\b(AKIA|ASIA)[A-Z0-9]{16}\b")
_SCRIPT_NAMES = ("Makefile", "GNUmakefile", "package.json", "justfile")
_SCRIPT_ENDINGS = (".sh", ".bash", ".mk", ".yml", ".yaml")


class MustRunError(Exception):
    """The build must run every time; the message says why."""


@dataclass(frozen=True, kw_only=True)
class BuildInputs:
    project: Mapping[str, Any]
    buildspec: str
    variables: Mapping[str, str]
    sources: Mapping[str, Path]
    outputs: tuple[str, ...]
    programs: str
    """A fingerprint of the tools on the build's PATH."""

    def key(self) -> str:
        """Raises `MustRunError`."""
        _check("the buildspec", self.buildspec.encode())
        for name, value in self.variables.items():
            if _ACCESS_KEY.search(value.encode()):
                raise MustRunError(f"the variable {name} contains an access key")
        facts = [
            _FORMAT,
            dict(self.project),
            self.buildspec,
            {name: value for name, value in self.variables.items() if not _differs_always(name)},
            {name: _tree(folder) for name, folder in sorted(self.sources.items())},
            self.outputs,
            self.programs,
        ]
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def names_commit(buildspec: str, source: Path) -> bool:
    """Whether the buildspec or a script names the variable with the commit's id, or the history is there."""
    name = _COMMIT.encode()
    return (
        name in buildspec.encode()
        or (source / ".git").exists()
        or any(name in content for _, content in _scripts(source))
    )


def _differs_always(name: str) -> bool:
    return name in _RUN_VARIABLES or bool(_BUILD_VARIABLES.fullmatch(name.encode()))


def _check(subject: str, script: bytes) -> None:
    if _ACCESS_KEY.search(script):
        raise MustRunError(f"{subject} contains an access key")
    for test in _EXISTENCE_TESTS:
        script = test.sub(b"", script)
    if found := _BUILD_VARIABLES.search(script):
        raise MustRunError(f"{subject} reads {found[0].decode()}, which differs in every build")


def _tree(folder: Path) -> str:
    """A hash of names, kinds, executable bits and contents."""
    for path, content in _scripts(folder):
        _check(path.relative_to(folder).as_posix(), content)
    total = hashlib.sha256()
    for path in _walk(folder):
        status = path.lstat()
        total.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        if stat.S_ISLNK(status.st_mode):
            total.update(f"link {path.readlink()}".encode())
            continue
        total.update(b"x" if status.st_mode & stat.S_IXUSR else b"-")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _scripts(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in _walk(folder):
        if not path.is_symlink() and _is_script(path, content := path.read_bytes()):
            yield path, content


def _walk(folder: Path) -> Iterator[Path]:
    """Files and links in a fixed order, without `.git`, which differs from clone to clone."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        yield from (Path(root) / name for name in sorted([*files, *links]))


def _is_script(path: Path, content: bytes) -> bool:
    return path.suffix in _SCRIPT_ENDINGS or path.name in _SCRIPT_NAMES or content.startswith(b"#!")
