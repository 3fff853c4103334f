"""Zip files as an attacker or an odd tool writes them, with any name, mode and flag."""

import stat
import warnings
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FILE, FOLDER, LINK = stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755, stat.S_IFLNK | 0o777


@dataclass(frozen=True)
class Item:
    name: str
    content: bytes = b"x"
    mode: int = FILE
    flags: int = 0
    method: int = zipfile.ZIP_DEFLATED


def write(target: Path, items: Iterable[Item]) -> Path:
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(target, "w") as archive:
        for item in items:
            info = zipfile.ZipInfo("placeholder")
            info.filename = info.orig_filename = item.name  # as given: the constructor would mend it
            info.external_attr = item.mode << 16
            info.compress_type = item.method
            archive.writestr(info, item.content)
            info.flag_bits |= item.flags
    return target


def snapshot(folder: Path, *, without: Path) -> dict[str, tuple[object, ...]]:
    """Everything in a folder with its content, mode and times, except what lies in `without`."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else "",
        )
        for path in (folder, *sorted(folder.rglob("*")))
        if path != without and not path.is_relative_to(without)
    }
