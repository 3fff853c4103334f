"""One shell for all commands of a build: what lives on, what is killed, and what the log shows."""

import contextlib
import os
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.builds.logs.masking import MaskedLines, Masker
from rehearsal.builds.running.shell import BuildInterruptedError, Shell, StopSignal
from rehearsal.confinement import Confinement
from rehearsal.home import Home
from rehearsal.processes import Processes
from tests.patience import until
from tests.processes import having
from tests.rehearsal.builds.identity import PROJECT
from tests.unconfined import without_bubblewrap

BUILD = f"{PROJECT}:0001"
MARK = f"CODEBUILD_BUILD_ID={BUILD}"


class Bench:
    """A shell with what it wrote."""

    def __init__(self, folder: Path, program: str) -> None:
        self.written = b""
        self.stop = StopSignal()
        self.folder = folder
        self.shell = self.make(program)

    def make(self, program: str, *, seconds: float = 60) -> Shell:
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        return Shell(
            program=program,
            environment={"PATH": os.environ["PATH"], "CODEBUILD_BUILD_ID": BUILD},
            directory=self.folder,
            scratch=scratch,
            kept=scratch,
            output=self.keep,
            stop=self.stop,
            deadline=time.monotonic() + seconds,
            build=BUILD,
            mark=MARK,
            processes=Processes(Home(self.folder / "rehearsal")),
            confinement=Confinement(writable=(self.folder,), temporary=None),
        )

    def keep(self, chunk: bytes) -> None:
        self.written += chunk

    @property
    def text(self) -> str:
        return self.written.decode()


@pytest.fixture(params=["sh", "bash", "sh, not confined"])
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    program, _, unconfined = request.param.partition(",")
    with without_bubblewrap() if unconfined else contextlib.nullcontext():
        bench = Bench(tmp_path, program)
        yield bench
        bench.shell.close()
        bench.stop.close()


def marked_processes() -> list[int]:
    return having(MARK)


def test_variables_and_directory_live_on(bench: Bench) -> None:
    bench.shell.run("mkdir -p deep && cd deep && TAG=v1 && export LEVEL='a \"b\" $c'")
    bench.shell.run('echo "$TAG $LEVEL $(basename "$PWD") $(printenv TAG)"')
    assert bench.text == 'v1 a "b" $c deep v1\n'


def test_status_output_and_standard_error(bench: Bench) -> None:
    assert bench.shell.run("echo out; echo err >&2; (exit 7)") == 7
    assert bench.shell.run("read line || echo no input") == 0
    assert bench.text == "out\nerr\nno input\n"


@pytest.mark.parametrize(("command", "status"), [("exit 0", 0), ("exit 3", 3), ("set -e; false", 1)])
def test_a_command_that_ends_the_shell_ends_only_itself(bench: Bench, command: str, status: int) -> None:
    bench.shell.run("mkdir sub; cd sub; KEPT='x\ny'")
    assert bench.shell.run(f"LATE=1\n{command}") == status
    assert bench.shell.run('echo "$KEPT,$LATE,$(basename "$PWD")"') == 0
    assert bench.text == "x\ny,1,sub\n"


def test_a_syntax_error_is_a_failed_command(bench: Bench) -> None:
    assert bench.shell.run("if then") != 0
    assert bench.shell.run("echo alive") == 0
    assert bench.text.endswith("alive\n")


def test_values_keep_quotes_and_newlines(bench: Bench) -> None:
    bench.shell.run("""set -eu; A='it'"'"'s "q"'; B='one\ntwo=2\n'; C=''""")
    assert bench.shell.values(["A", "B", "C", "UNSET"]) == {"A": 'it\'s "q"', "B": "one\ntwo=2\n", "C": ""}


def test_texts_are_expanded_as_between_double_quotes(bench: Bench) -> None:
    bench.shell.run("STAGE=dev")
    assert bench.shell.expand(["**/*", 'a-$STAGE-"b"', "$(echo cmd) `echo tick`"]) == (
        "**/*",
        'a-dev-"b"',
        "cmd tick",
    )


def test_a_background_process_does_not_hold_the_build_up(bench: Bench) -> None:
    assert bench.shell.run("(while :; do echo tick; sleep 0.01; done) &") == 0
    assert bench.shell.run("echo next") == 0
    bench.shell.close()
    assert marked_processes() == []


