"""A ministack that is not what a hook was written for stops the start, with one clear message."""

import importlib.metadata
from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal.emulator import guards
from rehearsal.emulator.guards import Guard, HookError, require_version

OWNER = SimpleNamespace(__name__="ministack.app", value=1)


def a_function(name: str, path: str, *rest: Any) -> None: ...


OWNER.function = a_function


def test_what_holds_is_handed_over() -> None:
    guard = Guard("example")
    assert guard.attribute(OWNER, "value") == 1
    assert guard.function(OWNER, "function", ("name", "path")) is a_function
    assert guard.module("json").dumps({}) == "{}"
    guard.that(True, "never said")


@pytest.mark.parametrize(
    ("look", "seen"),
    [
        (lambda guard: guard.attribute(OWNER, "gone"), "ministack.app has no gone"),
        (
            lambda guard: guard.function(OWNER, "function", ("path", "name")),
            r"ministack\.app\.function takes \('name', 'path'\), not \('path', 'name'\)",
        ),
        (
            lambda guard: guard.module("ministack.services.gone"),
            r"it has no module ministack\.services\.gone",
        ),
        (lambda guard: guard.that(False, "AUTH is off"), "AUTH is off"),
    ],
)
def test_what_does_not_hold_names_hook_version_and_remedy(look: Any, seen: str) -> None:
    with pytest.raises(HookError, match=seen) as raised:
        look(Guard("the example"))
    said = str(raised.value)
    assert "The hook 'the example' does not fit ministack 1.5.33" in said
    assert "make setup" in said
    assert "rehearsal/emulator/guards.py" in said


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    require_version()
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "1.6.0")
    with pytest.raises(HookError, match=r"version 1\.6\.0 is installed.*written for 1\.5\.33"):
        require_version()


def test_the_supported_version_is_the_pinned_one() -> None:
    required = importlib.metadata.requires("slipway") or []
    assert f"ministack=={guards.SUPPORTED_VERSION}" in [line.replace(" ", "") for line in required]
