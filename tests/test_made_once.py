"""What workers of a run share is made by one of them, and completely."""

from multiprocessing import get_context
from pathlib import Path
from time import sleep

import pytest

from tests.once import made_once


def test_it_is_made_by_the_first_who_asks(tmp_path_factory: pytest.TempPathFactory) -> None:
    def make(folder: Path) -> None:
        (folder / "content").write_text("made")

    first = made_once(tmp_path_factory, "once-first", make)
    assert made_once(tmp_path_factory, "once-first", lambda _: pytest.fail("made twice")) == first
    assert (first / "content").read_text() == "made"


def test_what_a_failed_attempt_leaves_is_no_result(tmp_path_factory: pytest.TempPathFactory) -> None:
    def breaks(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        made_once(tmp_path_factory, "once-broken", breaks)
    assert list(made_once(tmp_path_factory, "once-broken", lambda _: None).iterdir()) == []


def slowly(folder: Path) -> None:
    with (folder / "makers").open("a") as makers:
        makers.write("x")
    sleep(0.3)
    (folder / "complete").touch()


def test_two_processes_get_what_one_has_finished(tmp_path_factory: pytest.TempPathFactory) -> None:
    def ask() -> None:
        assert (made_once(tmp_path_factory, "once-shared", slowly) / "complete").exists()

    tmp_path_factory.getbasetemp()
    workers = [get_context("fork").Process(target=ask) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert (made_once(tmp_path_factory, "once-shared", slowly) / "makers").read_text() == "x"
