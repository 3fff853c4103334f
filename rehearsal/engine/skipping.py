"""Actions that pass without running because the person asked for it (`slipway rehearse --skip`)."""

from collections.abc import Iterable

from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity, Gap

_REASON = "skipped on request; AWS would have run it"


def skipped(stage: str, action: Action) -> ActionResult:
    """It produces neither artifacts nor variables; the command has checked that nothing needs them."""
    gap = Gap(subject=f"action {stage}/{action.name}", fidelity=Fidelity.RECORDED, reason=_REASON)
    return ActionResult(summary=_REASON, fidelity=Fidelity.RECORDED, gaps=(gap,))


def how_to_skip(actions: Iterable[tuple[str, str]]) -> str:
    options = "".join(f" --skip {stage}/{action}" for stage, action in actions)
    return f"to run the pipeline without it: slipway rehearse{options}"
