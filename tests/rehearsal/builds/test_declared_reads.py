"""Builds that declare in `SLIPWAY_READS` which files of their source they read."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from rehearsal.builds.files.declared_reads import READS, declared_reads
from rehearsal.builds.reuse.inputs import BuildInputs, names_commit
from rehearsal.builds.running.phases import PhaseError

PROJECT = Path(__file__).parents[3]
TREE = ("README.md", "Makefile", "docs/configuration.md", "docs/notes.txt", "src/main.py", "src/deep/main.rs")


def remaining(patterns: str, source: Path) -> list[str]:
    for name in TREE:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    (source / "build.reads").write_text(patterns)
    reads = declared_reads({READS: "./build.reads"}, source)
    assert reads
    reads.leave_only(source)
    (source / "build.reads").unlink()
    return sorted(path.relative_to(source).as_posix() for path in source.rglob("*"))


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ("# named\n/src/\nMakefile\n", ["Makefile", "src", "src/deep", "src/deep/main.rs", "src/main.py"]),
        (
            "*\n!*.md\n/docs/configuration.md\n!*.rs\n",
            ["Makefile", "docs", "docs/configuration.md", "docs/notes.txt", "src", "src/main.py"],
        ),
        ("/nothing", []),
    ],
    ids=["named", "all but", "none"],
)
def test_only_what_matches_is_left(patterns: str, left: list[str], tmp_path: Path) -> None:
    assert remaining(patterns, tmp_path) == left


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    outside, source = tmp_path / "outside", tmp_path / "src"
    (outside / "folder").mkdir(parents=True)
    (outside / "folder" / "kept.txt").write_text("kept")
    source.mkdir()
    (source / "link").symlink_to(outside / "folder")
    assert remaining("Makefile", source) == ["Makefile"]
    assert (outside / "folder" / "kept.txt").read_text() == "kept"


@pytest.mark.parametrize("value", [None, "", " ", ".", "not-there.reads"])
def test_without_a_list_nothing_is_declared(value: str | None, tmp_path: Path) -> None:
    assert declared_reads({} if value is None else {READS: value}, tmp_path) is None


def test_a_pattern_that_cannot_be_read_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "build.reads").write_text("!\n")
    with pytest.raises(PhaseError, match=r"SLIPWAY_READS: build.reads cannot be read"):
        declared_reads({READS: "build.reads"}, tmp_path)


def test_a_list_outside_of_the_source_fails_the_build(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (tmp_path / "secret").write_text("*")
    (source / "build.reads").symlink_to(tmp_path / "secret")
    for name in ("../secret", "build.reads"):
        with pytest.raises(PhaseError, match="cannot be read"):
            declared_reads({READS: name}, source)


@pytest.mark.parametrize(
    ("files", "buildspec", "named"),
    [
        ({"run.sh": "true"}, "version: 0.2", False),
        ({"run.sh": "echo $CODEBUILD_RESOLVED_SOURCE_VERSION"}, "version: 0.2", True),
        ({}, "echo $CODEBUILD_RESOLVED_SOURCE_VERSION", True),
        ({".git/HEAD": "ref"}, "version: 0.2", True),
    ],
    ids=["nothing", "a script names it", "the buildspec names it", "it has the history"],
)
def test_the_commit_is_told_where_the_build_can_know_it(
    files: Mapping[str, str], buildspec: str, named: bool, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert names_commit(buildspec, tmp_path) is named


def test_no_script_of_this_repository_keeps_the_builds_from_being_reused(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "pipeline" / "steps", tmp_path / "pipeline" / "steps")
    shutil.copy(PROJECT / "Makefile", tmp_path)
    inputs = BuildInputs(
        project={}, buildspec="", variables={}, sources={"": tmp_path}, outputs=(), programs=""
    )
    assert inputs.key()
