"""Which build results are reused, and above all which are not."""

import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.builds.reports.formats import Counts, Report
from rehearsal.builds.reuse.inputs import BuildInputs, MustRunError
from rehearsal.builds.reuse.results import BuildResults, StoredResult


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "main.py").write_text("print(1)")
    return folder


@pytest.fixture
def results(tmp_path: Path) -> BuildResults:
    return BuildResults(folder=tmp_path / "results")


@pytest.fixture
def inputs(source: Path) -> BuildInputs:
    return BuildInputs(
        project={"name": "demo"},
        buildspec="version: 0.2",
        variables={"LEVEL": "1", "CODEBUILD_BUILD_ID": "demo:1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        sources={"": source},
        outputs=("Synth",),
        programs="p1",
    )


def always_runs(inputs: BuildInputs) -> bool:
    try:
        inputs.key()
    except MustRunError:
        return True
    return False


def test_a_result_comes_back_as_it_was(results: BuildResults, inputs: BuildInputs, tmp_path: Path) -> None:
    (tmp_path / "made.zip").write_bytes(b"zip")
    report = Report(group="unit", file_format="JUNITXML", counts=Counts(succeeded=2), files=("a.xml",))
    made = StoredResult(
        build_id="demo:1",
        ended="2026-01-02 03:04:05",
        exported_variables={"V": "a\nb"},
        artifacts={"Synth": tmp_path / "made.zip"},
        log=("one", "", "three"),
        reports=(report,),
    )
    key = inputs.key()
    assert key
    assert results.find(key, into=tmp_path / "into") is None
    results.store(key, made)
    results.store(key, made)
    found = results.find(key, into=tmp_path / "into")
    assert found
    assert found.artifacts["Synth"].read_bytes() == b"zip"
    assert replace(found, artifacts=made.artifacts) == made


CHANGES: Mapping[str, Mapping[str, object]] = {
    "project": {"project": {"name": "demo", "timeoutInMinutes": 5}},
    "buildspec": {"buildspec": "version: 0.2 "},
    "variable": {"variables": {"LEVEL": "2"}},
    "outputs": {"outputs": ()},
    "tools": {"programs": "p2"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_any_difference_is_another_build(
    results: BuildResults, inputs: BuildInputs, change: Mapping[str, object]
) -> None:
    assert inputs.key() != replace(inputs, **change).key()  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["content", "name", "mode", "link"])
def test_any_difference_in_a_source_is_another_build(
    results: BuildResults, inputs: BuildInputs, source: Path, what: str
) -> None:
    before = inputs.key()
    file = source / "main.py"
    if what == "content":
        file.write_text("print(2)")
    elif what == "name":
        file.rename(source / "other.py")
    elif what == "mode":
        file.chmod(0o755)
    else:
        (source / what).symlink_to("main.py")
    assert inputs.key() != before


def test_what_differs_in_every_build_makes_no_difference(results: BuildResults, inputs: BuildInputs) -> None:
    other = {**inputs.variables, "CODEBUILD_BUILD_ID": "demo:2", "AWS_ENDPOINT_URL": "http://127.0.0.1:2"}
    assert replace(inputs, variables=other).key() == inputs.key()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("build.sh", "echo $CODEBUILD_BUILD_NUMBER"),
        ("run", "#!/usr/bin/env node\nprocess.env.CODEBUILD_START_TIME"),
        ("package.json", '{"scripts": {"build": "echo $CODEBUILD_BUILD_ID"}}'),
    ],
)
def test_a_script_that_names_its_own_build_always_runs(
    results: BuildResults, inputs: BuildInputs, source: Path, name: str, content: str
) -> None:
    (source / "notes.md").write_text("CODEBUILD_BUILD_ID is set")
    assert inputs.key()
    (source / name).write_text(content)
    assert always_runs(inputs)


@pytest.mark.parametrize(
    "test",
    [
        '[[ -n "${CODEBUILD_BUILD_ID:-}" ]]',
        "[ -z $CODEBUILD_BUILD_ARN ]",
        'test -n "$CODEBUILD_BUILD_ID"',
        "tool ${CODEBUILD_BUILD_ID:+--relocatable}",
    ],
)
def test_a_script_may_ask_whether_it_runs_in_a_build(
    results: BuildResults, inputs: BuildInputs, source: Path, test: str
) -> None:
    (source / "build.sh").write_text(f"if {test}; then echo yes; fi")
    assert inputs.key()
    (source / "build.sh").write_text(f"if {test}; then echo $CODEBUILD_BUILD_ID; fi")
    assert always_runs(inputs)


