"""Delays the deletion of functions' code files, which the saved state names by content hash.

ministack deletes files that its current state does not name before that state is on disk. A kill in between
would leave functions without code, so the files are deleted after the save.
"""

from collections.abc import Callable

from rehearsal.emulator.guards import Guard


class CodeFiles:
    def __init__(self) -> None:
        guard = Guard("code of functions")
        module = guard.module("ministack.services.lambda_svc")
        self._remove_others: Callable[[set[str]], None] = guard.function(
            module, "_prune_orphan_code_blobs", ("referenced",)
        )
        self._named: set[str] = set()
        module._prune_orphan_code_blobs = self._remember

    def _remember(self, named: set[str]) -> None:
        self._named = named

    def saved(self) -> None:
        self._remove_others(self._named)
