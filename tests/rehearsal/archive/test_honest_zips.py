"""What git, CodeBuild and CDK pack comes back as it was."""

import stat
import subprocess
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.archive import ArchiveError, OutsideError, lies_within, open_within, pack, read_member, unpack
from tests.rehearsal.archive.zips import FOLDER, LINK, Item, write

parts = st.text(
    st.characters(min_codepoint=0x20, exclude_characters="/\\\x7f", exclude_categories=("Cs", "Cc")),
    min_size=1,
    max_size=12,
).filter(lambda text: text.strip(".") != "" and text[1:2] != ":")
paths = st.lists(parts, min_size=1, max_size=4).map(tuple)
contents = st.one_of(
    st.tuples(st.just("file"), st.binary(max_size=64), st.booleans()),
    st.tuples(
        st.just("link"), st.sampled_from((b"a", b"../b", b"./c/d", b"gone", b"../../x")), st.just(False)
    ),
)


def tree(folder: Path) -> dict[str, tuple[str, bytes, bool]]:
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = ("link", str(path.readlink()).encode(), False)
        elif path.is_file():
            found[name] = ("file", path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR))
    return found


def build(folder: Path, wanted: dict[tuple[str, ...], tuple[str, bytes, bool]]) -> None:
    """As much of it as one tree can hold: a path that needs a file to be a folder is left out."""
    for path, (kind, content, executable) in wanted.items():
        target = folder.joinpath(*path)
        above = [folder.joinpath(*path[:count]) for count in range(1, len(path))]
        if target.exists() or target.is_symlink() or any(p.is_symlink() or p.is_file() for p in above):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind == "link":
            target.symlink_to(content.decode())
        else:
            target.write_bytes(content)
            target.chmod(0o755 if executable else 0o644)


@given(st.dictionaries(paths, contents, max_size=8))
def test_a_tree_comes_back_as_it_was_packed(wanted: dict[tuple[str, ...], tuple[str, bytes, bool]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        source, archive, back = Path(name, "source"), Path(name, "made.zip"), Path(name, "back")
        source.mkdir()
        build(source, wanted)
        pack(source, archive)
        unpack(archive, back)
        assert tree(back) == tree(source)


def test_links_within_and_out_of_the_folder_are_kept_as_they_are(tmp_path: Path) -> None:
    held = [
        Item("bin/tool", b"../lib/tool", LINK),
        Item("lib/tool", b"#!/bin/sh\n", stat.S_IFREG | 0o755),
        Item("gone", b"nowhere", LINK),
        Item("python", b"/usr/bin/python3", LINK),
        Item("folder", b"lib", LINK),
    ]
    into = tmp_path / "into"
    unpack(write(tmp_path / "made.zip", held), into)
    assert (into / "bin/tool").read_bytes() == (into / "folder/tool").read_bytes() == b"#!/bin/sh\n"
    assert (into / "gone").readlink() == Path("nowhere")
    assert (into / "python").readlink() == Path("/usr/bin/python3")


def test_odd_but_harmless_names_and_modes(tmp_path: Path) -> None:
    """`zip -r x.zip .` writes `./`; Windows tools write no mode; of two files of one name the last counts."""
    held = [
        Item("./", b"", FOLDER),
        Item("./a//b", b"1", 0),
        Item("Case", b"upper", 0),
        Item("case", b"lower", 0),
        Item("twice", b"first"),
        Item("twice", b"last"),
        Item("read-only", b"", stat.S_IFREG | 0o4444),
        Item("empty/", b"", 0),
        Item("a:b", b"", 0),
    ]
    into = tmp_path / "into"
    unpack(write(tmp_path / "made.zip", held), into)
    assert (into / "a/b").read_text() == "1"
    assert ((into / "Case").read_text(), (into / "case").read_text()) == ("upper", "lower")
    assert (into / "twice").read_text() == "last"
    assert stat.S_IMODE((into / "read-only").stat().st_mode) == 0o644
    assert (into / "empty").is_dir()


def test_what_git_archives_unpacks_as_git_checks_it_out(tmp_path: Path) -> None:
    repository, archive = tmp_path / "repository", tmp_path / "made.zip"
    build(
        repository,
        {
            ("run.sh",): ("file", b"#!/bin/sh\n", True),
            ("docs", "link"): ("link", b"../run.sh", False),
            ("docs", "ümlaut name.md"): ("file", b"text", False),
            ("gone",): ("link", b"nowhere", False),
        },
    )
    kept = tree(repository)
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "x"],
        ["archive", "--format=zip", f"--output={archive}", "HEAD"],
    ):
        subprocess.run(["git", *command], cwd=repository, check=True)
    unpack(archive, tmp_path / "back")
    assert tree(tmp_path / "back") == kept


def test_a_member_is_read_but_no_link_is(tmp_path: Path) -> None:
    archive = write(tmp_path / "made.zip", [Item("t.json", b"{}"), Item("link", b"/etc/passwd", LINK)])
    assert read_member(archive, "./t.json") == b"{}"
    with pytest.raises(ArchiveError, match="'link' is a link, not a file"):
        read_member(archive, "link")
    with pytest.raises(KeyError):
        read_member(archive, "missing")


def test_a_damaged_member_is_told_by_name(tmp_path: Path) -> None:
    archive = write(tmp_path / "made.zip", [Item("t.json", b"0123456789", method=zipfile.ZIP_STORED)])
    archive.write_bytes(archive.read_bytes().replace(b"0123456789", b"0123456788"))
    with pytest.raises(ArchiveError, match=r"'t\.json' is damaged"):
        read_member(archive, "t.json")


def test_a_file_is_opened_where_links_lead_within_the_folder_only(tmp_path: Path) -> None:
    inside, secret = tmp_path / "inside", tmp_path / "secret"
    (inside / "sub").mkdir(parents=True)
    secret.write_text("secret")
    (inside / "file").write_text("content")
    (inside / "sub/link").symlink_to("../file")
    (inside / "door").symlink_to(tmp_path)
    with open_within(inside / "sub/link", inside) as file:
        assert file.read() == b"content"
    assert not lies_within(inside / "door/secret", inside)
    for name in ("door/secret", "sub"):
        with pytest.raises((OutsideError, IsADirectoryError)), open_within(inside / name, inside):
            pass
    with open_within(inside / "door/secret", inside, tmp_path) as file:
        assert file.read() == b"secret"
