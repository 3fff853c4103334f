"""Child processes end with the embedded AWS, confined or not, and are known while they run."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from rehearsal.confinement import Confinement
from rehearsal.home import Home
from rehearsal.processes import Child, Processes, end, end_left_behind, kernel, living
from tests.patience import until
from tests.personal import TEXT, personal_file
from tests.processes import having
from tests.unconfined import without_bubblewrap

MARK = "SUPERVISED"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / ".slipway")


@pytest.fixture
def mark() -> Iterator[str]:
    """An entry of the environment of all that a test starts, which is gone at its end."""
    found = f"{MARK}={uuid4().hex}"
    yield found
    for pid in having(found):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def begin(home: Home, command: str, mark: str, *, child: Child | None = None) -> subprocess.Popen[bytes]:
    name, _, value = mark.partition("=")
    return Processes(home).start(
        child or Child(kind="function", name="answers"),
        ["/bin/sh", "-c", command],
        cwd=Path("/"),
        env={"PATH": os.environ["PATH"], name: value},
    )


def test_what_runs_is_known_by_kind_name_address_and_log(home: Home, mark: str, tmp_path: Path) -> None:
    child = Child(kind="agent", name="chat", address="127.0.0.1:8080", log=tmp_path / "chat.log")
    process = begin(home, "sleep 300", mark, child=child)
    (entry,) = living(home.processes)
    assert (entry.kind, entry.name, entry.address, entry.log) == (
        "agent", "chat", "127.0.0.1:8080", str(tmp_path / "chat.log"),
    )  # fmt: skip
    assert (entry.pid, entry.owner, entry.has_owner) == (process.pid, os.getpid(), True)
    process.kill()
    process.wait()
    assert living(home.processes) == []


def test_the_registry_does_not_grow_and_is_for_its_owner_only(home: Home, mark: str) -> None:
    for _ in range(5):
        begin(home, "true", mark).wait()
    last = begin(home, "sleep 300", mark)
    files = list(home.processes.iterdir())
    assert [file.name for file in files] == [f"{last.pid}.json"]
    assert files[0].stat().st_mode & 0o077 == 0
    last.kill()
    last.wait()


def test_a_process_without_an_entry_runs_all_the_same(home: Home, mark: str) -> None:
    home.root.mkdir()
    home.processes.write_text("not a folder")
    process = begin(home, "exit 3", mark)
    assert process.wait() == 3


def test_files_that_were_cut_off_or_foreign_are_no_obstacle(home: Home, mark: str) -> None:
    home.processes.mkdir(parents=True)
    (home.processes / "1.json").write_text('{"kind": "ag')
    (home.processes / "2.json").write_text("[1]")
    (home.processes / "3.json").write_text('{"pid": "x"}')
    assert living(home.processes) == []
    process = begin(home, "sleep 300", mark)
    assert [entry.pid for entry in living(home.processes)] == [process.pid]
    process.kill()
    process.wait()


def test_an_id_that_another_process_has_by_now_is_left_alone(home: Home, mark: str) -> None:
    """Its entry was left by a killed embedded AWS; the kernel gives ids out again."""
    foreign = subprocess.Popen(["sleep", "300"])
    ended = begin(home, "sleep 300", mark)
    ended.kill()
    ended.wait()
    (file,) = home.processes.iterdir()
    entry = {**json.loads(file.read_text()), "pid": foreign.pid, "owner": 2**22}
    file.write_text(json.dumps(entry))
    assert end_left_behind(home.processes, (home.root,)) == []
    assert foreign.poll() is None
    foreign.kill()
    foreign.wait()


def test_the_end_takes_descendants_along_that_left_the_group(home: Home, mark: str) -> None:
    process = begin(home, "sleep 300 & setsid sleep 300 & (setsid sh -c 'sleep 300' &) ; wait", mark)
    until(lambda: len(having(mark)) >= 4, "not every process came up")
    end(process, mark=mark)
    assert having(mark) == []


def test_a_killed_process_takes_its_group_along(home: Home, mark: str) -> None:
    process = begin(home, "sleep 300 & sleep 300", mark)
    until(lambda: len(having(mark)) >= 3, "not every process came up")
    process.kill()
    process.wait()
    until(lambda: having(mark) == [], "processes of the group still run")


@pytest.mark.parametrize("way", ["confined", "not confined"])
def test_nothing_outlives_a_killed_owner(home: Home, mark: str, way: str) -> None:
    """By the kernel or by the keeper, and without another start."""
    owner = _owner(home, mark, confined=way == "confined")
    until(lambda: len(having(mark)) >= 2, "not every process came up")
    owner.kill()
    owner.wait()
    until(lambda: having(mark) == [], "processes still run")


def test_the_keeper_asks_what_wants_to_be_asked(home: Home, mark: str, tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = f"trap 'echo asked > {told}; exit' INT; echo up > {tmp_path}/up; while :; do sleep 0.05; done"
    owner = _owner(home, mark, confined=False, command=command, ends_by="SIGINT")
    until((tmp_path / "up").exists, "it did not come up")
    owner.kill()
    owner.wait()
    until(told.exists, "it was not asked")


def test_the_next_start_ends_what_a_killed_keeper_left(home: Home, mark: str) -> None:
    owner = _owner(home, mark, confined=False)
    until(lambda: len(having(mark)) >= 2, "not every process came up")
    for pid in kernel.children(owner.pid):
        if mark not in kernel.environment(pid):
            os.kill(pid, signal.SIGKILL)  # the keeper
    owner.kill()
    owner.wait()
    (entry,) = living(home.processes)
    said = end_left_behind(home.processes, (home.root,))
    assert said == [
        f"The function answers (process {entry.pid}) of the last daemon was still running; it was ended."
    ]
    until(lambda: having(mark) == [], "processes still run")


def test_what_an_owner_still_needs_is_left_alone(home: Home, mark: str) -> None:
    process = begin(home, "sleep 300", mark)
    assert end_left_behind(home.processes, (home.root,)) == []
    assert process.poll() is None
    process.kill()
    process.wait()


def test_a_stray_that_lost_its_parent_is_ended_and_a_synth_of_the_person_is_not(home: Home) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home.root / "functions")}
    orphaned = subprocess.run(
        ["/bin/sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!"],
        env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    orphan = int(orphaned.stdout)
    with subprocess.Popen(["sleep", "600"], env=environment) as cared_for:
        said = end_left_behind(home.processes, (home.root,))
        assert cared_for.poll() is None
        cared_for.kill()
    assert len(said) == 1
    assert f"Process {orphan} (sleep)" in said[0]
    until(lambda: kernel.stat(orphan) is None, "the process still runs")


def test_a_part_of_a_build_here_is_ended_whoever_its_parent_is(tmp_path: Path, home: Home) -> None:
    def build_in(folder: Path) -> subprocess.Popen[bytes]:
        place = {"CODEBUILD_SRC_DIR": str(folder / "work" / "x"), "PATH": os.environ["PATH"]}
        return subprocess.Popen(["sleep", "300"], env=place)

    ours, other = build_in(tmp_path / "builds"), build_in(tmp_path / "builds-2")
    end_left_behind(home.processes, (tmp_path / "builds",))
    assert ours.wait() < 0
    assert other.poll() is None
    other.kill()
    other.wait()


def _owner(
    home: Home,
    mark: str,
    *,
    confined: bool,
    command: str = "setsid sleep 300 & sleep 300",
    ends_by: str = "SIGKILL",
) -> subprocess.Popen[bytes]:
    """A process that starts a child and waits, as the embedded AWS does."""
    name, _, value = mark.partition("=")
    home.root.mkdir(parents=True, exist_ok=True)
    own = home.root / "own"
    own.mkdir(exist_ok=True)
    place = Confinement(writable=(own,)) if confined else None
    program = f"""
import signal, time
from pathlib import Path, PosixPath
from rehearsal.confinement import Confinement
from rehearsal.home import Home
from rehearsal.processes import Child, Processes
Processes(Home(Path({str(home.root)!r}))).start(
    Child(kind="function", name="answers", ends_by=signal.{ends_by}),
    ["/bin/sh", "-c", {command!r}], cwd=Path({str(own)!r}), confinement={place!r},
    env={{"PATH": {os.environ["PATH"]!r}, "HOME": {str(own)!r}, {name!r}: {value!r}}},
)
time.sleep(600)
"""
    return subprocess.Popen([sys.executable, "-c", program])


def test_without_bubblewrap_it_runs_unconfined(home: Home, mark: str) -> None:
    name, _, value = mark.partition("=")
    own = home.root / "own"
    own.mkdir(parents=True)
    with personal_file() as file, without_bubblewrap():
        process = Processes(home).start(
            Child(kind="function", name="answers"),
            ["cat", str(file)],
            stdout=subprocess.PIPE,
            cwd=own,
            env={"PATH": os.environ["PATH"], name: value},
            confinement=Confinement(writable=(own,)),
        )
        assert process.communicate()[0] == TEXT.encode()
