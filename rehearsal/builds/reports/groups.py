"""Report groups and reports of builds, stored in one file beside the embedded AWS's own state."""

import json
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.emulator.extension import ServiceError, ServiceRequest

Body = Mapping[str, Any]


@dataclass(frozen=True)
class ReportGroups:
    file: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, name: str, *, account: str, region: str, record: Body) -> str:
        """Create the group and return its ARN; an existing group is left unchanged."""
        arn = f"arn:aws:codebuild:{region}:{account}:report-group/{name}"
        with self._lock:
            stored = self._read()
            stored["groups"].setdefault(arn, {"type": "TEST", **record, "name": name, "arn": arn})
            self._write(stored)
        return arn

    def update(self, arn: str, record: Body) -> None:
        with self._lock:
            stored = self._read()
            stored["groups"][arn] = {**stored["groups"].get(arn, {}), **record}
            self._write(stored)

    def delete(self, arn: str) -> None:
        with self._lock:
            stored = self._read()
            stored["groups"].pop(arn, None)
            reports = stored["reports"]
            stored["reports"] = {
                name: item for name, item in reports.items() if item["reportGroupArn"] != arn
            }
            self._write(stored)

    def add_report(self, group_arn: str, make: Callable[[str], Body]) -> str:
        """Store the report that `make` returns for the new report's ARN."""
        arn = f"{group_arn.replace(':report-group/', ':report/')}:{uuid.uuid4()}"
        with self._lock:
            stored = self._read()
            stored["reports"][arn] = dict(make(arn))
            self._write(stored)
        return arn

    def answer(self, request: ServiceRequest) -> Body | None:
        """The response; None for operations on other resources than reports."""
        operation = _OPERATIONS.get(request.operation)
        return operation(self, request) if operation else None

    def _create_group(self, request: ServiceRequest) -> Body:
        payload = dict(request.payload)
        name = payload["name"]
        if f"{_place(request)}report-group/{name}" in self._read()["groups"]:
            raise ServiceError("ResourceAlreadyExistsException", f"Report group already exists: {name}")
        arn = self.create(name, account=request.account, region=request.region, record=payload)
        return {"reportGroup": self._read()["groups"][arn]}

    def _update_group(self, request: ServiceRequest) -> Body:
        arn = request.payload["arn"]
        self._require(arn, request)
        self.update(arn, {name: value for name, value in request.payload.items() if name != "arn"})
        return {"reportGroup": self._read()["groups"][arn]}

    def _delete_group(self, request: ServiceRequest) -> Body:
        arn = request.payload["arn"]
        if not arn.startswith(_place(request)):
            raise ServiceError("InvalidInputException", f"Invalid report group ARN: {arn}")
        reports = self._read()["reports"].values()
        if not request.payload.get("deleteReports") and any(it["reportGroupArn"] == arn for it in reports):
            raise ServiceError(
                "InvalidInputException", f"{arn} holds reports; delete them with it: deleteReports"
            )
        self.delete(arn)
        return {}

    def _require(self, arn: str, request: ServiceRequest) -> None:
        if not arn.startswith(_place(request)) or arn not in self._read()["groups"]:
            raise ServiceError("ResourceNotFoundException", f"Report group not found: {arn}")

    def _get_groups(self, request: ServiceRequest) -> Body:
        found, missing = _split(self._read()["groups"], request.payload["reportGroupArns"], request)
        return {"reportGroups": found, "reportGroupsNotFound": missing}

    def _list_groups(self, request: ServiceRequest) -> Body:
        return {"reportGroups": [arn for arn in self._read()["groups"] if arn.startswith(_place(request))]}

    def _get_reports(self, request: ServiceRequest) -> Body:
        found, missing = _split(self._read()["reports"], request.payload["reportArns"], request)
        return {"reports": found, "reportsNotFound": missing}

    def _list_reports(self, request: ServiceRequest) -> Body:
        place = _place(request)
        return {"reports": [arn for arn in reversed(self._read()["reports"]) if arn.startswith(place)]}

    def _list_reports_of_group(self, request: ServiceRequest) -> Body:
        group = request.payload["reportGroupArn"]
        self._require(group, request)
        reports = reversed(self._read()["reports"].items())
        return {"reports": [arn for arn, report in reports if report["reportGroupArn"] == group]}

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.file.read_text())
        except FileNotFoundError:
            return {"groups": {}, "reports": {}}
        return found

    def _write(self, stored: Body) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        pending = self.file.with_suffix(".new")
        pending.write_text(json.dumps(stored))
        pending.rename(self.file)


_OPERATIONS: Mapping[str, Callable[[ReportGroups, ServiceRequest], Body]] = {
    "CreateReportGroup": ReportGroups._create_group,
    "UpdateReportGroup": ReportGroups._update_group,
    "DeleteReportGroup": ReportGroups._delete_group,
    "BatchGetReportGroups": ReportGroups._get_groups,
    "ListReportGroups": ReportGroups._list_groups,
    "BatchGetReports": ReportGroups._get_reports,
    "ListReports": ReportGroups._list_reports,
    "ListReportsForReportGroup": ReportGroups._list_reports_of_group,
}


def _place(request: ServiceRequest) -> str:
    """The prefix of every ARN in this account and region."""
    return f"arn:aws:codebuild:{request.region}:{request.account}:"


def _split(known: Body, wanted: Sequence[str], request: ServiceRequest) -> tuple[list[Any], list[str]]:
    found = {arn: known[arn] for arn in wanted if arn in known and arn.startswith(_place(request))}
    return list(found.values()), [arn for arn in wanted if arn not in found]
