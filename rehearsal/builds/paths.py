"""CodeBuild's file patterns: `*` stays within a folder, `**` crosses folders, dot files are files."""

import functools
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath


def matching(folder: Path, patterns: Sequence[str], *, exclude: Sequence[str] = ()) -> tuple[str, ...]:
    """Relative paths of the files that match, sorted. Links to folders are followed, once each."""
    wanted = [_relative(folder, pattern) for pattern in patterns]
    unwanted = [_relative(folder, form) for pattern in exclude for form in _exclusions(pattern)]
    found = {path for pattern in wanted for path in _candidates(folder, pattern) if matches(path, pattern)}
    return tuple(sorted(path for path in found if not any(matches(path, pattern) for pattern in unwanted)))


def _exclusions(pattern: str) -> tuple[str, ...]:
    """CodeBuild excludes a file by `**/name/**/*` as well as everything in a folder of that name."""
    return (pattern, pattern.removesuffix("/**/*")) if pattern.endswith("/**/*") else (pattern,)


def matches(path: str, pattern: str) -> bool:
    return bool(_compiled(pattern).fullmatch(path))


def fixed_part(pattern: str) -> str:
    """The folders of a pattern before its first wildcard, or the whole pattern if it has none."""
    parts = pattern.split("/")
    wild = next((index for index, part in enumerate(parts) if _is_wild(part)), None)
    return "/".join(parts if wild is None else parts[:wild])


def folders_matching(folder: Path, pattern: str) -> tuple[Path, ...]:
    """The folders that a `base-directory` names; it may hold wildcards."""
    if not _is_wild(pattern):
        target = folder / pattern
        return (target,) if target.is_dir() else ()
    return tuple(sorted(path for path in folder.glob(_relative(folder, pattern)) if path.is_dir()))


def _relative(folder: Path, pattern: str) -> str:
    """A pattern as it reads from the folder, also where it was written as an absolute path."""
    plain = os.path.normpath(pattern)
    return os.path.relpath(plain, folder) if plain.startswith("/") else plain


def _candidates(folder: Path, pattern: str) -> Iterator[str]:
    if not _is_wild(pattern):
        if (folder / pattern).is_file():
            yield pattern
        return
    start = folder / fixed_part(pattern)
    prefix = PurePosixPath(fixed_part(pattern))
    for path in _files(start, seen=frozenset()):
        yield (prefix / path).as_posix()


def _files(folder: Path, *, seen: frozenset[str]) -> Iterator[str]:
    """Every file below the folder; a link that leads back to a folder above it is not followed."""
    real = os.path.realpath(folder)
    if real in seen or not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                for path in _files(Path(entry.path), seen=seen | {real}):
                    yield f"{entry.name}/{path}"
            elif entry.is_file():
                yield entry.name


def _is_wild(text: str) -> bool:
    return any(character in text for character in "*?[")


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_translate(pattern)), re.DOTALL)


def _translate(pattern: str) -> Iterator[str]:
    position = 0
    while position < len(pattern):
        if pattern.startswith("**/", position):
            yield "(?:[^/]+/)*"
            position += 3
        elif pattern.startswith("**", position):
            yield ".*"
            position += 2
        else:
            yield {"*": "[^/]*", "?": "[^/]"}.get(pattern[position]) or re.escape(pattern[position])
            position += 1
