"""Whatever a zip file holds, nothing outside the folder that it is unpacked to changes."""

import os
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rehearsal.archive import ArchiveError, Limit, unpack
from tests.rehearsal.archive.zips import FILE, FOLDER, LINK, Item, snapshot, write

PARTS = ("a", "b", "A", "..", ".", "", "door", "C:", "outside", "e" * 256, "n\x00l", "t\tb", "\u202e", "ü")
MODES = (0, FILE, FOLDER, LINK, LINK, stat.S_IFREG | 0o4755, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK)
TARGETS = ("a", "b", "..", "../outside", "../outside/kept", "a/..", "a/../..", "/", ".", "door/kept")

names = st.builds(
    lambda start, parts, separator, end: start + separator.join(parts) + end,
    st.sampled_from(("", "", "", "/", "\\", "../", "C:\\")),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=4),
    st.sampled_from(("/", "/", "/", "\\", "//")),
    st.sampled_from(("", "", "/")),
).filter(bool)
items = st.builds(
    Item,
    names,
    st.one_of(st.sampled_from(TARGETS).map(str.encode), st.binary(max_size=8)),
    st.sampled_from(MODES),
    st.sampled_from((0, 0, 0, 0x1)),
    st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)),
)


@contextmanager
def scene(planted: str | None = None) -> Iterator[tuple[Path, Path]]:
    """A folder with things to keep, and in it the folder to unpack to, which may hold a link already."""
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        (base / "outside").mkdir()
        (base / "outside" / "kept").write_text("kept")
        (base / "into").mkdir()
        if planted is not None:
            (base / "into" / "door").symlink_to(planted)
        yield base, base / "into"


@given(st.lists(items, max_size=5), st.sampled_from((None, "../outside", "../outside/kept", "..")))
@example([Item("a", b"..", LINK), Item("b", b"a/..", LINK), Item("b/evil")], None)
@example([Item("a", b".", LINK), Item("a/b", b"../outside", LINK), Item("b/evil")], None)
@example([Item("a", b"..", LINK), Item("a/b", b"../outside", LINK), Item("a/outside/evil")], None)
@example([Item("door/evil")], "../outside")
@example([Item("door")], "../outside/kept")
@example([Item("door/", b"", FOLDER), Item("door/kept")], "../outside")
@settings(max_examples=400)
def test_nothing_outside_the_folder_changes(held: list[Item], planted: str | None) -> None:
    with scene(planted) as (base, into):
        archive = write(base / "made.zip", held)
        before = snapshot(base, without=into)
        with suppress(ArchiveError):
            unpack(archive, into)
        assert snapshot(base, without=into) == before


