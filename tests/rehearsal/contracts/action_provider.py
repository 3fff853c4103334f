"""What every action provider keeps to. A provider's own test class inherits from this one.

    class TestS3Deploy(ActionProviderContract):
        @pytest.fixture
        def case(self, aws, tmp_path) -> Case: ...

Only what a provider can show is asked of it: leave `failing` or `endless` None where it cannot fail
on its own account, or never waits.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from rehearsal.engine.ports import ActionProvider, ActionRequest, UnsupportedAction
from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity

CODES = {
    "JobFailed",
    "ConfigurationError",
    "PermissionError",
    "RevisionOutOfSync",
    "RevisionUnavailable",
    "SystemUnavailable",
    "TimedOut",
}
SOON = 15.0


@dataclass(frozen=True, kw_only=True)
class Case:
    """One provider with actions to try it on."""

    provider: ActionProvider
    request: Callable[[Action], ActionRequest]
    """A request as the engine would make it, in a fresh work folder."""
    good: Action
    unsupported: Action
    """Its configuration holds a field that this rehearsal cannot honour."""
    named: str
    """What the refusal of `unsupported` must name."""
    failing: Action | None = None
    endless: Action | None = None


class ActionProviderContract:
    __test__: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        cls.__test__ = True

    def test_accepts_what_it_supports(self, case: Case) -> None:
        case.provider.check(case.good)

    def test_names_what_it_does_not_support(self, case: Case) -> None:
        with pytest.raises(UnsupportedAction) as refused:
            case.provider.check(case.unsupported)
        assert case.named in str(refused.value)

    def test_makes_what_the_action_declares(self, case: Case) -> None:
        result = case.provider.run(case.request(case.good))
        assert result.failure is None
        assert set(result.output_artifacts) == set(case.good.output_artifacts)
        assert all(isinstance(value, str) for value in result.variables.values())
        assert isinstance(result.fidelity, Fidelity)

    def test_reports_failure_instead_of_raising_it(self, case: Case) -> None:
        if case.failing is None:
            return
        result = case.provider.run(case.request(case.failing))
        assert result.failure is not None
        assert result.failure.code in CODES
        assert result.failure.message

    def test_ends_soon_after_it_is_cancelled(self, case: Case) -> None:
        if case.endless is None:
            return
        request = case.request(case.endless)
        results: list[ActionResult] = []
        running = threading.Thread(target=lambda: results.append(case.provider.run(request)), daemon=True)
        running.start()
        time.sleep(0.2)
        request.cancelled.set()
        running.join(SOON)
        assert not running.is_alive(), "the provider does not listen to `cancelled`"
        assert results
        assert results[0].failure is not None

    def test_can_run_twice(self, case: Case) -> None:
        """A retry is another attempt, with another id and another work folder."""
        for attempt in ("first", "second"):
            request = replace(case.request(case.good), action_execution_id=attempt)
            assert case.provider.run(request).succeeded
