"""One line for each check, and nobody left behind."""

import os
from collections.abc import Callable, Generator, Iterator

import pytest

from tests.smoke.second_brain.deployment import Deployment
from tests.smoke.second_brain.discord import Discord
from tests.smoke.second_brain.people import People, Person
from tests.smoke.second_brain.quality import Quality

_QUALITY = pytest.StashKey[Quality]()


@pytest.fixture(scope="session")
def deployment() -> Deployment:
    return Deployment.of(os.environ)


@pytest.fixture(scope="session")
def people(deployment: Deployment) -> Iterator[People]:
    people = People(deployment)
    yield people
    problems = people.leave()
    assert not problems, f"not everything was cleaned up: {'; '.join(problems)}"


@pytest.fixture(scope="session")
def ann(people: People) -> Person:
    return people.join()


@pytest.fixture(scope="session")
def ben(people: People) -> Person:
    """Of another family."""
    return people.join()


@pytest.fixture(scope="session")
def discord(deployment: Deployment) -> Discord:
    return Discord(deployment=deployment)


@pytest.fixture(scope="session")
def quality(
    request: pytest.FixtureRequest, record_testsuite_property: Callable[[str, object], None]
) -> Iterator[Quality]:
    """Told below the checks and kept in the report of the build."""
    measured = request.config.stash[_QUALITY] = Quality()
    yield measured
    record_testsuite_property("quality", measured.figure)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    measured = config.stash.get(_QUALITY, None)
    if measured is None or not measured.figure:
        return
    for line in measured.lines:
        terminalreporter.write_line(line)
    terminalreporter.write_line(f"QUALITY of what the model was asked: {measured.figure}; it stops nothing")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or report.failed:
        _tell(item, report)
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """No dots: the lines tell."""
    return ("passed", "", "") if report.when == "call" and report.passed else None


def _tell(item: pytest.Item, report: pytest.TestReport) -> None:
    terminal = item.config.pluginmanager.getplugin("terminalreporter")
    if terminal is None:
        return
    check = (item.obj.__doc__ or item.name).splitlines()[0]  # type: ignore[attr-defined]
    outcome = "ok    " if report.passed else "FAILED"
    when = " (cleaning up)" if report.when == "teardown" else ""
    terminal.ensure_newline()
    terminal.write_line(f"{outcome} {check}{when}  {report.duration:.1f} s")
