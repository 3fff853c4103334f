"""The code of functions lies in files of its own, which the saved state names by what is in them.

ministack removes the files that its present state does not name before that state is on disk. A kill in
between would leave functions without code; so they are removed after it.
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
