"""Cached files come back, belong to one build at a time, and never take the source's place."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.builds.files.cache import ProjectCache
from rehearsal.builds.files.workspace import Workspace, occupied


@contextlib.contextmanager
def build(tmp_path: Path) -> Iterator[Workspace]:
    with occupied(tmp_path / "builds", project_arn="arn:aws:codebuild:x:1:project/demo") as workspace:
        yield workspace


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def cache(tmp_path: Path, *paths: str, key: str = "", fallback: tuple[str, ...] = ()) -> ProjectCache:
    return ProjectCache(folder=tmp_path / "cache", paths=paths, key=key, fallback_keys=fallback)


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("node_modules/**/*", "output/src/node_modules/a/b.js"),
        ("target", "output/src/target/debug/x"),
        ("deps/*", "output/src/deps/x"),
        ("**/*.cached", "output/src/deep/x.cached"),
        ("one.txt", "output/src/one.txt"),
        ("/root/.m2/**/*", "home/.m2/repository/x.jar"),
        ("/root/.gradle", "home/.gradle/wrapper/x"),
        ("../shared/**/*", "output/shared/x"),
    ],
)
def test_what_is_saved_comes_back(tmp_path: Path, path: str, file: str) -> None:
    with build(tmp_path) as workspace:
        write(workspace.root / file, "kept")
        assert list(cache(tmp_path, path).problems(workspace)) == []
        assert cache(tmp_path, path).save(workspace) == 1
    with build(tmp_path) as workspace:
        assert not (workspace.root / file).exists()
        assert cache(tmp_path, path).restore(workspace) == ""
        assert (workspace.root / file).read_text() == "kept"


def test_the_source_s_own_files_stay(tmp_path: Path) -> None:
    with build(tmp_path) as workspace:
        write(workspace.source / "lib/old", "cached")
        write(workspace.source / "lib/new", "cached")
        cache(tmp_path, "lib/**/*").save(workspace)
    with build(tmp_path) as workspace:
        write(workspace.source / "lib/new", "source")
        cache(tmp_path, "lib/**/*").restore(workspace)
        assert (workspace.source / "lib/old").read_text() == "cached"
        assert (workspace.source / "lib/new").read_text() == "source"


def test_an_entry_belongs_to_one_build_at_a_time(tmp_path: Path) -> None:
    with build(tmp_path) as workspace:
        write(workspace.source / "lib/x", "1")
        cache(tmp_path, "lib").save(workspace)
    with build(tmp_path) as first, build(tmp_path) as second:
        assert first.root != second.root
        assert cache(tmp_path, "lib").restore(first) is not None
        assert cache(tmp_path, "lib").restore(second) is None
        write(second.source / "lib/x", "2")
        (first.source / "lib/x").write_text("changed in place")
        cache(tmp_path, "lib").save(first)
        cache(tmp_path, "lib").save(second)
    with build(tmp_path) as workspace:
        cache(tmp_path, "lib").restore(workspace)
        assert (workspace.source / "lib/x").read_text() == "2"


def test_keys_and_fallback_keys(tmp_path: Path) -> None:
    for key in ("npm-1", "npm-2", "pip-1"):
        with build(tmp_path) as workspace:
            write(workspace.source / "lib/x", key)
            cache(tmp_path, "lib", key=key).save(workspace)
    with build(tmp_path) as workspace:
        assert cache(tmp_path, "lib", key="npm-3").restore(workspace) is None
        assert cache(tmp_path, "lib", key="npm-1").restore(workspace) == "npm-1"
        assert cache(tmp_path, "other", key="npm-2").restore(workspace) is None
    with build(tmp_path) as workspace:
        assert cache(tmp_path, "lib", key="npm-4", fallback=("gem-", "npm-")).restore(workspace) == "npm-2"
        assert (workspace.source / "lib/x").read_text() == "npm-2"


@pytest.mark.parametrize("path", ["/var/lib/docker/**/*", "../../../etc/*", "/root", "/etc/passwd"])
def test_a_path_outside_the_build_is_said_and_left_alone(tmp_path: Path, path: str) -> None:
    with build(tmp_path) as workspace:
        assert path in "".join(cache(tmp_path, path).problems(workspace))
        assert cache(tmp_path, path).save(workspace) == 0


@pytest.mark.parametrize("content", ["", "[]", '{"key": "k"}'])
def test_a_damaged_entry_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    with build(tmp_path) as workspace:
        write(workspace.source / "lib/a", "1")
        cache(tmp_path, "lib").save(workspace)
        [entry] = (tmp_path / "cache").glob("entry-*/entry.json")
        entry.write_text(content)
        assert cache(tmp_path, "lib").restore(workspace) is None
        write(workspace.source / "lib/a", "2")
        cache(tmp_path, "lib").save(workspace)
    with build(tmp_path) as workspace:
        assert cache(tmp_path, "lib").restore(workspace) == ""
        assert (workspace.source / "lib/a").read_text() == "2"


def test_what_could_not_be_saved_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(ProjectCache, "_replace", full)
    with build(tmp_path) as workspace:
        write(workspace.source / "lib/a", "1")
        with pytest.raises(OSError, match="No space left"):
            cache(tmp_path, "lib").save(workspace)
    assert list((tmp_path / "cache").glob("new-*")) == []


@pytest.mark.parametrize("path", ["deps/sub/**/*", "deps/sub", "deps/*", "deps/sub/file"])
def test_nothing_is_moved_out_of_where_a_link_leads(tmp_path: Path, path: str) -> None:
    write(tmp_path / "person/sub/file", "the person's own")
    with build(tmp_path) as workspace:
        (workspace.source / "deps").symlink_to(tmp_path / "person")
        cache(tmp_path, path).save(workspace)
    assert (tmp_path / "person/sub/file").read_text() == "the person's own"


def test_a_link_below_a_cached_folder_is_cached_itself(tmp_path: Path) -> None:
    write(tmp_path / "person/file.cached", "the person's own")
    with build(tmp_path) as workspace:
        write(workspace.source / "deep/x", "")
        (workspace.source / "deep/door").symlink_to(tmp_path / "person")
        cache(tmp_path, "**/*.cached", "deep/**/*").save(workspace)
    assert (tmp_path / "person/file.cached").exists()


def test_nothing_is_restored_to_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "person").mkdir()
    with build(tmp_path) as workspace:
        write(workspace.source / "deps/sub/file", "cached")
        cache(tmp_path, "deps/sub").save(workspace)
    with build(tmp_path) as workspace:
        (workspace.source / "deps").symlink_to(tmp_path / "person")
        cache(tmp_path, "deps/sub").restore(workspace)
    assert list((tmp_path / "person").iterdir()) == []
