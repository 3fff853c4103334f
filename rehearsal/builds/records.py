"""Builds and projects as CodeBuild's API returns them."""

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.builds.handover import Outcome
from rehearsal.builds.project import Project, Record
from rehearsal.builds.reports.formats import Report
from rehearsal.builds.running.phases import PhaseResult
from rehearsal.builds.site import BuildIdentity

_PROJECT_ONLY = ("source", "secondarySources", "artifacts", "secondaryArtifacts", "cache", "environment")


def new_build(project: Project, identity: BuildIdentity, *, started: float) -> dict[str, Any]:
    """The record has all keys from the start, because the emulator may copy it while it changes."""
    found = project.record
    logs = project.logs
    stream = f"{logs.stream}/{identity.uuid}" if logs.stream else identity.uuid
    return {
        **{name: found[name] for name in _PROJECT_ONLY if name in found},
        "id": identity.id,
        "arn": identity.arn,
        "buildNumber": identity.number,
        "projectName": project.name,
        "startTime": started,
        "endTime": None,
        "currentPhase": "SUBMITTED",
        "buildStatus": "IN_PROGRESS",
        "buildComplete": False,
        "phases": [],
        "sourceVersion": project.source.version,
        "resolvedSourceVersion": "",
        "serviceRole": project.service_role,
        "timeoutInMinutes": project.timeout_minutes,
        "queuedTimeoutInMinutes": project.queued_timeout_minutes,
        "initiator": identity.initiator,
        "encryptionKey": project.encryption_key,
        "exportedEnvironmentVariables": [],
        "reportArns": [],
        "logs": {
            "groupName": logs.group,
            "streamName": stream,
            "cloudWatchLogsArn": f"arn:aws:logs:{project.region}:{project.account}:log-group:{logs.group}"
            f":log-stream:{stream}",
            "cloudWatchLogs": {"status": "ENABLED" if logs.enabled else "DISABLED"},
        },
    }


def show_phases(record: dict[str, Any], results: Sequence[PhaseResult]) -> None:
    record["phases"] = [_phase(result) for result in results]
    record["currentPhase"] = results[-1].name


def show_end(record: dict[str, Any], outcome: Outcome, *, ended: float, report_arns: Sequence[str]) -> None:
    record["exportedEnvironmentVariables"] = [
        {"name": name, "value": value} for name, value in outcome.exported_variables.items()
    ]
    record["reportArns"] = list(report_arns)
    record["endTime"] = ended
    record["currentPhase"] = "COMPLETED"
    record["buildComplete"] = True
    record["buildStatus"] = outcome.status


def without_nothing(record: Record) -> dict[str, Any]:
    """The record as the API returns it, without keys that have no value yet."""
    return {name: value for name, value in record.items() if value is not None}


def report_record(report: Report, *, arn: str, group_arn: str, build_arn: str, now: float) -> dict[str, Any]:
    common = {
        "arn": arn,
        "name": arn.rpartition("/")[2],
        "reportGroupArn": group_arn,
        "executionId": build_arn,
        "status": report.status,
        "created": now,
        "truncated": False,
    }
    if report.is_coverage:
        return {**common, "type": "CODE_COVERAGE", "codeCoverageSummary": _coverage(report)}
    return {**common, "type": "TEST", "testSummary": _tests(report)}


def _tests(report: Report) -> Mapping[str, Any]:
    counts = report.counts
    return {
        "total": counts.total,
        "statusCounts": {
            "SUCCEEDED": counts.succeeded,
            "FAILED": counts.failed,
            "ERROR": counts.error,
            "SKIPPED": counts.skipped,
            "UNKNOWN": 0,
        },
        "durationInNanoSeconds": 0,
    }


def _coverage(report: Report) -> Mapping[str, Any]:
    covered, missed = report.counts.lines_covered, report.counts.lines_missed
    return {
        "lineCoveragePercentage": 100 * covered / (covered + missed) if covered + missed else 0.0,
        "linesCovered": covered,
        "linesMissed": missed,
    }


def _phase(result: PhaseResult) -> dict[str, Any]:
    phase: dict[str, Any] = {"phaseType": result.name, "startTime": result.started}
    if result.ended is not None:
        phase["phaseStatus"] = result.status
        phase["endTime"] = result.ended
        phase["durationInSeconds"] = int(result.ended - result.started)
    if result.code or result.message:
        phase["contexts"] = [{"statusCode": result.code, "message": result.message}]
    return phase
