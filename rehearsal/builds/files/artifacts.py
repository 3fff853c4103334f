"""Packs a build's artifacts as zip files whose bytes depend only on names, modes and contents."""

import os
import stat
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from rehearsal.archive import lies_within, open_within
from rehearsal.builds.buildspec.model import ArtifactSpec
from rehearsal.builds.files.paths import folders_matching, matching
from rehearsal.builds.files.workspace import Workspace

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


_PROGRAMS = tuple(map(Path, ("/usr", "/bin", "/lib", "/lib64", "/opt")))


class NoArtifactError(Exception):
    """CodeBuild's message for an artifact that matches no file."""


def readable_by(workspace: Workspace) -> tuple[Path, ...]:
    """Folders that a build's links may lead to: its own, the package caches, installed programs."""
    return (workspace.root, workspace.packages, *_PROGRAMS)


@dataclass(frozen=True, kw_only=True)
class Packer:
    """Packs artifacts of one source folder; `expand` replaces shell variables in the specification.

    A link into one of the `readable` folders is followed, as in CodeBuild. Any other link is packed as a
    link, so that an artifact never contains a file that the build's commands cannot read.
    """

    source: Path
    readable: tuple[Path, ...] = ()
    say: Callable[[str], None]
    expand: Callable[[tuple[str, ...]], tuple[str, ...]]

    @property
    def _folders(self) -> tuple[Path, ...]:
        """Without the source if other folders are given: a build may have replaced the source by a link."""
        return self.readable or (self.source,)

    def pack(self, spec: ArtifactSpec, target: Path) -> int:
        """Write the zip and return the number of its files."""
        spec = self._expanded(spec)
        members = self._members(spec)
        if not members:
            raise NoArtifactError("no matching artifact paths found")
        self.say(f"Found {len(members)} file(s)")
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, path in sorted(members.items()):
                self._add(archive, path, name, keep_link=spec.enable_symlinks)
        return len(members)

    def _add(self, archive: zipfile.ZipFile, path: Path, name: str, *, keep_link: bool) -> None:
        folders = self._folders
        if path.is_symlink() and not keep_link and not lies_within(path, *folders):
            self.say(f"{name} is packed as a link: it leads out of the build's folders, to {path.readlink()}")
            keep_link = True
        _add(archive, path, name, keep_link=keep_link, folders=folders)

    def _members(self, spec: ArtifactSpec) -> Mapping[str, Path]:
        self.say(f"Expanding base directory path: {spec.base_directory or '.'}")
        bases = [
            base
            for base in folders_matching(self.source, spec.base_directory or ".")
            if lies_within(base, *self._folders)
        ]
        if not bases:
            self.say("A base directory is read within the build's own folders only; $TMPDIR is one of them")
            raise NoArtifactError(f"no matching base directory path found for {spec.base_directory}")
        self.say(f"Assembling file list from {', '.join(spec.files)}")
        return {
            _member_name(path, flat=spec.discard_paths): base / path
            for base in bases
            for path in self._listed(base, spec)
        }

    def _listed(self, base: Path, spec: ArtifactSpec) -> tuple[str, ...]:
        files = matching(base, spec.files, exclude=spec.exclude_paths, readable=self._folders)
        if not spec.enable_symlinks:
            return files
        return tuple(dict.fromkeys(_outermost_link(base, path) for path in files))

    def _expanded(self, spec: ArtifactSpec) -> ArtifactSpec:
        base, *files = self.expand((spec.base_directory, *spec.files))
        return replace(spec, base_directory=base, files=tuple(files))


def _outermost_link(base: Path, path: str) -> str:
    """The outermost link in the path, which is packed in place of everything behind it."""
    parts = PurePosixPath(path).parts
    for count in range(1, len(parts)):
        if base.joinpath(*parts[:count]).is_symlink():
            return "/".join(parts[:count])
    return path


def _member_name(path: str, *, flat: bool) -> str:
    """The name in the zip, never outside the folder into which the zip will be unpacked."""
    parts = [part for part in PurePosixPath(path).parts if part not in ("..", "/")]
    return parts[-1] if flat else "/".join(parts)


def _add(
    archive: zipfile.ZipFile, path: Path, name: str, *, keep_link: bool, folders: tuple[Path, ...]
) -> None:
    link = keep_link and path.is_symlink()
    entry = zipfile.ZipInfo(name, date_time=_LONG_AGO)
    entry.create_system = 3
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = _mode(path.lstat() if link else path.stat()) << 16
    if link:
        archive.writestr(entry, os.fsencode(path.readlink()))
        return
    with open_within(path, *folders) as content, archive.open(entry, "w", force_zip64=True) as member:
        while block := content.read(1 << 20):
            member.write(block)


def _mode(status: os.stat_result) -> int:
    """Kind and permission bits, without those that depend on the umask."""
    if stat.S_ISLNK(status.st_mode):
        return stat.S_IFLNK | 0o777
    return stat.S_IFREG | (0o755 if status.st_mode & stat.S_IXUSR else 0o644)