def test_nothing_is_left_after_the_end(bench: Bench) -> None:
    bench.shell.run("sleep 300 & setsid sleep 300 & (setsid sh -c 'trap \"\" TERM; sleep 300' &) ; true")
    until(lambda: len(marked_processes()) >= 4, "not every process came up")
    bench.shell.close()
    assert marked_processes() == []


def test_stopping_kills_a_running_command_and_its_children(bench: Bench) -> None:
    def stop_once_started() -> None:
        until(lambda: bench.text == "started\n", "the command did not start")
        bench.stop.set()

    threading.Thread(target=stop_once_started).start()
    with pytest.raises(BuildInterruptedError) as interrupted:
        bench.shell.run("setsid sleep 300 & echo started; sleep 300")
    assert interrupted.value.status == "STOPPED"
    assert bench.text == "started\n"
    assert marked_processes() == []


def test_stopping_asks_every_process_first(bench: Bench) -> None:
    """Those in the background too; the shell itself ends, and with it nothing else."""

    def stop_once_started() -> None:
        until(lambda: bench.text.count("ready") == 2, "the commands did not start")
        bench.stop.set()

    asked = "trap 'sleep 0.3; echo asked > {0}; exit' TERM; echo ready; while :; do sleep 0.01; done"
    (bench.folder / "background.sh").write_text(asked.format("background"))
    (bench.folder / "foreground.sh").write_text(asked.format("foreground"))
    threading.Thread(target=stop_once_started).start()
    with pytest.raises(BuildInterruptedError):
        bench.shell.run("setsid sh background.sh & sh foreground.sh")
    assert (bench.folder / "background").exists()
    assert (bench.folder / "foreground").exists()
    assert marked_processes() == []


def test_running_out_of_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "sh")
    shell = bench.make("sh", seconds=0.3)
    with pytest.raises(BuildInterruptedError) as interrupted:
        shell.run("sleep 300")
    assert interrupted.value.status == "TIMED_OUT"
    assert marked_processes() == []


def test_running_out_of_time_under_a_flood_of_output(tmp_path: Path) -> None:
    """A reader that waits for more after each piece finds output ready whenever it looks."""
    bench = Bench(tmp_path, "sh")
    shell = bench.make("sh", seconds=0.5)

    def await_more(_: bytes) -> None:
        select.select([shell._read_output], [], [], 5)

    shell._output = await_more
    with pytest.raises(BuildInterruptedError) as interrupted:
        shell.run("timeout 20 yes")
    assert interrupted.value.status == "TIMED_OUT"
    assert marked_processes() == []


def masked(secrets: list[str], *chunks: bytes) -> list[str]:
    lines = MaskedLines(Masker(secrets))
    return [line for chunk in chunks for line in lines.feed(chunk)] + list(lines.flush())


def test_a_secret_split_over_chunks_is_masked() -> None:
    assert masked(["s3cr3t!"], b"key=s3", b"cr", b"3t! end\nnext") == ["key=*** end", "next"]


def test_a_secret_on_the_edge_of_an_endless_line_is_masked() -> None:
    edge = MaskedLines.LONGEST_LINE
    for shift in range(-12, 12):
        text = b"." * (edge + shift) + b"s3cr3t!" + b"." * 200
        lines = masked(["s3cr3t!"], *(text[index : index + 97] for index in range(0, len(text), 97)))
        assert "s3cr3t!" not in "".join(lines)
        assert "".join(lines).count("***") == 1


def test_what_is_masked() -> None:
    secret = 'two "words"\nand more'
    assert masked([secret], b'{"p": "two \\"words\\"\\nand more"}') == ['{"p": "***"}']
    assert masked([secret], b'two "words"\nand more') == ["***", "***"]
    assert masked(["a b"], b"?p=a%20b") == ["?p=***"]
    assert masked([], b"id AKIAIOSFODNN7EXAMPLE, ASIA too") == ["id ***, ASIA too"]
    assert masked(["abc", "abcdef"], b"abcdef") == ["***"]
    assert masked(["", "1"], b"1 is no secret") == ["1 is no secret"]


def test_characters_split_over_chunks_stay_whole() -> None:
    assert masked([], "größe".encode()[:3], "größe".encode()[3:]) == ["größe"]