@pytest.mark.parametrize(
    "script",
    [
        "test -n $CODEBUILD_BUILD_ID-x; echo $CODEBUILD_BUILD_ID }",
        "test -n ${CODEBUILD_BUILD_ID:-$CODEBUILD_BUILD_NUMBER}",
        "test -n ${CODEBUILD_BUILD_ID:+`echo $CODEBUILD_START_TIME > out`}",
        "echo ${CODEBUILD_BUILD_ID:-none}",
        "echo ${CODEBUILD_BUILD_ID:+$CODEBUILD_BUILD_ID}",
    ],
)
def test_asking_whether_it_runs_hides_no_other_use(
    results: BuildResults, inputs: BuildInputs, script: str
) -> None:
    assert always_runs(replace(inputs, buildspec=script))


def test_a_buildspec_that_names_its_own_build_always_runs(results: BuildResults, inputs: BuildInputs) -> None:
    assert always_runs(replace(inputs, buildspec="echo ${CODEBUILD_BUILD_ARN}"))


def stored(build: str = "demo:1") -> StoredResult:
    return StoredResult(build_id=build, ended="", exported_variables={}, artifacts={}, log=())


@pytest.mark.parametrize(
    "content", ["export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "key=ASIAIOSFODNN7EXAMPLE"]
)
def test_a_build_that_carries_an_access_key_always_runs(
    results: BuildResults, inputs: BuildInputs, source: Path, content: str
) -> None:
    assert always_runs(replace(inputs, buildspec=content))
    assert always_runs(replace(inputs, variables={"DEPLOY": content}))
    (source / "build.sh").write_text(content)
    assert always_runs(inputs)


def test_the_oldest_results_go_where_all_take_too_much_room(
    results: BuildResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rehearsal.builds.reuse.results._KEPT_BYTES", 2_500_000)
    (tmp_path / "made.zip").write_bytes(bytes(1_000_000))
    for number, key in enumerate(("a", "b", "c")):
        results.store(key, replace(stored(), artifacts={"Out": tmp_path / "made.zip"}))
        os.utime(results.folder / key, (number, number))
    results.store("large", replace(stored(), artifacts={"Out": tmp_path / "made.zip"}))
    assert {found.name for found in results.folder.iterdir()} == {"c", "large"}


def test_builds_that_end_together_disturb_nobody(
    results: BuildResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each renames, removes and reads folders that the others look at."""
    monkeypatch.setattr("rehearsal.builds.reuse.results._KEPT", 3)
    (tmp_path / "made.zip").write_bytes(b"zip")
    failures: list[BaseException] = []

    def build(number: int) -> None:
        try:
            for turn in range(60):
                found = results.find(f"{(number + turn) % 6}", into=tmp_path / f"{number}-{turn}")
                assert found is None or found.artifacts["Out"].read_bytes() == b"zip"
                made = replace(stored(), artifacts={"Out": tmp_path / "made.zip"})
                results.commit(f"{(number + turn) % 6}", results.prepare(made), unless=lambda: False)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=build, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(list(results.folder.iterdir())) == 3


def test_a_result_outlives_its_removal_while_it_is_used(results: BuildResults, tmp_path: Path) -> None:
    (tmp_path / "made.zip").write_bytes(b"zip")
    results.store("a", replace(stored(), artifacts={"Out": tmp_path / "made.zip"}))
    found = results.find("a", into=tmp_path / "into")
    results.delete("a")
    assert found
    assert found.artifacts["Out"].read_bytes() == b"zip"
    assert results.find("a", into=tmp_path / "into") is None


def test_a_result_that_is_damaged_is_deleted(results: BuildResults, tmp_path: Path) -> None:
    results.store("a", stored())
    (results.folder / "a" / "log.txt").unlink()
    assert results.find("a", into=tmp_path) is None
    results.store("a", stored("demo:2"))
    found = results.find("a", into=tmp_path)
    assert found
    assert found.build_id == "demo:2"


def test_a_full_disk_fails_no_build(results: BuildResults, tmp_path: Path) -> None:
    results.store("a", replace(stored(), artifacts={"Out": tmp_path / "cannot-be-copied"}))
    assert results.find("a", into=tmp_path) is None
    assert list(results.folder.iterdir()) == []


def test_old_results_make_room(results: BuildResults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.builds.reuse.results._KEPT", 2)
    for key in ("a", "b", "c"):
        results.store(key, stored())
    assert len(list(results.folder.iterdir())) == 2
