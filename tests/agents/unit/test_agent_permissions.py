"""Changes are allowed before anything was read, for as many times as were asked for."""

import pytest

from agents.second_brain.swarm.permissions import NotAllowedError, Permissions


def test_a_change_is_good_once() -> None:
    permissions = Permissions()
    permissions.allow("add_event", times=1)
    permissions.spend("add_event")
    with pytest.raises(NotAllowedError, match="not asked for"):
        permissions.spend("add_event")


def test_one_change_does_not_allow_another() -> None:
    permissions = Permissions()
    permissions.allow("add_event", times=1)
    with pytest.raises(NotAllowedError, match="add_reminder"):
        permissions.spend("add_reminder")


def test_nothing_is_allowed_once_something_was_read() -> None:
    permissions = Permissions()
    permissions.close()
    with pytest.raises(NotAllowedError, match="before anything"):
        permissions.allow("add_event", times=1)


def test_times_are_bounded() -> None:
    permissions = Permissions()
    permissions.allow("add_reminder", times=1000)
    for _ in range(5):
        permissions.spend("add_reminder")
    with pytest.raises(NotAllowedError):
        permissions.spend("add_reminder")
