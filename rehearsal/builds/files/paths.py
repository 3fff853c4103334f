"""CodeBuild's file patterns: `*` matches within a folder, `**` across folders; both match dot files."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from rehearsal.archive import lies_within
from rehearsal.model.globs import glob


def matching(
    folder: Path,
    patterns: Sequence[str],
    *,
    exclude: Sequence[str] = (),
    readable: tuple[Path, ...] | None = None,
) -> tuple[str, ...]:
    """Relative paths of the matching files, sorted. Each link to a folder is followed once.

    With `readable`, nothing outside those folders is read: a link that leads elsewhere is listed as a file.
    """
    wanted = [_relative(folder, pattern) for pattern in patterns]
    unwanted = [_relative(folder, form) for pattern in exclude for form in _exclusions(pattern)]
    found = {
        path
        for pattern in wanted
        for path in _candidates(folder, pattern, readable)
        if matches(path, pattern)
    }
    return tuple(sorted(path for path in found if not any(matches(path, pattern) for pattern in unwanted)))


def _exclusions(pattern: str) -> tuple[str, ...]:
    """CodeBuild's `**/name/**/*` excludes a file of that name as well as everything in such a folder."""
    return (pattern, pattern.removesuffix("/**/*")) if pattern.endswith("/**/*") else (pattern,)


def matches(path: str, pattern: str) -> bool:
    return glob(pattern).matches(path)


def fixed_part(pattern: str) -> str:
    """The folders of a pattern before its first wildcard, or the whole pattern if it has none."""
    parts = pattern.split("/")
    wild = next((index for index, part in enumerate(parts) if _is_wild(part)), None)
    return "/".join(parts if wild is None else parts[:wild])


def folders_matching(folder: Path, pattern: str) -> tuple[Path, ...]:
    """The folders that match a `base-directory`, which may contain wildcards."""
    if not _is_wild(pattern):
        target = folder / pattern
        return (target,) if target.is_dir() else ()
    wanted = _relative(folder, pattern)
    start = fixed_part(wanted)
    deepest = None if "**" in wanted else wanted.count("/") - start.count("/")
    found = (f"{start}/{path}".lstrip("/") for path in _folders(folder / start, deepest=deepest))
    return tuple(sorted(folder / path for path in found if matches(path, wanted)))


def _relative(folder: Path, pattern: str) -> str:
    """The pattern relative to the folder, even if it was written as an absolute path."""
    plain = os.path.normpath(pattern)
    return os.path.relpath(plain, folder) if plain.startswith("/") else plain


def _candidates(folder: Path, pattern: str, readable: tuple[Path, ...] | None) -> Iterator[str]:
    if not _is_wild(pattern):
        if _may_look((folder / pattern).parent, readable) and (folder / pattern).is_file():
            yield pattern
        return
    prefix = PurePosixPath(fixed_part(pattern))
    start = folder / prefix
    if _may_look(start, readable):
        for path in _files(start, readable):
            yield (prefix / path).as_posix()


def _may_look(folder: Path, readable: tuple[Path, ...] | None) -> bool:
    return readable is None or lies_within(folder, *readable)


def _files(folder: Path, readable: tuple[Path, ...] | None) -> Iterator[str]:
    """All files; a link to a folder outside `readable` is listed like a file."""
    for path, entry in _walk(folder, deepest=None, readable=readable):
        if entry.is_file() or _is_closed(entry, readable):
            yield path


def _folders(folder: Path, *, deepest: int | None) -> Iterator[str]:
    return (path for path, entry in _walk(folder, deepest=deepest) if entry.is_dir())


def _is_closed(entry: os.DirEntry[str], readable: tuple[Path, ...] | None) -> bool:
    return entry.is_symlink() and entry.is_dir() and not _may_look(Path(entry.path), readable)


def _walk(
    folder: Path, *, deepest: int | None, readable: tuple[Path, ...] | None = None
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything below the folder, without following links to one of its parent folders."""
    waiting: list[tuple[str, int, frozenset[str]]] = [("", 0, frozenset())]
    while waiting:
        prefix, depth, above = waiting.pop()
        real = os.path.realpath(folder / prefix)
        if real in above or not Path(real).is_dir():
            continue
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                path = f"{prefix}{entry.name}"
                yield path, entry
                deeper = deepest is None or depth < deepest
                if deeper and entry.is_dir() and not _is_closed(entry, readable):
                    waiting.append((f"{path}/", depth + 1, above | {real}))


def _is_wild(text: str) -> bool:
    return any(character in text for character in "*?[")
