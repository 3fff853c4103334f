"""Creates zip files whose bytes depend on names, modes and contents only."""

import os
import zipfile
from pathlib import Path


def pack(folder: Path, target: Path) -> None:
    """Pack everything below the folder, in a fixed order with fixed dates. Links are kept, never followed."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or path.is_file():
                _add(archive, path, path.relative_to(folder).as_posix())


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = path.lstat().st_mode << 16
    archive.writestr(entry, os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes())
