"""Each service's state as one file, written where it differs from what was written last.

Whoever asks for a save waits until one has begun after the question: requests that come while one is
being written share the next. CloudFormation's file comes last, so that no stack on disk lists what
another file does not have yet.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from rehearsal.cloud.guards import Guard

STACKS = "cloudformation"
_ATTEMPTS = 20
"""A state is read while other threads change it; reading then ends with a RuntimeError."""

State = Mapping[str, Any] | None


class Saver:
    def __init__(self) -> None:
        guard = Guard("saving state")
        persistence = guard.module("ministack.core.persistence")
        app = guard.module("ministack.app")
        guard.that(persistence.PERSIST_STATE, "it keeps no state although PERSIST_STATE=1")
        self._folder = Path(guard.attribute(persistence, "STATE_DIR"))
        self._encoded = guard.function(persistence, "_json_default", ("obj",))
        self._version = guard.function(persistence, "_state_format_version", ("service",))
        self._states = guard.function(app, "_build_persistence_save_dict", ())
        self._stores = guard.attribute(guard.module("ministack.services.cloudformation"), "_PERSISTED_STORES")
        guard.function(app, "save_all", ("services",))
        app.save_all = lambda _: self.save()
        self._written: dict[str, int] = {}
        self.problems: dict[str, str] = {}
        """Why a service's present state is not on disk."""
        self._asking, self._writing = threading.Lock(), threading.Lock()
        self._asked: set[str] = set()
        self._batch, self._done = 1, 0

    def save(self, services: Collection[str] | None = None) -> dict[str, str]:
        """Write these, or all; answers with those that could not be written, and why."""
        wanted = set(services) if services is not None else set(self._states())
        with self._asking:
            self._asked |= wanted
            mine = self._batch
        with self._writing:
            if self._done < mine:
                self._write_batch()
        return {name: why for name, why in dict(self.problems).items() if name in wanted}

    def _write_batch(self) -> None:
        with self._asking:
            names, self._asked = self._asked, set()
            number, self._batch = self._batch, self._batch + 1
        states = self._states()
        for name in sorted(names & states.keys(), key=lambda name: (name == STACKS, name)):
            self._try(name, states[name])
        self._done = number

    def _try(self, name: str, state: Callable[[], State]) -> None:
        try:
            self._write(name, self._text(name, state))
        except Exception as error:  # a state that cannot be encoded must not cost the others theirs
            self.problems[name] = str(error)
        else:
            self.problems.pop(name, None)

    def _text(self, name: str, state: Callable[[], State]) -> str | None:
        for _ in range(_ATTEMPTS - 1):
            with contextlib.suppress(RuntimeError):
                return self._encode(name, state)
        return self._encode(name, state)

    def _encode(self, name: str, state: Callable[[], State]) -> str | None:
        payload = self._stacks() if name == STACKS else state()
        if payload is None:
            return None
        wrapped = {"__ministack_format__": self._version(name), "payload": payload}
        return json.dumps(wrapped, default=self._encoded)

    def _stacks(self) -> State:
        """As its `get_state`, without the copy that would take twice as long as the rest."""
        return {key: store() for store, key in self._stores}

    def _write(self, name: str, text: str | None) -> None:
        if text is None or self._written.get(name) == hash(text):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        pending = self._folder / f"{name}.json.tmp"
        try:
            pending.write_text(text)
            pending.replace(self._folder / f"{name}.json")
        except OSError:
            pending.unlink(missing_ok=True)
            raise
        self._written[name] = hash(text)
