"""Every hook into ministack says what it relies on, and stops the start where that no longer holds.

The hooks reach into a package that promises nothing about its inside. A version bump may move what
they hold on to; without these checks the rehearsal would then be quietly wrong instead of stopped.
"""

import importlib
import importlib.metadata
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SUPPORTED_VERSION = "1.5.33"


class HookError(Exception):
    """ministack is not what a hook was written for."""


@dataclass(frozen=True)
class Guard:
    """Checks on behalf of one hook, named in every complaint."""

    hook: str

    def module(self, name: str) -> Any:
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise self._error(f"it has no module {name} ({error})") from error

    def attribute(self, owner: object, name: str) -> Any:
        try:
            return getattr(owner, name)
        except AttributeError:
            raise self._error(f"{_name(owner)} has no {name}") from None

    def function(self, owner: object, name: str, parameters: tuple[str, ...]) -> Callable[..., Any]:
        """A function whose parameters begin as given, so that a call by position stays right."""
        found = self.attribute(owner, name)
        actual = tuple(inspect.signature(found).parameters)[: len(parameters)]
        if actual != parameters:
            raise self._error(f"{_name(owner)}.{name} takes {actual}, not {parameters}")
        return found  # type: ignore[no-any-return]

    def that(self, holds: bool, otherwise: str) -> None:
        """A cheap look at behaviour; `otherwise` says what was seen instead."""
        if not holds:
            raise self._error(otherwise)

    def _error(self, seen: str) -> HookError:
        return HookError(
            f"The hook '{self.hook}' does not fit ministack {installed_version()}: {seen}. "
            f"Slipway's hooks are written for {SUPPORTED_VERSION}: install that version (`make setup`), "
            "or adapt the hook and raise SUPPORTED_VERSION in rehearsal/emulator/guards.py."
        )


def require_version() -> None:
    """The pin itself, checked before any hook is applied."""
    found = installed_version()
    Guard("version").that(found == SUPPORTED_VERSION, f"version {found} is installed")


def installed_version() -> str:
    try:
        return importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def _name(owner: object) -> str:
    return str(getattr(owner, "__name__", type(owner).__name__))
