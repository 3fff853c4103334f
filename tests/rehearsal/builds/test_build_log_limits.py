"""A flood of lines is cut in the middle, and says so; a log of ordinary length is left alone."""

from collections.abc import Iterable
from pathlib import Path

from rehearsal.builds.logs.limits import Limited, Room
from rehearsal.builds.logs.log import Kept, LogFile

ROOM = Room(lines=100, characters=10_000)


def kept(lines: Iterable[str]) -> list[str]:
    sink = Kept()
    limited = Limited(sink, ROOM, more_in=Path("/logs/1.log"))
    for line in lines:
        limited.write(line)
    limited.close()
    limited.close()
    return sink.lines


def test_an_ordinary_log_is_passed_on_as_it_is() -> None:
    lines = [f"line {number}" for number in range(100)]
    assert kept(lines) == lines


def test_a_long_log_loses_nothing_while_its_end_is_small() -> None:
    lines = [f"line {number}" for number in range(500)]
    found = kept(lines)
    assert [line for line in found if line.startswith("line")] == lines
    assert found[100].startswith("[Slipway] This log is long")


def test_a_flood_keeps_its_beginning_and_its_end_and_counts_the_rest() -> None:
    found = kept(f"line {number}" for number in range(50_000))
    assert found[:100] == [f"line {number}" for number in range(100)]
    assert found[-2000:] == [f"line {number}" for number in range(48_000, 50_000)]
    assert found[101] == "[Slipway] 47900 lines are left out here; see /logs/1.log"
    assert len(found) == 100 + 2 + 2000


def test_few_long_lines_are_a_flood_as_well() -> None:
    found = kept("x" * 60_000 for _ in range(1000))
    assert sum(map(len, found)) < 2 << 20
    assert any("lines are left out here" in line for line in found)


def test_the_file_of_a_log_has_an_end_too(tmp_path: Path) -> None:
    limited = Limited(LogFile(tmp_path / "1.log"), ROOM)
    for number in range(50_000):
        limited.write(f"line {number}")
    limited.close()
    lines = (tmp_path / "1.log").read_text().splitlines()
    assert len(lines) == 100 + 2 + 2000
    assert lines[101] == "[Slipway] 47900 lines are left out here"


def test_a_full_disk_costs_the_rest_of_the_file_and_not_the_build() -> None:
    full = LogFile(Path("/dev/full"))
    full.write("line")
    full.close()
