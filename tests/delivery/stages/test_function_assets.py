"""A function's folder is the same wherever it is built, and synth refuses one that is not of this commit."""

import os
import shutil
from pathlib import Path

import pytest

from blocks.function_assets import (
    REPOSITORY,
    FunctionSource,
    StaleAssetError,
    asset_archive,
    asset_folder,
    build,
    discover,
    target,
)
from rehearsal.archive import unpack
from stacks.second_brain.functions import MIGRATOR


@pytest.fixture
def copies(tmp_path: Path) -> list[Path]:
    """Two checkouts of what the migrator is made of, in folders of different names and ages."""
    roots = []
    for name in ("one", "somewhere/else"):
        root = tmp_path / name
        for origin in (str(MIGRATOR.requirements), *(origin for origin, _ in MIGRATOR.content)):
            place = root / origin
            place.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (REPOSITORY / origin).is_dir() else shutil.copyfile
            copy(REPOSITORY / origin, place)
        roots.append(root)
    os.utime(roots[1] / MIGRATOR.content[-1][0], (0, 0))
    return roots


def _content(folder: Path) -> dict[str, tuple[bytes, int, float]]:
    return {
        str(file.relative_to(folder)): (file.read_bytes(), file.stat().st_mode, file.stat().st_mtime)
        for file in folder.rglob("*")
        if file.is_file()
    }


def _unpacked(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {name: (content, mode & 0o111) for name, (content, mode, _) in _content(folder).items()}


def test_two_builds_in_different_folders_are_the_same_bytes(copies: list[Path]) -> None:
    one, other = (_content(build(MIGRATOR, repository=root)) for root in copies)
    assert one == other
    assert "migrator/custom_resource.py" in one
    assert "schema/0001_families_and_users.sql" in one


def test_the_archive_is_the_same_bytes_and_holds_the_folder(copies: list[Path], tmp_path: Path) -> None:
    folders = [build(MIGRATOR, repository=root) for root in copies]
    one, other = (asset_archive(MIGRATOR, repository=root).read_bytes() for root in copies)
    assert one == other
    unpack(asset_archive(MIGRATOR, repository=copies[0]), tmp_path / "unpacked")
    assert _unpacked(tmp_path / "unpacked") == _unpacked(folders[0])


def test_nothing_tells_when_or_where_it_was_installed(copies: list[Path]) -> None:
    folder = build(MIGRATOR, repository=copies[0])
    names = {file.name for file in folder.rglob("*")}
    assert names.isdisjoint({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "__pycache__", "bin"})


def test_a_changed_source_makes_the_folder_stale(copies: list[Path]) -> None:
    build(MIGRATOR, repository=copies[0])
    asset_folder(MIGRATOR, repository=copies[0])
    (copies[0] / "lambdas/second_brain/schema/0001_families_and_users.sql").write_text("select 1;")
    with pytest.raises(StaleAssetError, match="second_brain_migrator is out of date") as refused:
        asset_folder(MIGRATOR, repository=copies[0])
    assert str(refused.value).endswith("run: .venv/bin/python -m blocks.function_assets")


def test_a_missing_folder_names_the_command(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    source = FunctionSource(name="absent", content=(("source", "."),))
    with pytest.raises(StaleAssetError, match="absent is not built"):
        asset_folder(source, repository=tmp_path)


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("", "cloud"),
        ("http://127.0.0.1:4566", "rehearsal"),
        ("http://localhost:4566", "rehearsal"),
        ("https://vpce-0.sts.us-east-1.vpce.amazonaws.com", "cloud"),
    ],
)
def test_where_it_runs_decides_what_is_built_for(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, expected: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert target() == expected


def test_every_applications_functions_are_found() -> None:
    assert MIGRATOR in set(discover())
