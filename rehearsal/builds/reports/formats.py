"""Test and coverage reports, counted from the formats that CodeBuild reads."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.archive import lies_within
from rehearsal.builds.buildspec.model import COVERAGE_FORMATS, ReportSpec
from rehearsal.builds.files.paths import folders_matching, matching


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Tests by result, or lines by whether a test covered them."""

    succeeded: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    lines_covered: int = 0
    lines_missed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    @property
    def total(self) -> int:
        return self.succeeded + self.failed + self.error + self.skipped


@dataclass(frozen=True, kw_only=True)
class Report:
    group: str
    file_format: str
    counts: Counts = Counts()
    files: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())

    @property
    def is_coverage(self) -> bool:
        return self.file_format in COVERAGE_FORMATS

    @property
    def status(self) -> str:
        if self.problems or not self.files:
            return "INCOMPLETE"
        return "FAILED" if self.counts.failed or self.counts.error else "SUCCEEDED"

    def __str__(self) -> str:
        if self.problems:
            return f"{self.group}: {'; '.join(self.problems)}"
        counts = self.counts
        if self.is_coverage:
            lines = counts.lines_covered + counts.lines_missed
            share = 100 * counts.lines_covered / lines if lines else 0.0
            return f"{self.group}: {share:.1f} % of {lines} lines covered"
        bad = [
            f"{count} {name}" for name in ("failed", "error", "skipped") if (count := getattr(counts, name))
        ]
        return f"{self.group}: {counts.succeeded} of {counts.total} tests succeeded" + "".join(
            f", {text}" for text in bad
        )


def read_report(spec: ReportSpec, source: Path, *, readable: tuple[Path, ...] = ()) -> Report:
    """Parse a report; an empty or unreadable one reports the problem and never fails the build.

    Files outside the source and the `readable` folders are not read, even through links.
    """
    folders = readable or (source,)  # the build may have replaced the source by a link
    named = folders_matching(source, spec.base_directory or ".")
    bases = [base for base in named if lies_within(base, *folders)]
    found = (base / path for base in bases for path in matching(base, spec.files, readable=folders))
    files = [path for path in found if path.is_file() and lies_within(path, *folders)]
    report = Report(
        group=spec.group,
        file_format=spec.file_format,
        files=tuple(path.name if spec.discard_paths else str(path.relative_to(source)) for path in files),
    )
    if not files:
        return _with_problem(report, "no report files found")
    try:
        counts = sum(map(_READERS[spec.file_format], files), Counts())
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        ET.ParseError,
    ) as problem:
        return _with_problem(report, f"not readable as {spec.file_format} ({problem})")
    return Report(group=report.group, file_format=report.file_format, counts=counts, files=report.files)


def _with_problem(report: Report, problem: str) -> Report:
    return Report(group=report.group, file_format=report.file_format, files=report.files, problems=(problem,))


def _junit(path: Path) -> Counts:
    return _sum(_junit_case(case) for case in _xml(path).iter("testcase"))


def _junit_case(case: ET.Element) -> Counts:
    kinds = {"failure": Counts(failed=1), "error": Counts(error=1), "skipped": Counts(skipped=1)}
    return next((kinds[child.tag] for child in case if child.tag in kinds), Counts(succeeded=1))


def _cucumber(path: Path) -> Counts:
    scenarios = [scenario for feature in json.loads(path.read_bytes()) for scenario in feature["elements"]]
    steps = (
        [step.get("result", {}).get("status", "undefined") for step in scenario.get("steps", [])]
        for scenario in scenarios
        if scenario.get("type") != "background"
    )
    return _sum(map(_cucumber_scenario, steps))


def _cucumber_scenario(steps: Sequence[str]) -> Counts:
    if "failed" in steps:
        return Counts(failed=1)
    if set(steps) & {"skipped", "pending", "undefined", "ambiguous"}:
        return Counts(skipped=1)
    return Counts(succeeded=1)


def _by_attribute(tag: str, attribute: str, meanings: Mapping[str, str]) -> Callable[[Path], Counts]:
    """A parser for formats that write each test as an element with the result in an attribute."""

    def read(path: Path) -> Counts:
        ends = (element.get(attribute, "") for element in _xml(path).iter() if _plain(element.tag) == tag)
        return _sum(Counts(**{meanings.get(end.lower(), "error"): 1}) for end in ends)

    return read


def _testng(path: Path) -> Counts:
    meanings = {"pass": "succeeded", "fail": "failed", "skip": "skipped"}
    methods = (item for item in _xml(path).iter("test-method") if item.get("is-config") != "true")
    return _sum(Counts(**{meanings[method.attrib["status"].lower()]: 1}) for method in methods)


def _cobertura(path: Path) -> Counts:
    root = _xml(path)
    valid, covered = int(root.attrib["lines-valid"]), int(root.attrib["lines-covered"])
    return Counts(lines_covered=covered, lines_missed=valid - covered)


def _clover(path: Path) -> Counts:
    metrics = _xml(path).find("project/metrics")
    if metrics is None:
        raise ValueError("it has no project/metrics")
    covered = int(metrics.attrib["coveredstatements"])
    return Counts(lines_covered=covered, lines_missed=int(metrics.attrib["statements"]) - covered)


def _jacoco(path: Path) -> Counts:
    lines = next(item for item in _xml(path).findall("counter") if item.get("type") == "LINE")
    return Counts(lines_covered=int(lines.attrib["covered"]), lines_missed=int(lines.attrib["missed"]))


def _simplecov(path: Path) -> Counts:
    suites: Mapping[str, Any] = json.loads(path.read_bytes())
    hits = [
        hit
        for suite in suites.values()
        for found in suite["coverage"].values()
        for hit in (found["lines"] if isinstance(found, dict) else found)
        if hit is not None
    ]
    return Counts(lines_covered=sum(hit > 0 for hit in hits), lines_missed=sum(hit == 0 for hit in hits))


_NUNIT2 = {
    "success": "succeeded",
    "failure": "failed",
    "ignored": "skipped",
    "skipped": "skipped",
    "inconclusive": "skipped",
}
_NUNIT3 = {"passed": "succeeded", "failed": "failed", "skipped": "skipped", "inconclusive": "skipped"}
_TRX = {
    "passed": "succeeded",
    "failed": "failed",
    "notexecuted": "skipped",
    "inconclusive": "skipped",
}
_READERS: Mapping[str, Callable[[Path], Counts]] = {
    "JUNITXML": _junit,
    "CUCUMBERJSON": _cucumber,
    "NUNITXML": _by_attribute("test-case", "result", _NUNIT2),
    "NUNIT3XML": _by_attribute("test-case", "result", _NUNIT3),
    "TESTNGXML": _testng,
    "VISUALSTUDIOTRX": _by_attribute("UnitTestResult", "outcome", _TRX),
    "CLOVERXML": _clover,
    "COBERTURAXML": _cobertura,
    "JACOCOXML": _jacoco,
    "SIMPLECOV": _simplecov,
}


def _sum(counts: Any) -> Counts:
    return sum(counts, Counts())


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]


def _xml(path: Path) -> ET.Element:
    """Safe for untrusted files: expat limits entity expansion, and the build runs on this machine anyway."""
    return ET.parse(path).getroot()  # noqa: S314
