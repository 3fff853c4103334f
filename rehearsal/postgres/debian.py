"""Downloads Debian packages and unpacks them as an ordinary user into a folder.

apt-get keeps all of its data in configurable folders, and `--download-only` never changes the system. With an
empty status file it resolves every dependency, down to the C library, so that the packages run on any glibc
host, older than the packages or not.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class PackagesUnavailableError(Exception):
    """This host cannot download Debian packages; the text says why."""


@dataclass(frozen=True, kw_only=True)
class PackageFetch:
    suite: str
    packages: tuple[str, ...]
    scratch: Path
    """An empty folder for apt's lists and archives."""

    def download(self) -> tuple[Path, ...]:
        """Download the packages and all their dependencies as .deb files."""
        config = self._configure(find_mirror(Path("/etc/apt")))
        self._apt_get(config, "update")
        self._apt_get(config, "install", "--yes", "--download-only", *self.packages)
        return tuple(sorted((self.scratch / "cache/archives").glob("*.deb")))

    def _configure(self, mirror: str) -> Path:
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (self.scratch / folder).mkdir(parents=True)
        (self.scratch / "status").touch()
        signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        (self.scratch / "sources.list").write_text(f"deb {signed}{mirror} {self.suite} main\n")
        config = self.scratch / "apt.conf"
        config.write_text("".join(f'{key} "{value}";\n' for key, value in self._settings().items()))
        return config

    def _settings(self) -> dict[str, str]:
        return {
            "Dir::State": f"{self.scratch}/state",
            "Dir::State::status": f"{self.scratch}/status",
            "Dir::State::Lists": f"{self.scratch}/state/lists",
            "Dir::Cache": f"{self.scratch}/cache",
            "Dir::Etc::SourceList": f"{self.scratch}/sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "APT::Install-Recommends": "false",
            "APT::Update::Error-Mode": "any",  # else an unreachable mirror is only a warning
            "APT::Sandbox::User": "root",  # as root, apt would switch to a user that cannot write here
            "Acquire::Languages": "none",
        }

    def _apt_get(self, config: Path, *arguments: str) -> None:
        done = subprocess.run(
            ["apt-get", "--quiet", *arguments],
            env={**os.environ, "APT_CONFIG": str(config), "DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise PackagesUnavailableError(f"apt-get {arguments[0]} failed: {_last_lines(done.stderr)}")


def unpack(archives: Iterable[Path], into: Path) -> None:
    def extract(archive: Path) -> None:
        subprocess.run(["dpkg-deb", "--extract", archive, into], check=True, capture_output=True)

    into.mkdir(parents=True)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for _ in pool.map(extract, archives):
            pass


def architecture() -> str:
    """The host's architecture, as Debian names it."""
    for tool in ("apt-get", "dpkg-deb", "dpkg"):
        if shutil.which(tool) is None:
            raise PackagesUnavailableError(f"this host has no {tool}")
    shown = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    return shown.stdout.strip()


def find_mirror(apt: Path) -> str:
    """The Debian mirror in this machine's own apt sources."""
    addresses = [address for file in _source_files(apt) for address in _addresses(file)]
    for address in addresses:
        if re.search(r"/debian/?$", address):
            return address
    raise PackagesUnavailableError(f"no Debian mirror is named in {apt}/sources.list or {apt}/sources.list.d")


def _source_files(apt: Path) -> Sequence[Path]:
    parts = sorted((apt / "sources.list.d").glob("*"))
    return [file for file in (apt / "sources.list", *parts) if file.suffix in {".list", ".sources"}]


def _addresses(file: Path) -> list[str]:
    if not file.is_file():
        return []
    lines = [line.strip() for line in file.read_text().splitlines() if not line.lstrip().startswith("#")]
    if file.suffix == ".sources":
        found = [line.split(":", 1)[1] for line in lines if line.lower().startswith("uris:")]
        return [address for value in found for address in value.split()]
    one_line = re.compile(r"deb\s+(?:\[[^]]*\]\s+)?(\S+)")
    return [match[1] for line in lines if (match := one_line.match(line))]


def _last_lines(text: str) -> str:
    return " / ".join(text.strip().splitlines()[-3:])
