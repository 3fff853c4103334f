"""Would this push start this pipeline, and if not, why not.

A source action with a trigger of its own (V2) listens to that trigger alone: any one of its push
filters is enough, and inside a filter the branch and at least one changed file must be let in. An
exclude beats an include. Without a trigger, the branch that the action names starts the pipeline,
unless change detection is switched off. Tags start a pipeline only through a trigger.
"""

import re
from dataclasses import dataclass
from functools import cache

from rehearsal.model.definition import Action, Filter, GitTrigger, Pipeline, PushFilter


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
    return _expression(pattern).fullmatch(name) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_piece(token) for token in _TOKEN.findall(pattern)), re.DOTALL)


_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|\{[^}]+\}|.", re.DOTALL)
_PIECES = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _piece(token: str) -> str:
    if token in _PIECES:
        return _PIECES[token]
    if len(token) > 1 and token[0] == "[":
        inner = token[1:-1].replace("\\", "\\\\")
        return f"[^{inner[1:]}]" if inner[0] == "!" else f"[{inner}]"
    if len(token) > 1 and token[0] == "{":
        choices = ("".join(_piece(t) for t in _TOKEN.findall(part)) for part in token[1:-1].split(","))
        return f"(?:{'|'.join(choices)})"
    return re.escape(token)
