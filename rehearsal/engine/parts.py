"""Composes the engine's parts."""

from dataclasses import dataclass

from rehearsal.engine.actions import ActionRunner
from rehearsal.engine.approvals import ApprovalDesk, JobDesk
from rehearsal.engine.conditions import ConditionRunner
from rehearsal.engine.definitions import Definitions
from rehearsal.engine.ending import Ending
from rehearsal.engine.lanes import Lanes
from rehearsal.engine.launch import Launcher
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.recovery import Recovery
from rehearsal.engine.resumption import Resumption
from rehearsal.engine.rollbacks import Rollbacks
from rehearsal.engine.settings import Settings
from rehearsal.engine.stages import StageRunner
from rehearsal.engine.timeouts import Deadlines
from rehearsal.engine.world import World
from rehearsal.record.record import Record


@dataclass(frozen=True, kw_only=True)
class Parts:
    ledger: Ledger
    ending: Ending
    lanes: Lanes
    approvals: ApprovalDesk
    jobs: JobDesk
    launcher: Launcher
    rollbacks: Rollbacks
    definitions: Definitions
    resumption: Resumption
    recovery: Recovery


def compose(*, record: Record, world: World, settings: Settings) -> Parts:
    ledger, lanes, deadlines = Ledger(record, world.announce), Lanes(record), Deadlines()
    ending = Ending(ledger=ledger)
    approvals, jobs = ApprovalDesk(record), JobDesk()
    launcher = Launcher(ledger=ledger, lanes=lanes, settings=settings, ending=ending)
    rollbacks = Rollbacks(record=record, ledger=ledger, lanes=lanes, launcher=launcher)
    stages = StageRunner(
        record=record,
        ledger=ledger,
        reactions=rollbacks,
        actions=ActionRunner(
            world=world,
            ledger=ledger,
            settings=settings,
            deadlines=deadlines,
            approvals=approvals,
            jobs=jobs,
        ),
        conditions=ConditionRunner(world=world, ledger=ledger, settings=settings, deadlines=deadlines),
    )
    launcher.run_stage = stages.run  # set late: a failed stage may launch an execution, which runs stages
    return Parts(
        ledger=ledger,
        ending=ending,
        lanes=lanes,
        approvals=approvals,
        jobs=jobs,
        launcher=launcher,
        rollbacks=rollbacks,
        definitions=Definitions(world=world, record=record, ledger=ledger, lanes=lanes, launcher=launcher),
        resumption=Resumption(record=record, ledger=ledger, lanes=lanes, launcher=launcher),
        recovery=Recovery(record=record, ledger=ledger, lanes=lanes, launcher=launcher, ending=ending),
    )
