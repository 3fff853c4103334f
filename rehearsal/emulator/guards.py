"""Checks what each hook into ministack relies on, and fails the start if that no longer holds.

The hooks use ministack's internals, which may change with any version. Without these checks a new version
could make the rehearsal silently wrong instead of failing the start.
"""

import importlib
import importlib.metadata
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SUPPORTED_VERSION = "1.5.33"


class HookError(Exception):
    """ministack is not as a hook expects."""


@dataclass(frozen=True)
class Guard:
    """Checks for one hook, whose name is in every error message."""

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
        """A function whose parameters start with `parameters`, so that positional calls stay right."""
        found = self.attribute(owner, name)
        actual = tuple(inspect.signature(found).parameters)[: len(parameters)]
        if actual != parameters:
            raise self._error(f"{_name(owner)}.{name} takes {actual}, not {parameters}")
        return found  # type: ignore[no-any-return]

    def that(self, holds: bool, otherwise: str) -> None:
        """Check a condition; `otherwise` says what was found if it is false."""
        if not holds:
            raise self._error(otherwise)

    def _error(self, seen: str) -> HookError:
        return HookError(
            f"The hook '{self.hook}' does not fit ministack {installed_version()}: {seen}. "
            f"Slipway's hooks are written for {SUPPORTED_VERSION}: install that version (`make setup`), "
            "or adapt the hook and raise SUPPORTED_VERSION in rehearsal/emulator/guards.py."
        )


def require_version() -> None:
    """Check the pinned version before any hook is applied."""
    found = installed_version()
    Guard("version").that(found == SUPPORTED_VERSION, f"version {found} is installed")


def installed_version() -> str:
    try:
        return importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def _name(owner: object) -> str:
    return str(getattr(owner, "__name__", type(owner).__name__))
