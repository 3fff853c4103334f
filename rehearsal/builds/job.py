"""Runs one build from submission to end.

SUBMITTED, QUEUED            recorded
PROVISIONING                 a free slot, the service role, the log
DOWNLOAD_SOURCE              sources, buildspec, variables; all inputs are known now, and the result of
                             an earlier build may be reused
INSTALL … UPLOAD_ARTIFACTS   `runner`
FINALIZING                   all processes have ended, caches are saved
"""

import contextlib
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rehearsal.builds.environment.access import ServiceRole
from rehearsal.builds.environment.credentials import TemporaryKey
from rehearsal.builds.files.caching import Caching
from rehearsal.builds.files.declared_reads import READS
from rehearsal.builds.files.workspace import Workspace, discard, occupied
from rehearsal.builds.handover import Handover, Outcome
from rehearsal.builds.logs.cloudwatch import CloudWatchSink
from rehearsal.builds.logs.hints import FailureHints
from rehearsal.builds.logs.limits import IN_FILE, IN_MEMORY, ON_DISK, Limited, Room
from rehearsal.builds.logs.log import BuildLog, Kept, Lines, LogFile, LogSink
from rehearsal.builds.logs.masking import Masker
from rehearsal.builds.preparation import Preparation, Prepared
from rehearsal.builds.project import Project, gaps_of
from rehearsal.builds.reports.formats import Report
from rehearsal.builds.reuse.calls import BuildCalls
from rehearsal.builds.reuse.results import StoredResult
from rehearsal.builds.runner import Runner, RunResult
from rehearsal.builds.running.phases import PhaseError, PhaseResult, PhaseTrail, Status
from rehearsal.builds.running.shell import BuildInterruptedError, Shell, StopSignal
from rehearsal.builds.site import BuildIdentity, Site
from rehearsal.model.results import Fidelity, Gap, S3Object


@dataclass(frozen=True, kw_only=True)
class _Result:
    """`run`, and where its artifacts were delivered to; all empty if the build was interrupted."""

    succeeded: bool = False
    exported_variables: Mapping[str, str] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    stored: Mapping[str, S3Object] = field(default_factory=dict)


