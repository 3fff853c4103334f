"""The table of action types and the code that runs them name the same types."""

import pytest

from rehearsal.engine.ports import UnsupportedAction
from rehearsal.model.action_types import KNOWN, KnownType
from rehearsal.model.definition import ActionType
from rehearsal.providers.registry import provider_for, supported

NOT_REHEARSED = [row for row in KNOWN.values() if row.instead]


def test_what_the_table_calls_rehearsed_has_code_and_nothing_else_has() -> None:
    rehearsed = {(row.category, row.owner, row.provider) for row in KNOWN.values() if not row.instead}
    assert set(supported()) == rehearsed


@pytest.mark.parametrize("row", NOT_REHEARSED, ids=lambda row: f"{row.category}-{row.provider}")
def test_an_action_that_is_not_rehearsed_says_what_to_do_instead(row: KnownType) -> None:
    with pytest.raises(UnsupportedAction, match=r"is not supported by the rehearsal \(") as refused:
        provider_for(ActionType(category=row.category, owner=row.owner, provider=row.provider, version="1"))
    assert row.instead in str(refused.value)