@given(st.lists(items, max_size=4), st.data())
@settings(max_examples=300)
def test_a_damaged_archive_is_refused_in_words_or_unpacked(held: list[Item], data: st.DataObject) -> None:
    with scene() as (base, into):
        archive = write(base / "made.zip", held)
        content = bytearray(archive.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        archive.write_bytes(content[: data.draw(st.integers(0, len(content)))])
        before = snapshot(base, without=into)
        with suppress(ArchiveError):
            unpack(archive, into)
        assert snapshot(base, without=into) == before


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ([Item("../evil")], "'../evil' would land outside"),
        ([Item("a/../../evil")], "would land outside"),
        ([Item("/etc/evil")], "'/etc/evil' would land outside"),
        ([Item("..\\evil")], "would land outside"),
        ([Item("C:/evil")], "would land outside"),
        ([Item("n\x00l")], "control character"),
        ([Item("new\nline")], "control character"),
        ([Item("pipe", b"", stat.S_IFIFO | 0o644)], "'pipe' is neither a file nor a folder nor a link"),
        ([Item("disk", b"", stat.S_IFBLK | 0o644)], "neither a file nor a folder nor a link"),
        ([Item("empty", b"", LINK)], "link whose target has 0 characters"),
        ([Item("long", b"x" * 5000, LINK)], "link whose target has 5000 characters"),
        ([Item("e" * 256)], "more than 255 bytes"),
        ([Item("d/" * 300 + "f")], "folders or 3000 bytes deep"),
        ([Item("locked", flags=0x1)], "'locked' is encrypted"),
        ([Item("odd", method=zipfile.ZIP_LZMA)], "'odd' is compressed in a way"),
        ([Item("a"), Item("a/b")], "'a/b' needs 'a' to be a folder, which another entry makes a file"),
        ([Item("a/b"), Item("a")], "'a' needs 'a' to be a file, which another entry makes a folder"),
        ([Item("a", b"..", LINK), Item("a/b")], "which another entry makes a link"),
        ([Item("a/b"), Item("a", b"..", LINK)], "'a' needs 'a' to be a link"),
    ],
)
def test_the_refusal_names_the_entry_and_nothing_is_unpacked(
    tmp_path: Path, held: list[Item], said: str
) -> None:
    archive = write(tmp_path / "made.zip", [Item("good"), *held])
    with pytest.raises(ArchiveError, match=said.replace("\\", ".")):
        unpack(archive, tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_a_link_that_is_in_the_folder_already_is_not_written_through(tmp_path: Path) -> None:
    outside, into = tmp_path / "outside", tmp_path / "into"
    outside.mkdir()
    into.mkdir()
    (into / "door").symlink_to(outside)
    with pytest.raises(ArchiveError, match="'door/evil' would be written through a file or a link"):
        unpack(write(tmp_path / "made.zip", [Item("door/evil")]), into)
    assert list(outside.iterdir()) == []


def test_a_file_takes_the_place_of_a_link_without_touching_what_it_leads_to(tmp_path: Path) -> None:
    kept, into = tmp_path / "kept", tmp_path / "into"
    kept.write_text("kept")
    into.mkdir()
    (into / "door").symlink_to(kept)
    unpack(write(tmp_path / "made.zip", [Item("door", b"new")]), into)
    assert (kept.read_text(), (into / "door").read_text()) == ("kept", "new")
    assert not (into / "door").is_symlink()


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (Limit(size=1 << 20, entries=10), "would unpack to 0.0 GB, more than"),
        (Limit(size=1 << 30, entries=1), "holds 2 entries, more than 1"),
    ],
)
def test_an_archive_that_would_fill_the_disk_is_refused(tmp_path: Path, limit: Limit, said: str) -> None:
    archive = write(tmp_path / "bomb.zip", [Item("zeros", bytes(2 << 20)), Item("other")])
    with pytest.raises(ArchiveError, match=said):
        unpack(archive, tmp_path / "into", limit=limit)


def test_an_entry_that_hides_its_size_gives_no_more_than_it_says(tmp_path: Path) -> None:
    archive = write(tmp_path / "bomb.zip", [Item("zeros", bytes(2 << 20))])
    content, size = archive.read_bytes(), (2 << 20).to_bytes(4, "little")
    assert content.count(size) == 2
    archive.write_bytes(content.replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(ArchiveError, match="'zeros' is damaged: Bad CRC-32"):
        unpack(archive, tmp_path / "into")
    assert (tmp_path / "into" / "zeros").stat().st_size <= 10


def test_an_entry_without_a_name_is_refused(tmp_path: Path) -> None:
    archive = write(tmp_path / "made.zip", [Item("n")])
    content = archive.read_bytes()
    start = content.index(b"PK\x01\x02")
    nameless = content[: start + 28] + b"\0\0" + content[start + 30 :].replace(b"n", b"", 1)
    size = nameless.index(b"PK\x05\x06") - start
    archive.write_bytes(nameless[:-10] + size.to_bytes(4, "little") + nameless[-6:])
    with pytest.raises(ArchiveError, match="'' has no name"):
        unpack(archive, tmp_path / "into")


def test_what_is_no_zip_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(ArchiveError, match="not a readable zip file"):
        unpack(tmp_path / "text.zip", tmp_path / "into")


def test_a_full_disk_is_told_with_the_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, os.strerror(28))

    archive = write(tmp_path / "made.zip", [Item("file")])
    monkeypatch.setattr("rehearsal.archive.unpacking.shutil.copyfileobj", full)
    with pytest.raises(ArchiveError, match="'file' cannot be unpacked: No space left on device"):
        unpack(archive, tmp_path / "into")