@dataclass(kw_only=True)
class BuildJob:
    site: Site
    project: Project
    identity: BuildIdentity
    handover: Handover | None = None
    changed: Callable[[Sequence[PhaseResult]], None] = lambda _: None
    stop: StopSignal = field(default_factory=StopSignal)
    gaps: list[Gap] = field(default_factory=list)
    _reused_from: str = ""

    def run(self) -> Outcome:
        trail = PhaseTrail(self._phase_changed)
        hints = FailureHints()
        log = BuildLog(masker=Masker(), sinks=[Limited(LogFile(self.log_file), IN_FILE), hints])
        if self.handover:
            log.add_sink(self._limited(Lines(self.handover.log), ON_DISK))
        self.gaps.extend(gaps_of(self.project))
        status, result = self._run(trail, log)
        hint = hints.hint(trail.failure.message) if status == "FAILED" and trail.failure else ""
        if hint:
            log.say(f"Hint: {hint}")
        with trail.phase("COMPLETED"):
            log.close()
        self.stop.close()
        return Outcome(
            status=status,
            failure=trail.failure,
            hint=hint,
            exported_variables=result.exported_variables,
            artifacts=result.stored,
            reports=result.reports,
            gaps=tuple(self.gaps),
            reused_from=self._reused_from,
            log_file=str(self.log_file),
        )

    @property
    def log_file(self) -> Path:
        return self.site.cloud.home.builds / "logs" / f"{self.identity.uuid}.log"

    def _limited(self, sink: LogSink, room: Room) -> Limited:
        return Limited(sink, room, more_in=self.log_file)

    def _phase_changed(self, results: Sequence[PhaseResult]) -> None:
        self.changed(results)
        if self.handover and results[-1].status == "IN_PROGRESS":
            self.handover.progress(results[-1].name)

    def _run(self, trail: PhaseTrail, log: BuildLog) -> tuple[Status, _Result]:
        try:
            with contextlib.ExitStack() as stack:
                result = self._phases(trail, log, stack)
        except BuildInterruptedError as interruption:
            log.say(f"Build {interruption.status}")
            return interruption.status, _Result()
        except PhaseError as error:
            log.say(f"Phase complete: {trail.results[-1].name} State: FAILED")
            log.say(f"Phase context status code: {error.code} Message: {error}")
            return "FAILED", _Result()
        except Exception:
            log.say(traceback.format_exc())
            return "FAULT", _Result()
        return ("SUCCEEDED" if result.succeeded else "FAILED"), result

    def _phases(self, trail: PhaseTrail, log: BuildLog, stack: contextlib.ExitStack) -> _Result:
        for name in ("SUBMITTED", "QUEUED"):
            with trail.phase(name):
                self._check_stop()
        calls = stack.enter_context(self.site.tracker.of_build())
        role = ServiceRole(
            cloud=self.site.cloud,
            arn=self.project.service_role,
            region=self.project.region,
            heard=calls.keys.add,
        )
        with trail.phase("PROVISIONING"):
            role.check_trust()
            workspace = stack.enter_context(
                occupied(self.site.cloud.home.builds, project_arn=self.project.arn)
            )
            self._open_log(log, role)
        with trail.phase("DOWNLOAD_SOURCE"):
            self._check_stop()
            prepared = self._prepare(workspace, role, log, stack)
        if stored := self.site.results.find(prepared.key, into=workspace.scratch / "reused"):
            result = self._replay(stored, prepared, trail, log)
        else:
            result = self._build(prepared, workspace, calls, trail, log)
        if result.succeeded:  # after a failure a person may want to inspect the files
            discard(workspace.root, trash=self.site.cloud.home.builds / "trash")
        return result

    def _check_stop(self) -> None:
        if self.stop.is_set():
            raise BuildInterruptedError("STOPPED")

    def _open_log(self, log: BuildLog, role: ServiceRole) -> None:
        logs = self.project.logs
        if logs.enabled:
            stream = f"{logs.stream}/{self.identity.uuid}" if logs.stream else self.identity.uuid
            sink = CloudWatchSink(role.session, group=logs.group, stream=stream, build_arn=self.identity.arn)
            log.add_sink(self._limited(sink, IN_MEMORY))

    def _prepare(
        self, workspace: Workspace, role: ServiceRole, log: BuildLog, stack: contextlib.ExitStack
    ) -> Prepared:
        def credentials() -> TemporaryKey:
            key = role.hand_out()
            log.masker.add(key.secret, key.token)
            return key

        grant = self.site.credentials.grant(credentials)
        stack.callback(grant.forget)
        log.masker.add(grant.authorization)
        prepared = Preparation(
            site=self.site,
            project=self.project,
            identity=self.identity,
            workspace=workspace,
            role=role,
            grant=grant,
            log=log,
            handover=self.handover,
        ).prepare()
        for note in (*prepared.surroundings.notes, *prepared.differences):
            log.say(note)
        self.gaps.extend(map(self._gap, prepared.differences))
        if prepared.declares_reads:
            hidden = f"of its source it sees only the files that {READS} declares; on AWS it sees all"
            self.gaps.append(self._gap(hidden, Fidelity.EMULATED))
        if prepared.bake and prepared.bake.difference:
            self.gaps.append(self._gap(prepared.bake.difference, Fidelity.EMULATED))
        return prepared

    def _gap(self, reason: str, fidelity: Fidelity = Fidelity.RECORDED) -> Gap:
        return Gap(subject=f"build project {self.project.name}", fidelity=fidelity, reason=reason)

    def _replay(self, stored: StoredResult, prepared: Prepared, trail: PhaseTrail, log: BuildLog) -> _Result:
        self._reused_from = f"{stored.build_id} of {stored.ended}"
        log.say(f"The inputs have not changed: reused result of build {self._reused_from}; its log follows")
        log.replay(*stored.log)
        with trail.phase("UPLOAD_ARTIFACTS"):
            for name, archive in stored.artifacts.items():
                prepared.delivery.deliver(name, archive)
        return _Result(
            succeeded=True,
            exported_variables=stored.exported_variables,
            reports=stored.reports,
            stored=prepared.delivery.stored,
        )

    def _build(
        self, prepared: Prepared, workspace: Workspace, calls: BuildCalls, trail: PhaseTrail, log: BuildLog
    ) -> _Result:
        kept = Kept()
        keeping = self._limited(kept, ON_DISK)
        log.add_sink(keeping)
        shell = self._shell(prepared, workspace, log)
        caching = Caching(
            project=self.project,
            spec=prepared.spec.cache,
            folder=self.site.cloud.home.builds / "cache",
            workspace=workspace,
            shell=shell,
            log=log,
        )
        try:
            caching.restore()
            result = Runner(
                spec=prepared.spec,
                workspace=workspace,
                shell=shell,
                log=log,
                trail=trail,
                outputs=prepared.outputs,
                deliver=prepared.delivery.deliver,
                unexportable=frozenset(prepared.resolved.secrets),
            ).run()
        finally:
            shell.close()
        with trail.phase("FINALIZING"):
            caching.save()
        if result.succeeded and prepared.key and not calls.called:
            keeping.close()
            self._store(prepared.key, result, kept, calls)
        return _Result(
            succeeded=result.succeeded,
            exported_variables=result.exported_variables,
            reports=result.reports,
            stored=prepared.delivery.stored,
        )

    def _shell(self, prepared: Prepared, workspace: Workspace, log: BuildLog) -> Shell:
        return Shell(
            program=prepared.spec.environment.shell,
            environment=prepared.surroundings.variables,
            directory=workspace.source,
            scratch=workspace.scratch,
            kept=workspace.kept,
            output=log.output,
            stop=self.stop,
            deadline=time.monotonic() + self.project.timeout_minutes * 60,
            build=self.identity.id,
            mark=self.identity.mark,
            processes=self.site.cloud.processes,
            confinement=prepared.surroundings.confinement,
        )

    def _store(self, key: str, result: RunResult, kept: Kept, calls: BuildCalls) -> None:
        stored = StoredResult(
            build_id=self.identity.id,
            ended=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
            exported_variables=result.exported_variables,
            artifacts=result.artifacts,
            log=tuple(kept.lines),
            reports=result.reports,
        )
        results = self.site.results
        calls.on_call(partial(results.delete, key))
        results.store(key, stored, unless=lambda: calls.called)
