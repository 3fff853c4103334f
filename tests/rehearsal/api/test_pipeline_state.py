"""GetPipelineState after many executions that came no further than an earlier stage."""

from pathlib import Path

from rehearsal.api.call import Call
from rehearsal.api.state import get_pipeline_state
from tests.rehearsal.engine.crash.pipelines import ACCOUNT, REGION, small
from tests.rehearsal.engine.crash.stories import Person


def test_a_stage_shows_who_entered_it_last_however_many_came_after(tmp_path: Path) -> None:
    person = Person(folder=tmp_path, first=small(), second=small(on_failure="FAIL"))
    person.create(person.second)
    good = person.start("good")
    person.finish()
    person.breaks("deploy-broken", broken=True)
    for number in range(51):
        person.start(f"push {number}")
    person.finish()
    call = Call(
        engine=person.engine, payload={"name": "demo"}, account=ACCOUNT, region=REGION, caller="someone"
    )
    states = {state["stageName"]: state for state in get_pipeline_state(call)["stageStates"]}
    assert states["Prod"]["latestExecution"]["pipelineExecutionId"] == good
    assert states["Prod"]["actionStates"][1]["latestExecution"]["status"] == "Succeeded"
    assert states["Staging"]["latestExecution"]["status"] == "Failed"
