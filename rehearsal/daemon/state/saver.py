"""Writes each service's state as one file if it differs from what was written last.

A caller waits for a save that started after its call; calls that arrive during a save share the next one.
CloudFormation's file is written last, so that no stack on disk lists a resource that another file lacks.
"""

import contextlib
import json
import threading
import time
from collections.abc import Collection
from pathlib import Path

from rehearsal.daemon.state.code import CodeFiles
from rehearsal.daemon.state.stores import Read, State, reader
from rehearsal.emulator.guards import Guard
from rehearsal.home import Home

STACKS = "cloudformation"
_FUNCTIONS = "lambda"
_QUICK_SECONDS = 0.004
_ATTEMPTS = 20
"""Attempts to read a state that other threads change meanwhile, which can raise a RuntimeError."""


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
        self._code = CodeFiles()
        self._readers: dict[str, Read] = {}
        self._written: dict[str, int] = {}
        self._seconds: dict[str, float] = {}
        """The seconds that the last save of each service took."""
        self.problems: dict[str, str] = {}
        """Why a service's current state is not on disk."""
        self._asking, self._writing = threading.Lock(), threading.Lock()
        self._asked: set[str] = set()
        self._batch, self._done = 1, 0

    def save(self, services: Collection[str] | None = None) -> dict[str, str]:
        """Write these services, or all; returns those that could not be written, with the reason."""
        wanted = set(self._known() if services is None else services)
        with self._asking:
            self._asked |= wanted
            mine = self._batch
        with self._writing:
            if self._done < mine:
                self._write_batch()
        return {name: why for name, why in dict(self.problems).items() if name in wanted}

    def is_quick(self, services: Collection[str] | None) -> bool:
        """Whether saving these takes less time than starting a thread."""
        if services is None or self._writing.locked():
            return False
        return sum(self._seconds.get(name, _QUICK_SECONDS) for name in services) < _QUICK_SECONDS

    def _known(self) -> dict[str, Read]:
        """The functions that read the state of every loaded service."""
        for name, get_state in self._states().items():
            if name not in self._readers:
                self._readers[name] = self._stacks if name == STACKS else reader(get_state)
        return self._readers

    def _write_batch(self) -> None:
        with self._asking:
            names, self._asked = self._asked, set()
            number, self._batch = self._batch, self._batch + 1
        known = self._readers if names <= self._readers.keys() else self._known()
        for name in sorted(names & known.keys(), key=lambda name: (name == STACKS, name)):
            self._try(name, known[name])
        self._done = number

    def _try(self, name: str, state: Read) -> None:
        begun = time.monotonic()
        try:
            self._write(name, self._text(name, state))
        except Exception as error:  # one state that cannot be encoded must not prevent saving the others
            self.problems[name] = str(error)
        else:
            self.problems.pop(name, None)
        self._seconds[name] = time.monotonic() - begun

    def _text(self, name: str, state: Read) -> str | None:
        for _ in range(_ATTEMPTS - 1):
            with contextlib.suppress(RuntimeError):
                return self._encode(name, state)
        return self._encode(name, state)

    def _encode(self, name: str, state: Read) -> str | None:
        payload = state()
        if payload is None:
            return None
        wrapped = {"__ministack_format__": self._version(name), "payload": payload}
        return json.dumps(wrapped, default=self._encoded)

    def _stacks(self) -> State:
        """CloudFormation's state, without the copy that its `get_state` makes."""
        return {key: store() for store, key in self._stores}

    def _write(self, name: str, text: str | None) -> None:
        if text is None or self._written.get(name) == hash(text):
            return
        Home(self._folder.parent).create()  # a person may have deleted it, and git would take the new one
        self._folder.mkdir(exist_ok=True)
        pending = self._folder / f"{name}.json.tmp"
        try:
            pending.write_text(text)
            pending.replace(self._folder / f"{name}.json")
        except OSError:
            pending.unlink(missing_ok=True)
            raise
        self._written[name] = hash(text)
        if name == _FUNCTIONS:
            self._code.saved()
