"""Decides whether a push starts a pipeline, with the reason.

A source action with its own trigger (V2) starts by that trigger only: one matching push filter is enough. A
filter matches if it includes the branch and at least one changed file. An exclude overrides an include.
Without a trigger, the branch that the action names starts the pipeline, unless change detection is disabled.
Tags start a pipeline only through a trigger.
"""

from dataclasses import dataclass

from rehearsal.model.definition import Action, Filter, GitTrigger, Pipeline, PushFilter
from rehearsal.model.globs import glob


@dataclass(frozen=True, kw_only=True)
class Push:
    """One pushed branch or tag; `changed` are the paths that differ from before."""

    branch: str | None = None
    tag: str | None = None
    changed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"tag {self.tag!r}" if self.tag else f"branch {self.branch!r}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    starts: bool
    reason: str


def verdict(pipeline: Pipeline, source: Action, push: Push) -> Verdict:
    for trigger in pipeline.triggers:
        if trigger.source_action == source.name and trigger.push:
            return _by_trigger(trigger, push)
        if trigger.source_action == source.name and trigger.pull_request:
            return Verdict(starts=False, reason=f"{source.name} listens to pull requests only")
    return _by_default(source, push)


def _by_trigger(trigger: GitTrigger, push: Push) -> Verdict:
    refusals = []
    for wanted in trigger.push:
        refusal = _refusal(wanted, push)
        if refusal is None:
            return Verdict(
                starts=True, reason=f"{push} is let in by a push filter of {trigger.source_action}"
            )
        refusals.append(refusal)
    return Verdict(starts=False, reason="; ".join(dict.fromkeys(refusals)))


def _refusal(wanted: PushFilter, push: Push) -> str | None:
    if push.tag is not None:
        if wanted.tags == Filter():
            return f"{push} was pushed, and the filter asks for branches"
        return _name_refusal(wanted.tags, push.tag, "tag")
    if wanted.tags != Filter() and wanted.branches == Filter():
        return f"{push} was pushed, and the filter asks for tags"
    return _name_refusal(wanted.branches, push.branch or "", "branch") or _file_refusal(
        wanted.file_paths, push.changed
    )


def _name_refusal(wanted: Filter, name: str, kind: str) -> str | None:
    for pattern in wanted.excludes:
        if matches(pattern, name):
            return f"{kind} {name!r} is excluded by {pattern!r}"
    if wanted.includes and not any(matches(pattern, name) for pattern in wanted.includes):
        return f"{kind} {name!r} matches none of {', '.join(wanted.includes)}"
    return None


def _file_refusal(wanted: Filter, changed: tuple[str, ...]) -> str | None:
    if wanted == Filter():
        return None
    refusals = [_name_refusal(wanted, path, "file") for path in changed]
    if any(refusal is None for refusal in refusals):
        return None
    if not refusals:
        return "no file changed, and the filter asks for changed files"
    return f"none of the {len(changed)} changed files is let in ({refusals[0]})"


def _by_default(source: Action, push: Push) -> Verdict:
    if push.tag is not None:
        return Verdict(starts=False, reason=f"{source.name} has no trigger that names tags")
    if source.configuration.get("DetectChanges", "true").lower() == "false":
        return Verdict(starts=False, reason=f"{source.name} has DetectChanges switched off and no trigger")
    wanted = source.configuration.get("BranchName") or source.configuration.get("Branch")
    if wanted is None:
        return Verdict(starts=False, reason=f"{source.name} names no branch, so that no push belongs to it")
    if wanted != push.branch:
        return Verdict(
            starts=False, reason=f"{source.name} listens to branch {wanted!r}, not {push.branch!r}"
        )
    return Verdict(starts=True, reason=f"{source.name} listens to branch {wanted!r}")


def matches(pattern: str, name: str) -> bool:
    """Glob as CodePipeline has it: `*` and `?` stay inside one path part, `**` crosses them."""
    return glob(pattern, choices=True).matches(name)
