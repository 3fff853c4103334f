"""A hint for a failed build whose commands the commit may have changed.

A build before the pipeline's update of itself runs the commands of the deployed pipeline, which an earlier
commit brought, on the sources of the new one. If the new commit changes a file that has these commands, it
may need others. That is so on AWS too, where the pipeline's stack is deployed by hand then.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.builds.buildspec.model import BuildspecError
from rehearsal.builds.buildspec.parser import parse
from rehearsal.home import Home
from rehearsal.model.definition import Pipeline
from rehearsal.record.record import Record
from rehearsal.record.views import ActionRun, Revision, Run
from rehearsal.sources.git import GitError, git
from rehearsal.sources.origin import origin_of
from rehearsal.sources.repository import Repository

if TYPE_CHECKING:
    from mypy_boto3_codebuild.client import CodeBuildClient

_OWN_UPDATE = "UpdatePipeline"
"""The stage in which CDK Pipelines updates the pipeline; from then on its commands are the commit's."""
_PLAIN = re.compile(r"[^'\"`\\$\n]+")
"""Parts of a command that look the same in a source file, whatever quotes are around them."""
_LONG_ENOUGH = 8
_HINT = (
    "{build} ran the commands of the deployed pipeline, which worked with {commit}; the "
    "commit changes {files}, which has them. If it needs its new commands: slipway rehearse --redeploy "
    "deploys the pipeline from the working tree first. On AWS, deploy the pipeline's stack by hand first"
)


@dataclass(frozen=True, kw_only=True)
class NewerCommands:
    home: Home
    record: Record
    codebuild: "CodeBuildClient"

    def hints(self, pipeline: Pipeline, run: Run) -> Iterator[str]:
        earlier = [one for one in self.record.runs_of(pipeline.key, limit=50) if one.number < run.number]
        for stage in () if run.restart_of else run.stages:
            if stage.name == _OWN_UPDATE:
                return
            for action in stage.actions:
                if action.status == "Failed" and action.provider == "CodeBuild":
                    yield from self._hint(
                        pipeline, run, action, worked=_newest(earlier, stage.name, action.name)
                    )

    def _hint(self, pipeline: Pipeline, run: Run, action: ActionRun, *, worked: Run | None) -> Iterator[str]:
        commands = self._commands(pipeline, action.name)
        for before, after in _both(worked, run) if worked else ():
            changed = self._changed_with(commands, pipeline, before, after)
            if changed:
                yield _HINT.format(
                    build=action.name, commit=before.revision_id[:12], files=", ".join(changed[:3])
                )
                return

    def _commands(self, pipeline: Pipeline, name: str) -> list[str]:
        for stage in pipeline.stages:
            for action in stage.actions:
                if action.name == name and (project := action.configuration.get("ProjectName")):
                    found = self.codebuild.batch_get_projects(names=[project])["projects"]
                    return _words(found[0]["source"].get("buildspec", "")) if found else []
        return []

    def _changed_with(
        self, commands: list[str], pipeline: Pipeline, before: Revision, after: Revision
    ) -> list[str]:
        """Files that have one of the commands in the earlier commit, and that the later one changes."""
        source = next((one for one in pipeline.stages[0].actions if one.name == after.action), None)
        origin = origin_of(source) if source else None
        if origin is None or not commands or before.revision_id == after.revision_id:
            return []
        repository = Repository.of(self.home, origin.repository)
        try:
            changed = set(repository.changed_paths(before.revision_id, after.revision_id))
            wanted = [part for command in commands for part in ("-e", command)]
            listed = git(
                "grep", "-l", "-z", "-I", "-F", *wanted, before.revision_id, "--", folder=repository.path
            )
        except GitError:  # also if no file has any of them
            return []
        files = (name.partition(":")[2] for name in listed.split("\0") if name)
        return [file for file in files if file in changed]


def _newest(runs: Iterable[Run], stage: str, action: str) -> Run | None:
    return next((run for run in runs if _succeeded(run, stage, action)), None)


def _succeeded(run: Run, stage: str, action: str) -> bool:
    found = run.stage(stage)
    return found is not None and any(
        one.name == action and one.status == "Succeeded" for one in found.actions
    )


def _both(before: Run, after: Run) -> Iterator[tuple[Revision, Revision]]:
    known = {revision.action: revision for revision in before.revisions}
    return ((known[revision.action], revision) for revision in after.revisions if revision.action in known)


def _words(buildspec: str) -> list[str]:
    """None for a buildspec in the sources, which always is the commit's."""
    try:
        phases = parse(buildspec).phases
    except BuildspecError:
        return []
    commands = (command for phase in phases for command in (*phase.commands, *phase.final_commands))
    longest = (max(_PLAIN.findall(command), key=len, default="").strip() for command in commands)
    return [part for part in longest if len(part) >= _LONG_ENOUGH]
