"""Which files an artifact holds, and that packing and unpacking changes none of them."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from rehearsal.archive import unpack
from rehearsal.builds.buildspec.model import ArtifactSpec
from rehearsal.builds.files.artifacts import NoArtifactError, Packer
from rehearsal.builds.files.paths import matching


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "src"
    for name in ("a.txt", ".hidden", "out/b.txt", "out/deep/c.txt", "out/deep/.d", "my-1/e", "my-2/f"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(name)
    return folder


def pack(source: Path, spec: ArtifactSpec) -> Path:
    target = source.parent / "artifact.zip"
    Packer(source=source, say=lambda _: None, expand=lambda texts: texts).pack(spec, target)
    return target


def names(archive: Path) -> list[str]:
    return zipfile.ZipFile(archive).namelist()


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["a.txt"], ["a.txt"]),
        (["./a.txt"], ["a.txt"]),
        (["*"], [".hidden", "a.txt"]),
        (["out/*"], ["out/b.txt"]),
        (["out/**/*"], ["out/b.txt", "out/deep/.d", "out/deep/c.txt"]),
        (["**/*.txt"], ["a.txt", "out/b.txt", "out/deep/c.txt"]),
        (["**/c.txt", "a.*"], ["a.txt", "out/deep/c.txt"]),
        (["my-?/*"], ["my-1/e", "my-2/f"]),
        (["out"], []),
        (["missing/**/*"], []),
    ],
)
def test_patterns(source: Path, patterns: list[str], found: list[str]) -> None:
    assert list(matching(source, patterns)) == found
    assert list(matching(source, [f"{source}/{pattern}" for pattern in patterns])) == found


def test_base_directory_exclusions_and_flat_names(source: Path) -> None:
    assert names(pack(source, ArtifactSpec(files=("**/*",), base_directory="out"))) == [
        "b.txt",
        "deep/.d",
        "deep/c.txt",
    ]
    assert names(pack(source, ArtifactSpec(files=("**/*",), base_directory="my-*", discard_paths=True))) == [
        "e",
        "f",
    ]
    spec = ArtifactSpec(files=("**/*",), base_directory="out", exclude_paths=("**/.*",))
    assert names(pack(source, spec)) == ["b.txt", "deep/c.txt"]
    spec = ArtifactSpec(files=("**/*",), base_directory="out", exclude_paths=("**/c.txt/**/*",))
    assert names(pack(source, spec)) == ["b.txt", "deep/.d"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (ArtifactSpec(files=("*.jar",)), "no matching artifact paths found"),
        (
            ArtifactSpec(files=("**/*",), base_directory="dist"),
            "no matching base directory path found for dist",
        ),
    ],
)
def test_nothing_found(source: Path, spec: ArtifactSpec, message: str) -> None:
    with pytest.raises(NoArtifactError, match=message):
        pack(source, spec)


def test_executable_bits_survive_and_links_are_followed(source: Path, tmp_path: Path) -> None:
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o750)
    (source / "link").symlink_to("run.sh")
    (source / "tree").symlink_to("out")
    (source / "out/up").symlink_to("..")
    unpack(pack(source, ArtifactSpec(files=("**/*",))), tmp_path / "back")
    for name in ("run.sh", "link"):
        assert not (tmp_path / "back" / name).is_symlink()
        assert (tmp_path / "back" / name).stat().st_mode & stat.S_IXUSR
    assert (tmp_path / "back/tree/deep/c.txt").read_text() == "out/deep/c.txt"


def test_links_are_kept_when_asked(source: Path, tmp_path: Path) -> None:
    (source / "link").symlink_to("a.txt")
    (source / "tree").symlink_to("out")
    unpack(pack(source, ArtifactSpec(files=("**/*",), enable_symlinks=True)), tmp_path / "back")
    assert (tmp_path / "back/link").readlink() == Path("a.txt")
    assert (tmp_path / "back/tree").readlink() == Path("out")
    assert (tmp_path / "back/tree/b.txt").read_text() == "out/b.txt"


def test_the_same_files_give_the_same_bytes(source: Path) -> None:
    first = pack(source, ArtifactSpec(files=("**/*",))).read_bytes()
    os.utime(source / "a.txt", (1, 1))
    (source / "a.txt").chmod(0o600)
    assert pack(source, ArtifactSpec(files=("**/*",))).read_bytes() == first


def test_a_link_out_of_the_builds_folders_stays_a_link(source: Path, tmp_path: Path) -> None:
    """CodeBuild's container holds nothing of a person's; this machine does."""
    secret = tmp_path / "home" / "secret"
    secret.parent.mkdir()
    secret.write_text("the person's own")
    (source / "key").symlink_to(secret)
    (source / "folder").symlink_to(secret.parent)
    (source / "chain").symlink_to("folder/secret")
    archive = pack(source, ArtifactSpec(files=("key", "chain", "folder/secret", "**/*")))
    unpack(archive, tmp_path / "back")
    assert (tmp_path / "back/key").readlink() == secret
    assert (tmp_path / "back/folder").readlink() == secret.parent
    assert (tmp_path / "back/chain").readlink() == Path("folder/secret")
    assert b"person" not in b"".join(zipfile.ZipFile(archive).read(name) for name in names(archive))


@pytest.mark.parametrize("pattern", ["../home/secret", "../home/*", "/etc/passwd", "**/../../home/secret"])
def test_nothing_outside_the_builds_folders_is_packed(source: Path, tmp_path: Path, pattern: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "secret").write_text("the person's own")
    with pytest.raises(NoArtifactError, match="no matching artifact paths"):
        pack(source, ArtifactSpec(files=(pattern,)))


def test_a_base_directory_outside_is_not_found(source: Path, tmp_path: Path) -> None:
    with pytest.raises(NoArtifactError, match="no matching base directory path found for /etc"):
        pack(source, ArtifactSpec(files=("passwd",), base_directory="/etc"))


def test_links_between_the_builds_folders_and_to_installed_programs_are_followed(
    source: Path, tmp_path: Path
) -> None:
    other, programs = tmp_path / "inputs" / "other", tmp_path / "programs"
    for folder in (other, programs):
        folder.mkdir(parents=True)
        (folder / "file").write_text(folder.name)
    (source / "in").symlink_to(other)
    (source / "tool").symlink_to(programs / "file")
    target = tmp_path / "artifact.zip"
    readable = (source, other, programs)
    packer = Packer(source=source, readable=readable, say=lambda _: None, expand=lambda texts: texts)
    packer.pack(ArtifactSpec(files=("in/**/*", "tool")), target)
    unpack(target, tmp_path / "back")
    assert (tmp_path / "back/in/file").read_text() == "other"
    assert (tmp_path / "back/tool").read_text() == "programs"
