"""CodeBuild on the embedded AWS: `StartBuild` runs a real build.

The emulator's own operations for listing and deleting stay; they read the records that are written here.
Each build runs in a thread that updates its record with every phase.
"""

import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rehearsal.builds.environment.credentials import CredentialEndpoint
from rehearsal.builds.files.workspace import claim, tidy
from rehearsal.builds.handover import Handover, Outcome, take
from rehearsal.builds.idempotency import IdempotencyTokens
from rehearsal.builds.job import BuildJob
from rehearsal.builds.project import Project, Record, UnsupportedProjectError, project_from
from rehearsal.builds.records import new_build, report_record, show_end, show_phases, without_nothing
from rehearsal.builds.reports.formats import Report
from rehearsal.builds.reports.groups import ReportGroups
from rehearsal.builds.resources import ProjectResource, ReportGroupResource
from rehearsal.builds.reuse.calls import CallTracker
from rehearsal.builds.reuse.results import BuildResults
from rehearsal.builds.site import BuildIdentity, Site
from rehearsal.builds.store import BuildStore, EmulatorStore
from rehearsal.emulator.api_model import ApiModel
from rehearsal.emulator.extension import Cloud, NotExtendedError, ServiceError, ServiceRequest

Body = Mapping[str, Any]
API = ApiModel(service="codebuild", code="InvalidInputException")
_STOP_WITHIN = 10.0
_BUILD_ID = re.compile(
    r"(arn:aws[\w-]*:codebuild:[\w-]+:\d{12}:build/)?[A-Za-z0-9][\w-]{1,254}:[0-9a-fA-F-]{36}"
)


def attach(cloud: Cloud) -> None:
    claim(cloud.home)
    tidy(cloud.home.builds)
    tracker = CallTracker()
    cloud.layers.append(tracker.layer)
    store = EmulatorStore.find()
    groups = ReportGroups(cloud.home.state / "build-reports.json")
    site = Site(
        cloud=cloud, credentials=CredentialEndpoint(), tracker=tracker, results=BuildResults.of(cloud.home)
    )
    service = BuildService(site=site, store=store, groups=groups)
    cloud.register_service(
        "codebuild",
        target_prefix="CodeBuild_20161006",
        handler=API.handler(service.handle),
        iam_namespace="codebuild",
        resource_arn=API.resource_arn(resource_arn),
    )
    cloud.wrap_resource(
        "AWS::CodeBuild::Project", lambda native: ProjectResource(native=native, store=store, gaps=cloud.gaps)
    )
    cloud.register_resource(
        "AWS::CodeBuild::ReportGroup", ReportGroupResource(groups=groups, gaps=cloud.gaps)
    )
    cloud.on_shutdown(service.close)


