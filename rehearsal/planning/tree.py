"""The plan as a terminal tree."""

from rich.text import Text
from rich.tree import Tree

from rehearsal.model.definition import Action, Stage
from rehearsal.model.plan import Group, groups
from rehearsal.planning import words
from rehearsal.planning.estimate import RunEstimate
from rehearsal.planning.pipelines import Planned


def tree(planned: Planned, estimated: RunEstimate) -> Tree:
    pipeline = planned.pipeline
    heading = Text.assemble(
        (pipeline.name, "bold"),
        f"  {pipeline.pipeline_type}, {pipeline.execution_mode.lower()}",
        "  restarts when it changes itself" if pipeline.restart_on_update else "",
    )
    root = Tree(heading)
    for trigger in words.triggers(pipeline):
        root.add(Text(f"starts by {trigger}", style="dim"))
    for stage in pipeline.stages:
        branch = root.add(Text(stage.name, style="bold cyan"))
        for group in groups(stage):
            _add_group(branch, stage, group, estimated)
        for condition in words.conditions(stage):
            branch.add(Text(condition, style="yellow"))
    root.add(_critical_path(estimated))
    return root


def _add_group(branch: Tree, stage: Stage, group: Group, estimated: RunEstimate) -> None:
    if len(group) == 1:
        branch.add(_action(stage, group[0], estimated))
        return
    parallel = branch.add(Text(f"{len(group)} at the same time", style="dim"))
    for action in group:
        parallel.add(_action(stage, action, estimated))


def _action(stage: Stage, action: Action, estimated: RunEstimate) -> Text:
    critical = estimated.is_critical(stage, action)
    time = "waits for a person" if action.type.category == "Approval" else _time(stage, action, estimated)
    parts = (
        (f"{'◆' if critical else '·'} {action.name}", "bold" if critical else ""),
        (action.type.provider, ""),
        (words.target(action), "green"),
        (_flow(action), "dim"),
        (time, "red" if critical else "dim"),
    )
    return Text("  ").join(Text(text, style=style) for text, style in parts if text)


def _flow(action: Action) -> str:
    """`In → Out`; variables that later actions may use are an output as well."""
    made = [*action.output_artifacts, *([f"#{{{action.namespace}}}"] if action.namespace else [])]
    taken = ", ".join(action.input_artifacts)
    return f"{taken} → {', '.join(made)}".strip() if made else f"← {taken}" if taken else ""


def _time(stage: Stage, action: Action, estimated: RunEstimate) -> str:
    return words.duration(estimated.actions[stage.name, action.name].total.typical)


def _critical_path(estimated: RunEstimate) -> Text:
    steps = " → ".join(f"{step.stage}/{step.action or 'bake'}" for step in estimated.critical)
    people = ", and the time that people take to approve" if estimated.asks_people else ""
    return Text.assemble(
        ("critical path ", "bold"),
        f"about {words.seconds(estimated.total)}{people}; ",
        f"overhead {words.duration(estimated.overhead.typical)} ({estimated.overhead_share:.0%})\n",
        (steps, "dim"),
    )
