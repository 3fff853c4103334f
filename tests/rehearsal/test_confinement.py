"""What a confined process reaches, and that nothing of it outlives whoever started it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from rehearsal.confinement import Confinement, Way, ability, hidden_folders, start, tool_folders
from rehearsal.emulator.constant_gaps import constant_gaps
from rehearsal.home import tool_cache
from rehearsal.interpreters import person_home
from tests.patience import until
from tests.personal import TEXT, personal_file
from tests.processes import having
from tests.unconfined import without_bubblewrap


@pytest.fixture
def personal() -> Iterator[Path]:
    with personal_file() as file:
        yield file


def confined(folder: Path, *, secrets: tuple[Path, ...] = (), readable: tuple[Path, ...] = ()) -> Confinement:
    return Confinement(writable=(folder,), readable=readable, hidden=hidden_folders(*secrets))


def _way() -> Way:
    """Every test here needs one."""
    found = ability()
    assert found.way is not None, f"{found.reason}: {found.remedy}"
    return found.way


def run(command: str, confinement: Confinement, **environment: str) -> subprocess.CompletedProcess[str]:
    process = begin(command, confinement, **environment)
    output, _ = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, output)


def begin(command: str, confinement: Confinement, **environment: str) -> subprocess.Popen[str]:
    return start(
        ["sh", "-c", command],
        way=_way(),
        confinement=confinement,
        cwd=confinement.writable[0],
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_homes_and_secrets_are_not_there(tmp_path: Path, personal: Path) -> None:
    secret = tmp_path / "project" / ".slipway" / "secret"
    secret.parent.mkdir(parents=True)
    secret.write_text(TEXT)
    confinement = confined(tmp_path / "own", secrets=(secret.parent,))
    confinement.writable[0].mkdir()
    for file in (personal, secret):
        assert file.read_text() == TEXT
        assert "No such file" in run(f"cat {file}", confinement).stdout
    tool_cache().mkdir(parents=True, exist_ok=True)
    assert run(f"ls -A {tool_cache()}", confined(tmp_path / "own")).stdout == ""


def test_only_its_own_folders_are_written_to(tmp_path: Path) -> None:
    own, other, name = tmp_path / "own", Path(__file__).parent, uuid4().hex
    own.mkdir()
    for place in (other, person_home(), Path("/etc"), Path("/usr/local")):
        done = run(f"touch {place}/{name}", confined(own))
        assert done.returncode, place
        assert not (place / name).exists()
    assert run("touch here /tmp/there /var/tmp/there /dev/shm/there", confined(own)).returncode == 0
    assert (own / "here").exists()
    assert not Path("/tmp/there").exists()  # noqa: S108


def test_its_tmp_is_a_folder_that_can_be_read_from_outside(tmp_path: Path) -> None:
    own, temporary = tmp_path / "own", tmp_path / "own" / "tmp"
    temporary.mkdir(parents=True)
    confinement = Confinement(writable=(own,), temporary=temporary)
    assert run("echo made > /tmp/out && echo too > /var/tmp/out2", confinement).returncode == 0
    for path, text in (("/tmp/out", "made\n"), ("/var/tmp/out2", "too\n")):  # noqa: S108
        assert Path(confinement.outside(path)).read_text() == text
    assert confinement.outside(str(own / "x")) == str(own / "x")
    assert confinement.outside("relative/x") == "relative/x"


def test_it_sees_no_process_but_its_own(tmp_path: Path) -> None:
    done = run("cat /proc/[0-9]*/environ | tr '\\0' '\\n'; ls /proc | grep -c '^[0-9]'", confined(tmp_path))
    *environments, count = done.stdout.splitlines()
    way = ability().way
    assert way is not None
    assert int(count) < 10 or not way.own_proc
    assert not any(line.startswith("PYTEST_CURRENT_TEST=") for line in environments)
    assert "PYTEST_CURRENT_TEST" in os.environ
    assert run(f"kill -0 {os.getpid()}", confined(tmp_path)).returncode


def test_what_is_hidden_cannot_be_uncovered(tmp_path: Path, personal: Path) -> None:
    for way in (f"umount {person_home()}", f"unshare --user --map-root-user --mount umount {person_home()}"):
        done = run(f"{way}; cat {personal}", confined(tmp_path))
        assert TEXT not in done.stdout


def test_tools_of_the_search_path_run(tmp_path: Path) -> None:
    tools = tool_folders(os.environ["PATH"].split(os.pathsep))
    done = run("git --version && node --version && python3 --version", confined(tmp_path, readable=tools))
    assert done.returncode == 0, done.stdout


def test_a_tool_of_the_home_is_there_and_its_neighbours_are_not(tmp_path: Path, personal: Path) -> None:
    tool = personal.parent / personal.stem / "demo-1.0" / "bin" / "git"
    library = tool.parent.parent / "lib" / "words"
    for file, text in ((tool, "#!/bin/sh\ncat ${0%/bin/*}/lib/words\n"), (library, "from the library\n")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    tool.chmod(0o755)
    done = run(f"{tool}; cat {personal}", confined(tmp_path, readable=tool_folders([str(tool.parent)])))
    shutil.rmtree(personal.parent / personal.stem)
    assert done.stdout.splitlines()[0] == "from the library"
    assert "No such file" in done.stdout


def test_a_home_on_the_search_path_stays_hidden(tmp_path: Path, personal: Path) -> None:
    tools = tool_folders([str(Path.home()), str(Path.home().parent), "/"])
    assert "No such file" in run(f"cat {personal}", confined(tmp_path, readable=tools)).stdout


def test_a_missing_program_and_one_of_another_processor_are_refused_at_once(tmp_path: Path) -> None:
    foreign = tmp_path / "bootstrap"
    head = bytearray(Path(sys.executable).read_bytes()[:64])
    head[18:20] = (0xF3, 0x7F)
    foreign.write_bytes(head)
    foreign.chmod(0o755)
    for command, error in (("/no/such/program", FileNotFoundError), (str(foreign), OSError)):
        with pytest.raises(error):
            start([command], way=_way(), confinement=confined(tmp_path), cwd=tmp_path, env=dict(os.environ))


def test_a_signal_reaches_the_command_and_its_status_comes_back(tmp_path: Path) -> None:
    process = begin(
        "trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.01; done", confined(tmp_path)
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert (process.stdout.read(), process.wait()) == ("asked\n", 7)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_one_that_is_ended_at_once_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """bubblewrap's second process does not yet depend on the first in its first moments."""
    mark = uuid4().hex
    for _ in range(50):
        process = begin("sleep 300", confined(tmp_path), MARK=mark)
        process.send_signal(number)
        process.communicate()
    until(lambda: not having(f"MARK={mark}"), lambda: str(having(f"MARK={mark}")))


