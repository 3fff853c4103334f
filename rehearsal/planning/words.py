"""Short texts about pipelines that the tree, the graph and the JSON document share."""

from collections import defaultdict
from collections.abc import Mapping

from rehearsal.model.action_types import known
from rehearsal.model.definition import Action, Condition, GitTrigger, Pipeline, Stage
from rehearsal.planning.timings import Seconds


def target(action: Action) -> str:
    """What an action works on: a stack, a project, a repository."""
    values = defaultdict(str, action.configuration)
    return _mode(values["ActionMode"]) + known(action.type).target.format_map(values)


def _mode(found: str) -> str:
    return f"{found.lower().replace('_', ' ')} " if found else ""


def conditions(stage: Stage) -> list[str]:
    """What guards a stage besides its actions, one line each."""
    lines = [_condition("before entry", condition) for condition in stage.before_entry]
    lines += [_condition("on success", condition) for condition in stage.on_success]
    if stage.on_failure:
        what = stage.on_failure.result or "FAIL"
        mode = f" {stage.on_failure.retry_mode.lower()}" if stage.on_failure.retry_mode else ""
        lines.append(f"on failure: {what}{mode}")
        lines += [_condition("on failure", condition) for condition in stage.on_failure.conditions]
    return lines


def triggers(pipeline: Pipeline) -> list[str]:
    if pipeline.triggers:
        return [line for trigger in pipeline.triggers for line in _trigger(trigger)]
    return ["push to the branch of a source action that detects changes"]


def seconds(found: Seconds) -> str:
    return f"{duration(found.typical)} to {duration(found.slow)}" if found.slow else duration(found.typical)


def duration(amount: float) -> str:
    whole = round(amount)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _condition(when: str, condition: Condition) -> str:
    rules = ", ".join(f"{rule.provider} {_details(rule.configuration)}".strip() for rule in condition.rules)
    return f"{when}: {rules}, else {condition.result}"


def _details(configuration: Mapping[str, str]) -> str:
    wait = f" for {configuration['WaitTime']} min" if "WaitTime" in configuration else ""
    return f"{configuration.get('AlarmName', '')}{wait}".strip()


def _trigger(trigger: GitTrigger) -> list[str]:
    lines = []
    for push in trigger.push:
        filters = (("branch", push.branches), ("tag", push.tags), ("file", push.file_paths))
        words = [
            f"{kind} {'/'.join(found.includes) or 'any'}"
            + (f" but not {'/'.join(found.excludes)}" if found.excludes else "")
            for kind, found in filters
            if found.includes or found.excludes
        ]
        lines.append(f"push to {trigger.source_action}: {', '.join(words) or 'anything'}")
    for request in trigger.pull_request:
        branches = "/".join(request.branches.includes) or "any branch"
        lines.append(f"pull request to {trigger.source_action}: {branches}")
    return lines
