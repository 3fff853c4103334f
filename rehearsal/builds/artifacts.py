"""What a build leaves behind, as zip files whose bytes depend on nothing but names, modes and contents."""

import os
import stat
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from rehearsal.builds.buildspec import ArtifactSpec
from rehearsal.builds.paths import folders_matching, matching

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class NoArtifactError(Exception):
    """CodeBuild's own words for an artifact of which nothing was found."""


@dataclass(frozen=True, kw_only=True)
class Packer:
    """Packs artifacts of one source folder; `expand` replaces shell variables in the specification."""

    source: Path
    say: Callable[[str], None]
    expand: Callable[[tuple[str, ...]], tuple[str, ...]]

    def pack(self, spec: ArtifactSpec, target: Path) -> int:
        """Writes the zip and tells how many files it holds."""
        spec = self._expanded(spec)
        members = self._members(spec)
        if not members:
            raise NoArtifactError("no matching artifact paths found")
        self.say(f"Found {len(members)} file(s)")
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, path in sorted(members.items()):
                _add(archive, path, name, keep_link=spec.enable_symlinks)
        return len(members)

    def _members(self, spec: ArtifactSpec) -> Mapping[str, Path]:
        self.say(f"Expanding base directory path: {spec.base_directory or '.'}")
        bases = folders_matching(self.source, spec.base_directory or ".")
        if not bases:
            raise NoArtifactError(f"no matching base directory path found for {spec.base_directory}")
        self.say(f"Assembling file list from {', '.join(spec.files)}")
        return {
            _member_name(path, flat=spec.discard_paths): base / path
            for base in bases
            for path in _listed(base, spec)
        }

    def _expanded(self, spec: ArtifactSpec) -> ArtifactSpec:
        base, *files = self.expand((spec.base_directory, *spec.files))
        return replace(spec, base_directory=base, files=tuple(files))


def _listed(base: Path, spec: ArtifactSpec) -> tuple[str, ...]:
    files = matching(base, spec.files, exclude=spec.exclude_paths)
    if not spec.enable_symlinks:
        return files
    return tuple(dict.fromkeys(_outermost_link(base, path) for path in files))


def _outermost_link(base: Path, path: str) -> str:
    """With links kept, what lies behind a link to a folder is the link itself."""
    parts = PurePosixPath(path).parts
    for count in range(1, len(parts)):
        if base.joinpath(*parts[:count]).is_symlink():
            return "/".join(parts[:count])
    return path


def _member_name(path: str, *, flat: bool) -> str:
    """Names stay inside the folder into which the zip will be unpacked."""
    parts = [part for part in PurePosixPath(path).parts if part not in ("..", "/")]
    return parts[-1] if flat else "/".join(parts)


def _add(archive: zipfile.ZipFile, path: Path, name: str, *, keep_link: bool) -> None:
    link = keep_link and path.is_symlink()
    entry = zipfile.ZipInfo(name, date_time=_LONG_AGO)
    entry.create_system = 3
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = _mode(path.lstat() if link else path.stat()) << 16
    if link:
        archive.writestr(entry, str(path.readlink()))
        return
    with path.open("rb") as content, archive.open(entry, "w", force_zip64=True) as member:
        while block := content.read(1 << 20):
            member.write(block)


def _mode(status: os.stat_result) -> int:
    """Kind and permission bits, without what a umask happens to leave for others."""
    if stat.S_ISLNK(status.st_mode):
        return stat.S_IFLNK | 0o777
    return stat.S_IFREG | (0o755 if status.st_mode & stat.S_IXUSR else 0o644)
