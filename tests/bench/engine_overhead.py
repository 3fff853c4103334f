"""How much the engine adds: the wall time of an execution minus the longest path through its actions.

A hundred actions that do nothing, in several stages with groups side by side, with the real record
on disk.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from rehearsal.engine.engine import Engine
from rehearsal.home import Home
from rehearsal.model.parse import parse
from rehearsal.model.plan import critical_path
from rehearsal.record.record import Record
from rehearsal.record.views import Run, Trigger
from tests.bench.table import Figure, show
from tests.rehearsal.engine.fakes import FakeWorld

ACTIONS, STAGES, GROUP, RUNS = 100, 9, 4, 7


def main() -> None:
    samples = [overhead() for _ in range(RUNS)]
    name = f"engine overhead, {ACTIONS} instant actions in {STAGES + 1} stages"
    show("Engine", [Figure(name=name, samples=samples, goal="≤ 1 s")])


def overhead() -> float:
    """Seconds of one execution in a fresh record."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        engine = Engine(record=Record(home.record), world=FakeWorld(home))
        pipeline = parse(declaration(), account="111111111111", region="eu-west-1")
        engine.definitions.create(pipeline)
        began = time.perf_counter()
        execution = engine.start(pipeline.key, trigger=Trigger(kind="StartPipelineExecution"))
        if not engine.wait_until_idle(60):
            raise TimeoutError("the execution did not end")
        wall = time.perf_counter() - began
        return wall - _longest_path(engine.record.run(execution))


def _longest_path(run: Run) -> float:
    times = {
        (stage.name, action.name): (action.ended or 0.0) - (action.started or 0.0)
        for stage in run.stages
        for action in stage.actions
    }
    if run.status != "Succeeded":
        raise RuntimeError(run.status_summary)
    pipeline = parse(declaration(), account="111111111111", region="eu-west-1")
    return critical_path(pipeline, lambda stage, action: times[stage.name, action.name]).seconds


def declaration() -> dict[str, Any]:
    source = _action("Repo", category="Source", provider="CodeCommit", outputs=["Code"])
    stages = [{"name": "Source", "actions": [source]}]
    left = ACTIONS - 1
    for number in range(STAGES):
        count = left // (STAGES - number)
        left -= count
        actions = [_action(f"A{index}", order=index // GROUP + 1) for index in range(count)]
        stages.append({"name": f"Stage{number}", "actions": actions})
    return {
        "name": "bench",
        "roleArn": "arn:aws:iam::111111111111:role/pipeline",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": stages,
    }


def _action(
    name: str,
    *,
    category: str = "Build",
    provider: str = "CodeBuild",
    order: int = 1,
    outputs: list[str] | None = None,
) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    wired = {"outputArtifacts": [{"name": name} for name in outputs]} if outputs else {}
    inputs = {} if outputs else {"inputArtifacts": [{"name": "Code"}]}
    return {"name": name, "actionTypeId": kind, "runOrder": order, **wired, **inputs}


if __name__ == "__main__":
    main()
