"""Runs the commands of a build phase by phase and collects artifacts, reports and exported variables."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rehearsal.archive import ArchiveError
from rehearsal.builds.buildspec.model import PHASES, ArtifactSpec, Buildspec, Phase, ReportSpec
from rehearsal.builds.files.artifacts import NoArtifactError, Packer, readable_by
from rehearsal.builds.files.deliveries import Label
from rehearsal.builds.files.workspace import Workspace
from rehearsal.builds.logs.log import BuildLog
from rehearsal.builds.reports.formats import Report, read_report
from rehearsal.builds.running.phases import PhaseError, PhaseTrail, Verdict, verdict
from rehearsal.builds.running.shell import Shell
from rehearsal.expressions import ExpressionError


@dataclass(frozen=True, kw_only=True)
class RunResult:
    succeeded: bool
    exported_variables: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, Path] = field(default_factory=dict)
    """Zip files by output name."""
    reports: tuple[Report, ...] = ()


class Runner:
    def __init__(
        self,
        *,
        spec: Buildspec,
        workspace: Workspace,
        shell: Shell,
        log: BuildLog,
        trail: PhaseTrail,
        outputs: Mapping[str, ArtifactSpec],
        deliver: Callable[[str, Path, Label], None] = lambda _name, _zip, _label: None,
        unexportable: frozenset[str] = frozenset(),
    ) -> None:
        self._spec = spec
        self._workspace = workspace
        self._shell = shell
        self._log = log
        self._trail = trail
        self._outputs = outputs
        self._deliver = deliver
        self._unexportable = unexportable

    def run(self) -> RunResult:
        """Run all phases. Raises `BuildInterruptedError`; other failures are in the result and the trail."""
        end = self._commands()
        reports, exported, problem = self._left_behind()
        artifacts: Mapping[str, Path] = {}
        if end.goes_on:
            try:
                artifacts = self._upload(after=problem)
            except PhaseError as error:
                self._log.say("Phase complete: UPLOAD_ARTIFACTS State: FAILED")
                self._log.say(f"Phase context status code: {error.code} Message: {error}")
                end = Verdict(goes_on=True, fails_build=True)
        return RunResult(
            succeeded=not end.fails_build, exported_variables=exported, artifacts=artifacts, reports=reports
        )

    def _left_behind(self) -> tuple[tuple[Report, ...], Mapping[str, str], PhaseError | None]:
        """Reports and exported variables, or the error that prevented them."""
        try:
            return tuple(self._reports()), self._exported(), None
        except PhaseError as error:
            return (), {}, error

    def _commands(self) -> Verdict:
        failed = False
        for name in PHASES:
            end = self._phase(self._spec.phase(name))
            failed = failed or end.fails_build
            if not end.goes_on:
                return end
        return Verdict(goes_on=True, fails_build=failed)

    def _phase(self, phase: Phase) -> Verdict:
        attempts = 0
        while True:
            attempts += 1
            try:
                with self._trail.phase(phase.name.upper()):
                    self._run_phase(phase)
            except PhaseError as error:
                if self._retries(phase, error, attempts=attempts):
                    self._log.say(f"Retrying phase {phase.name.upper()}, attempt {attempts + 1}")
                    self._trail.forget_last()
                    continue
                return self._failed(phase, error)
            self._phase_complete(phase, None)
            return Verdict(goes_on=True, fails_build=False)

    def _retries(self, phase: Phase, error: PhaseError, *, attempts: int) -> bool:
        try:
            return phase.on_failure.retries_after(str(error), attempts=attempts)
        except ExpressionError as problem:
            self._log.say(f"Phase {phase.name.upper()} is not retried: {problem}")
            return False

    def _failed(self, phase: Phase, error: PhaseError) -> Verdict:
        with contextlib.suppress(OSError):  # the next step reports that its folders are gone
            self._shell.assign("CODEBUILD_BUILD_SUCCEEDING", "0")
        end = verdict(phase.name, phase.on_failure)
        if not end.fails_build:
            self._trail.tolerate_last()
        self._phase_complete(phase, error, aborted=not end.goes_on)
        return end

    def _run_phase(self, phase: Phase) -> None:
        self._log.say(f"Entering phase {phase.name.upper()}")
        failure: PhaseError | None = None
        try:
            for command in phase.commands:
                self._command(command)
        except PhaseError as error:
            failure = error
        for command in phase.final_commands:
            try:
                self._command(command)
            except PhaseError as error:
                failure = failure or error
        if failure:
            raise failure

    def _command(self, command: str) -> None:
        self._log.say(f"Running command {command.rstrip()}")
        with _in_own_folders():
            status = self._shell.run(command)
        if status:
            self._log.say(f"Command did not exit successfully {command.rstrip()} exit status {status}")
            raise PhaseError(
                "COMMAND_EXECUTION_ERROR",
                f"Error while executing command: {self._log.masker.mask(command.rstrip())}. "
                f"Reason: exit status {status}",
            )

    def _phase_complete(self, phase: Phase, error: PhaseError | None, *, aborted: bool = False) -> None:
        state = "SUCCEEDED" if error is None else "FAILED_WITH_ABORT" if aborted else "FAILED"
        self._log.say(f"Phase complete: {phase.name.upper()} State: {state}")
        self._log.say(
            f"Phase context status code: {error.code if error else ''} Message: {error if error else ''}"
        )

    def _reports(self) -> list[Report]:
        found = [
            read_report(self._expanded(spec), self._workspace.source, readable=readable_by(self._workspace))
            for spec in self._spec.reports
        ]
        for report in found:
            self._log.say(f"Report {report}")
        return found

    def _expanded(self, spec: ReportSpec) -> ReportSpec:
        with _in_own_folders():
            group = self._shell.expand((spec.group,))[0]
            base, *files = self._shell.expand_paths((spec.base_directory, *spec.files))
        return replace(spec, group=group, base_directory=base, files=tuple(files))

    def _exported(self) -> Mapping[str, str]:
        names = self._spec.environment.exported_variables
        allowed = [name for name in names if name not in self._unexportable and not name.startswith("AWS_")]
        for name in names:
            if name not in allowed:
                self._log.say(f"Variable {name} cannot be exported: it holds a secret or begins with AWS_")
        if not allowed:
            return {}
        with _in_own_folders():
            return self._shell.values(allowed)

    def _upload(self, *, after: PhaseError | None) -> Mapping[str, Path]:
        with self._trail.phase("UPLOAD_ARTIFACTS"):
            if after:
                raise after
            if not self._outputs:
                return {}
            packed = {name: self._pack(name, spec) for name, spec in self._outputs.items()}
            for name, archive in packed.items():
                self._deliver(name, archive, self._label(self._outputs[name]))
        self._log.say("Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED")
        return packed

    def _label(self, spec: ArtifactSpec) -> Label:
        if not (spec.name or spec.s3_prefix):
            return Label()
        with _in_own_folders():
            name, prefix = self._shell.expand((spec.name, spec.s3_prefix))
        return Label(name=name, s3_prefix=prefix)

    def _pack(self, name: str, spec: ArtifactSpec) -> Path:
        target = self._workspace.scratch / "artifacts" / f"{name or 'primary'}.zip"
        packer = Packer(
            source=self._workspace.source,
            readable=readable_by(self._workspace),
            say=self._log.say,
            expand=self._shell.expand_paths,
        )
        try:
            with _in_own_folders():
                packer.pack(spec, target)
        except (NoArtifactError, ArchiveError) as error:
            raise PhaseError("CLIENT_ERROR", str(error)) from error
        except UnicodeEncodeError as error:
            raise PhaseError("CLIENT_ERROR", f"a file's name is not UTF-8: {error.object!r}") from error
        return target


@contextlib.contextmanager
def _in_own_folders() -> Iterator[None]:
    """Fails the phase on an `OSError`: a command may have removed the build's folders or filled the disk."""
    try:
        yield
    except OSError as error:
        raise PhaseError(
            "CLIENT_ERROR",
            f"the build's own folders cannot be used any more ({error}); check for a command that removes "
            "CODEBUILD_SRC_DIR or a folder above it, and for a full disk",
        ) from error