@dataclass(frozen=True, kw_only=True)
class BuildService:
    site: Site
    store: BuildStore
    groups: ReportGroups
    _running: dict[str, tuple[BuildJob, threading.Thread]] = field(default_factory=dict)
    _tokens: IdempotencyTokens = field(default_factory=IdempotencyTokens)

    def handle(self, request: ServiceRequest) -> Body:
        answer = self.groups.answer(request)
        if answer is not None:
            return answer
        operation = _OPERATIONS.get(request.operation)
        if operation:
            return operation(self, request)
        if request.operation in _OF_THE_EMULATOR:
            raise NotExtendedError
        raise ServiceError(
            "InvalidInputException", self.site.refusals.noted(_not_supported(request.operation))
        )

    def close(self) -> None:
        """Stop running builds; no process of theirs outlives the daemon."""
        running = list(self._running.values())
        for job, _ in running:
            job.stop.set()
        for _, thread in running:
            thread.join(_STOP_WITHIN)
        self.site.credentials.close()

    def _create_project(self, request: ServiceRequest) -> Body:
        return {"project": self.store.create(request.payload)}

    def _update_project(self, request: ServiceRequest) -> Body:
        return {"project": self.store.update(request.payload)}

    def _start_build(self, request: ServiceRequest) -> Body:
        return self._tokens.once(request, lambda: self._start_with(request.payload))

    def _start_with(self, payload: Record) -> Body:
        project, handover = self._project(payload)
        return {"build": self._start(project, handover, started_with=payload)}

    def _retry_build(self, request: ServiceRequest) -> Body:
        return self._tokens.once(request, lambda: self._retry(request))

    def _retry(self, request: ServiceRequest) -> Body:
        payload = self._record(request)["startedWith"]
        if str(payload.get("sourceTypeOverride")) == "CODEPIPELINE":
            raise ServiceError(
                "InvalidInputException", "A build of a pipeline is retried by its pipeline: retry the stage."
            )
        project, handover = self._project(payload)
        return {"build": self._start(project, handover, started_with=payload)}

    def _stop_build(self, request: ServiceRequest) -> Body:
        record = self._record(request)
        if running := self._running.get(record["id"]):
            running[0].stop.set()
        return {"build": _shown(record)}

    def _record(self, request: ServiceRequest) -> dict[str, Any]:
        """The record of the request's build; RetryBuild's model does not require an id."""
        build_id = str(request.payload.get("id", ""))
        _check_build_ids([build_id])
        return self.store.build(build_id)

    def _get_builds(self, request: ServiceRequest) -> Body:
        wanted = request.payload["ids"]
        _check_build_ids(wanted)
        found = {name: record for name in wanted if (record := self.store.find_build(name))}
        return {
            "builds": [_shown(record) for record in found.values()],
            "buildsNotFound": [name for name in wanted if name not in found],
        }

    def _delete_builds(self, request: ServiceRequest) -> Body:
        """Delete builds; a running one is not deleted, as on AWS."""
        _check_build_ids(request.payload["ids"])
        answers = [(name, self._delete(name)) for name in request.payload["ids"]]
        kept = [{"id": name, "statusCode": code} for name, code in answers if code]
        return {"buildsDeleted": [name for name, code in answers if not code], "buildsNotDeleted": kept}

    def _delete(self, name: str) -> str:
        """Delete the build; returns the reason if it cannot be deleted, else an empty string."""
        record = self.store.find_build(name)
        if record is None:
            return "NOT_FOUND"
        if record["id"] in self._running:
            return "BUILD_IN_PROGRESS"
        del self.store.builds[record["id"]]
        return ""

    def _project(self, payload: Record) -> tuple[Project, Handover | None]:
        handover = take(str(payload.get("sourceLocationOverride", "")))
        try:
            project = project_from(self.store.project(payload["projectName"]), payload)
        except UnsupportedProjectError as error:
            raise ServiceError("InvalidInputException", self.site.refusals.noted(str(error))) from error
        if project.source.type == "CODEPIPELINE" and handover is None:
            raise ServiceError(
                "InvalidInputException",
                f"Project {project.name} gets its source from a pipeline: start the pipeline, or give this "
                "build a source of its own (--source-type-override S3 --source-location-override …).",
            )
        return project, handover

    def _start(self, project: Project, handover: Handover | None, *, started_with: Record) -> Body:
        build_id = f"{project.name}:{uuid.uuid4()}"
        identity = BuildIdentity(
            id=build_id,
            arn=f"arn:aws:codebuild:{project.region}:{project.account}:build/{build_id}",
            number=self.store.next_number(project.name),
            initiator=f"codepipeline/{handover.pipeline}" if handover else project.account,
        )
        record = new_build(project, identity, started=time.time())
        record["startedWith"] = dict(started_with)
        self.store.builds[build_id] = record
        job = BuildJob(
            site=self.site,
            project=project,
            identity=identity,
            handover=handover,
            changed=partial(show_phases, record),
        )
        thread = threading.Thread(target=self._run, args=(job, record), name=f"build {build_id}", daemon=True)
        self._running[build_id] = (job, thread)
        if handover:
            handover.stop = job.stop.set
        thread.start()
        return _shown(record)

    def _run(self, job: BuildJob, record: dict[str, Any]) -> None:
        try:
            outcome = job.run()
        except Exception:
            outcome = Outcome(status="FAULT")
            raise
        finally:
            self._running.pop(job.identity.id, None)
            arns = self._keep_reports(job, outcome)
            show_end(record, outcome, ended=time.time(), report_arns=arns)
            if job.handover:
                job.handover.finish(outcome)

    def _keep_reports(self, job: BuildJob, outcome: Outcome) -> list[str]:
        project, arns = job.project, []
        for report in outcome.reports:
            kind = "CODE_COVERAGE" if report.is_coverage else "TEST"
            name = report.group.rpartition(":report-group/")[2]
            group = self.groups.create(
                name if ":report-group/" in report.group else f"{project.name}-{name}",
                account=project.account,
                region=project.region,
                record={"type": kind, "exportConfig": {"exportConfigType": "NO_EXPORT"}},
            )
            make = _report_maker(report, group, job.identity.arn)
            arns.append(self.groups.add_report(group, make))
        return arns


_OPERATIONS: Mapping[str, Callable[[BuildService, ServiceRequest], Body]] = {
    "CreateProject": BuildService._create_project,
    "UpdateProject": BuildService._update_project,
    "StartBuild": BuildService._start_build,
    "RetryBuild": BuildService._retry_build,
    "StopBuild": BuildService._stop_build,
    "BatchGetBuilds": BuildService._get_builds,
    "BatchDeleteBuilds": BuildService._delete_builds,
}
_OF_THE_EMULATOR = (
    "BatchGetProjects", "ListProjects", "DeleteProject", "ListBuilds", "ListBuildsForProject",
)  # fmt: skip


def _not_supported(operation: str) -> str:
    remedy = "run the builds one by one" if "Batch" in operation else "leave it out"
    return f"{operation} is not supported by the rehearsal; {remedy}."


def _check_build_ids(names: Sequence[str]) -> None:
    for name in names:
        if not _BUILD_ID.fullmatch(name):
            raise ServiceError(
                "InvalidInputException",
                f"Invalid build ID: {name!r}. It is the project's name and a UUID with a colon between them, "
                "or the build's ARN.",
            )


def resource_arn(request: ServiceRequest) -> str:
    """The project or report group of an operation; a build id starts with the project's name."""
    payload = request.payload
    for key in ("reportGroupArn", "arn"):
        if key in payload:
            return str(payload[key])
    for key in ("reportGroupArns", "reportArns"):
        if payload.get(key):
            return _group_of(payload[key][0])
    names = payload.get("ids") or payload.get("names") or ()
    name = str(
        payload.get("projectName") or payload.get("name") or payload.get("id") or next(iter(names), "")
    )
    plain = name.rpartition(":build/")[2].rpartition(":project/")[2].partition(":")[0]
    kind = "report-group" if request.operation == "CreateReportGroup" else "project"
    return f"arn:aws:codebuild:{request.region}:{request.account}:{kind}/{plain}" if plain else "*"


def _group_of(arn: str) -> str:
    """The report group of a report, because policies name groups; a report's ARN extends its group's."""
    place, separator, name = arn.partition(":report/")
    return f"{place}:report-group/{name.rpartition(':')[0]}" if separator else arn


def _report_maker(report: Report, group: str, build_arn: str) -> Callable[[str], Body]:
    return lambda arn: report_record(report, arn=arn, group_arn=group, build_arn=build_arn, now=time.time())


def _shown(record: Record) -> Body:
    shown = without_nothing(record)
    shown.pop("startedWith", None)
    return shown
