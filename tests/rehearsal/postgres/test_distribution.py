"""Where PostgreSQL comes from: the machine's mirror, one download for all, an installed server, or words."""

import multiprocessing
import time
from pathlib import Path

import pytest

from rehearsal.postgres import debian, distribution
from rehearsal.postgres.debian import PackagesUnavailableError, find_mirror
from rehearsal.postgres.installation import Installation

DEB822 = """Types: deb
# http://snapshot.example/debian
URIs: http://mirror.example/debian http://other.example/debian-security
Suites: bookworm
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def test_mirror_of_a_deb822_file(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/debian.sources").write_text(DEB822)
    assert find_mirror(tmp_path) == "http://mirror.example/debian"


@pytest.mark.parametrize(
    "line",
    [
        "deb http://mirror.example/debian bookworm main",
        "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main",
    ],
)
def test_mirror_of_a_one_line_file(tmp_path: Path, line: str) -> None:
    (tmp_path / "sources.list").write_text(f"# deb http://off.example/debian x main\n{line}\n")
    assert find_mirror(tmp_path) == "http://mirror.example/debian"


def test_other_repositories_are_no_mirror(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("deb https://packages.example/apt cloud main\n")
    with pytest.raises(PackagesUnavailableError, match="no Debian mirror"):
        find_mirror(tmp_path)


def test_failed_download_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "tool_cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(distribution, "_installed", lambda: None)
    monkeypatch.setattr(debian, "find_mirror", lambda _: "http://127.0.0.1:9/debian")
    with pytest.raises(distribution.PostgresUnavailableError, match="apt-get update failed"):
        distribution.ensure()
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_installed_server_serves_where_packages_cannot_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = distribution.ensure()
    monkeypatch.setattr(distribution, "architecture", _no_apt)
    monkeypatch.setattr(distribution, "_installed_folders", lambda: iter([private.bin]))
    found = distribution.ensure()
    assert (found.bin, found.trusts_extensions) == (private.bin, False)


def test_installed_server_without_an_extension_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    private = distribution.ensure()
    monkeypatch.setattr(distribution, "architecture", _no_apt)
    monkeypatch.setattr(distribution, "_installed_folders", lambda: iter([private.bin]))
    monkeypatch.setattr(distribution, "EXTENSIONS", ("vector", "not_there"))
    with pytest.raises(distribution.PostgresUnavailableError, match="this host has no apt-get"):
        distribution.ensure()


def test_two_processes_at_once_build_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(2) as pool:
        results = pool.starmap(_ensure_in, [(tmp_path, distribution.ensure().bin)] * 2)
    assert results[0][0] == results[1][0]
    assert sorted(built for _, built in results) == [False, True]


def test_nothing_is_fetched_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    first = distribution.ensure()
    heard: list[str] = []
    assert (distribution.ensure(heard.append), heard) == (first, [])
    assert isinstance(first, Installation)


def _ensure_in(cache: Path, existing: Path) -> tuple[Path, bool]:
    """Runs in a process of its own, with an empty cache; building takes a while, but downloads nothing."""
    built: list[Path] = []

    def build(home: Path, **_: object) -> None:
        time.sleep(0.5)
        built.append(home)
        home.symlink_to(existing.parents[4])

    setattr(distribution, "tool_cache", lambda: cache)  # noqa: B010 - as monkeypatch does it
    setattr(distribution, "_build", build)  # noqa: B010
    return distribution.ensure().bin, bool(built)


def _no_apt() -> str:
    raise PackagesUnavailableError("this host has no apt-get")
