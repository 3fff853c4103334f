"""Each report format, counted from a small file as its tool writes it."""

from pathlib import Path

import pytest

from rehearsal.builds.buildspec.model import ReportSpec
from rehearsal.builds.reports.formats import Counts, Report, read_report

FORMATS = {
    "JUNITXML": (
        "<testsuites><testsuite><testcase/><testcase><failure/></testcase><testcase><error/></testcase>"
        "<testcase><skipped/></testcase><testcase><system-out/></testcase></testsuite></testsuites>",
        Counts(succeeded=2, failed=1, error=1, skipped=1),
    ),
    "CUCUMBERJSON": (
        '[{"elements": [{"type": "background", "steps": [{"result": {"status": "failed"}}]},'
        '{"steps": [{"result": {"status": "passed"}}]}, {"steps": [{"result": {"status": "failed"}}]},'
        '{"steps": [{}]}]}]',
        Counts(succeeded=1, failed=1, skipped=1),
    ),
    "NUNITXML": (
        '<test-results><test-suite><test-case result="Success"/><test-case result="Ignored"/></test-suite>'
        "</test-results>",
        Counts(succeeded=1, skipped=1),
    ),
    "NUNIT3XML": (
        '<test-run><test-case result="Passed"/><test-case result="Failed"/></test-run>',
        Counts(succeeded=1, failed=1),
    ),
    "TESTNGXML": (
        '<testng-results><test-method status="PASS" is-config="true"/><test-method status="FAIL"/>'
        "</testng-results>",
        Counts(failed=1),
    ),
    "VISUALSTUDIOTRX": (
        '<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>'
        '<UnitTestResult outcome="Passed"/><UnitTestResult outcome="NotExecuted"/></Results></TestRun>',
        Counts(succeeded=1, skipped=1),
    ),
    "CLOVERXML": (
        '<coverage><project><metrics statements="10" coveredstatements="7"/></project></coverage>',
        Counts(lines_covered=7, lines_missed=3),
    ),
    "COBERTURAXML": (
        '<coverage lines-valid="10" lines-covered="8"/>',
        Counts(lines_covered=8, lines_missed=2),
    ),
    "JACOCOXML": (
        '<report><counter type="BRANCH" missed="9" covered="9"/><counter type="LINE" missed="1" covered="4"/>'
        "</report>",
        Counts(lines_covered=4, lines_missed=1),
    ),
    "SIMPLECOV": (
        '{"rspec": {"coverage": {"a.rb": {"lines": [1, null, 0]}, "b.rb": [2]}}}',
        Counts(lines_covered=2, lines_missed=1),
    ),
}


def report(folder: Path, text: str, file_format: str) -> Report:
    (folder / "reports").mkdir()
    (folder / "reports/result.x").write_text(text)
    spec = ReportSpec(group="unit", files=("**/*",), base_directory="reports", file_format=file_format)
    return read_report(spec, folder)


@pytest.mark.parametrize("file_format", FORMATS)
def test_counts(tmp_path: Path, file_format: str) -> None:
    text, counts = FORMATS[file_format]
    found = report(tmp_path, text, file_format)
    assert found.problems == ()
    assert found.counts == counts
    assert found.files == ("reports/result.x",)


def test_how_a_report_reads(tmp_path: Path) -> None:
    found = report(tmp_path, FORMATS["JUNITXML"][0], "JUNITXML")
    assert str(found) == "unit: 2 of 5 tests succeeded, 1 failed, 1 error, 1 skipped"
    assert found.status == "FAILED"
    coverage = Report(group="cov", file_format="SIMPLECOV", counts=Counts(lines_covered=1, lines_missed=2))
    assert str(coverage) == "cov: 33.3 % of 3 lines covered"


@pytest.mark.parametrize("text", ["", "<broken", "[]"])
def test_an_unreadable_report_says_so(tmp_path: Path, text: str) -> None:
    found = report(tmp_path, text, "JUNITXML")
    assert found.status == "INCOMPLETE"
    assert "not readable as JUNITXML" in str(found)


def test_a_missing_report_says_so(tmp_path: Path) -> None:
    found = read_report(ReportSpec(group="unit", files=("*.xml",)), tmp_path)
    assert str(found) == "unit: no report files found"


@pytest.mark.parametrize(("discard", "files"), [(True, ("a.xml",)), (False, ("deep/a.xml",))])
def test_a_report_s_files_lose_their_folders_where_it_says_so(
    tmp_path: Path, discard: bool, files: tuple[str, ...]
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/a.xml").write_text("<testsuite/>")
    spec = ReportSpec(group="unit", files=("**/*.xml",), discard_paths=discard)
    assert read_report(spec, tmp_path).files == files


def test_a_report_outside_the_builds_folders_is_not_read(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (tmp_path / "person.xml").write_text("<testsuite><testcase/></testsuite>")
    (source / "linked.xml").symlink_to(tmp_path / "person.xml")
    for pattern in ("*.xml", "../person.xml"):
        report = read_report(ReportSpec(group="unit", files=(pattern,)), source)
        assert report.problems == ("no report files found",)
    found = read_report(ReportSpec(group="unit", files=("*.xml",)), source, readable=(tmp_path,))
    assert found.counts.succeeded == 1
