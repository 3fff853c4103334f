"""The plan as a Mermaid flowchart.

A group of parallel actions joins before the next one begins. Where several lead to several, they
meet in a small node: fifty actions after fifty are a hundred edges, not the 2,500 that Mermaid
refuses to draw.
"""

from collections.abc import Iterator, Sequence

from rehearsal.model.definition import Action, Stage
from rehearsal.model.plan import groups
from rehearsal.planning import words
from rehearsal.planning.estimate import RunEstimate
from rehearsal.planning.pipelines import Planned

_SHAPES = {"Source": ("([", "])"), "Approval": ("{{", "}}"), "Deploy": ("[/", "/]")}


def mermaid(plans: Sequence[tuple[Planned, RunEstimate]]) -> str:
    lines = ["flowchart TB"]
    for number, (planned, estimated) in enumerate(plans):
        lines += _pipeline(f"p{number}", planned, estimated)
    lines += [
        "classDef critical stroke:#c0392b,stroke-width:3px",
        "classDef join fill:#888,stroke:#888,color:#888",
    ]
    return "\n".join(lines) + "\n"


def _pipeline(identity: str, planned: Planned, estimated: RunEstimate) -> Iterator[str]:
    pipeline = planned.pipeline
    about = f"{pipeline.name}: about {words.duration(estimated.total.typical)}"
    yield f"subgraph {identity}[{_quoted(f'{about}, {estimated.overhead_share:.0%} overhead')}]"
    edges, before = _Edges(identity), list[str]()
    for number, stage in enumerate(pipeline.stages):
        own = f"{identity}s{number}"
        yield f"subgraph {own}[{_quoted(stage.name)}]"
        for order, group in enumerate(groups(stage)):
            nodes = [f"{own}g{order}a{index}" for index in range(len(group))]
            yield from (
                _node(node, stage, action, estimated) for node, action in zip(nodes, group, strict=True)
            )
            edges.lead(before, nodes)
            before = nodes
        for index, condition in enumerate(words.conditions(stage)):
            yield f"{own}c{index}>{_quoted(condition)}]"
        yield "end"
    yield from edges.lines
    yield "end"


def _node(identity: str, stage: Stage, action: Action, estimated: RunEstimate) -> str:
    left, right = _SHAPES.get(action.type.category, ("[", "]"))
    estimate = estimated.actions[stage.name, action.name].total.typical
    time = "waits for a person" if action.type.category == "Approval" else words.duration(estimate)
    kind = f"{action.type.provider} {words.target(action)}".strip()
    mark = ":::critical" if estimated.is_critical(stage, action) else ""
    return f"{identity}{left}{_quoted('<br/>'.join((action.name, kind, time)))}{right}{mark}"


class _Edges:
    def __init__(self, identity: str) -> None:
        self.lines: list[str] = []
        self._identity = identity

    def lead(self, before: Sequence[str], after: Sequence[str]) -> None:
        if len(before) > 1 and len(after) > 1:
            join = f"{self._identity}j{len(self.lines)}"
            self.lines.append(f'{join}((" ")):::join')
            self.lead(before, [join])
            self.lead([join], after)
        elif before:
            self.lines.append(f"{' & '.join(before)} --> {' & '.join(after)}")


def _quoted(text: str) -> str:
    """A label in which nothing can end the label: Mermaid's own entities for its special signs."""
    plain = text.replace("#", "#35;").replace('"', "#quot;").replace("\n", " ")
    return f'"{plain}"'
