"""Zip files as CodePipeline uses them: executable bits and links survive, nothing lands outside."""

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath


class UnsafeArchiveError(Exception):
    """An entry would be written outside its folder."""


def pack(folder: Path, target: Path) -> None:
    """Everything below the folder, in a fixed order and with fixed dates."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or path.is_file():
                _add(archive, path, path.relative_to(folder).as_posix())


def unpack(source: Path, into: Path) -> None:
    """Links are made last, so that no file can be written through one."""
    into.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(source) as archive:
        entries = archive.infolist()
        for entry in entries:
            if not _is_link(entry):
                _extract(archive, entry, _inside(into, entry.filename))
        for entry in entries:
            if _is_link(entry):
                _link(_inside(into, entry.filename), archive.read(entry).decode())


def read_member(source: Path, path: str) -> bytes:
    """One file of a zip; raises `KeyError` where it has none of that path."""
    with zipfile.ZipFile(source) as archive:
        return archive.read(PurePosixPath(path).as_posix())


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = path.lstat().st_mode << 16
    archive.writestr(entry, str(path.readlink()) if path.is_symlink() else path.read_bytes())


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as content, target.open("wb") as file:
        shutil.copyfileobj(content, file)
    mode = (entry.external_attr >> 16) & 0o777
    if mode:
        target.chmod(mode | stat.S_IRUSR | stat.S_IWUSR)


def _link(target: Path, destination: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(destination)


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _inside(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise UnsafeArchiveError(f"archive entry {name!r} would land outside the folder it is unpacked to")
    return folder.joinpath(*path.parts)