def test_what_left_its_session_ends_with_the_command(tmp_path: Path) -> None:
    mark = uuid4().hex
    assert run("setsid sleep 300 > /dev/null 2>&1 & true", confined(tmp_path), MARK=mark).returncode == 0
    until(lambda: not having(f"MARK={mark}"), "the process is still there")


STARTER = """
import json, os, subprocess, sys, threading
from pathlib import Path
from rehearsal.emulator.constant_gaps import constant_gaps
from rehearsal.confinement import Confinement, ability, start
def go():
    start(["sh", "-c", "setsid sleep 300 & setsid sh -c 'trap : TERM; sleep 300; sleep 300' & sleep 300"],
          way=ability().way, confinement=Confinement(writable=(Path(sys.argv[1]),)),
          cwd=Path(sys.argv[1]), env=dict(os.environ))
thread = threading.Thread(target=go)
thread.start()
thread.join()
print("started", flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_everything_ends_with_whoever_started_it(tmp_path: Path, number: signal.Signals) -> None:
    """The thread that asked for the process has ended long before; only the end of the process counts."""
    mark = uuid4().hex
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "MARK": mark},
    )
    assert starter.stdout is not None
    assert starter.stdout.readline() == "started\n"
    until(lambda: len(having(f"MARK={mark}")) >= 7, lambda: str(having(f"MARK={mark}")))
    starter.send_signal(number)
    starter.wait()
    until(lambda: not having(f"MARK={mark}"), "a process outlived whoever started it")


def test_without_bubblewrap_it_says_so_and_what_to_do() -> None:
    with without_bubblewrap():
        assert ability().way is None
        assert "bwrap" in ability().reason
        assert "apt-get install bubblewrap" in ability().remedy
        [gap] = [gap for gap in constant_gaps(enforces_iam=True) if gap.subject == "confinement"]
        assert gap.reason.startswith("steps are not confined: there is no bubblewrap")
