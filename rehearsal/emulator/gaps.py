"""Stores the known differences from AWS that a rehearsal met, for the fidelity report."""

import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.home import Home
from rehearsal.model.results import Fidelity, Gap


@dataclass(frozen=True)
class GapLog:
    """Gaps by stack; `""` holds those of the embedded AWS as a whole."""

    file: Path
    lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @classmethod
    def of(cls, home: Home) -> "GapLog":
        return cls(home.root / "gaps.json")

    def note(self, gap: Gap, *, stack: str = "") -> None:
        """Store the gap; the same gap is stored once."""
        with self.lock:
            found = self.by_stack()
            if gap in found.get(stack, ()):
                return
            self._write({**found, stack: (*found.get(stack, ()), gap)})

    def note_member(self, subject: str, *, fidelity: Fidelity, lead: str, member: str) -> None:
        """One gap of the embedded AWS as a whole that lists all its members after `lead`."""
        with self.lock:
            found = self.by_stack()
            others = tuple(gap for gap in found.get("", ()) if gap.subject != subject)
            known = [
                gap.reason.removeprefix(f"{lead}: ").split(", ")
                for gap in found.get("", ())
                if gap not in others
            ]
            members = {name for names in known for name in names}
            if member not in members:
                reason = f"{lead}: {', '.join(sorted({*members, member}))}"
                self._write({**found, "": (*others, Gap(subject=subject, fidelity=fidelity, reason=reason))})

    def keep_constant(self, gaps: Iterable[Gap]) -> None:
        """Those that hold as long as this embedded AWS runs as it was started; they replace the last ones."""
        with self.lock:
            _write(self._constant, [asdict(gap) for gap in gaps])

    def constant(self) -> tuple[Gap, ...]:
        return tuple(map(_gap, _stored(self._constant) or []))

    @property
    def _constant(self) -> Path:
        return self.file.with_name("constant-gaps.json")

    def forget(self, stack: str) -> None:
        """Remove the gaps of a deleted stack."""
        with self.lock:
            if stack not in self.by_stack():
                return
            self._write({name: gaps for name, gaps in self.by_stack().items() if name != stack})

    def read(self) -> tuple[Gap, ...]:
        """Every gap once, in the order in which they were noted."""
        return tuple(dict.fromkeys(gap for gaps in self.by_stack().values() for gap in gaps))

    def by_stack(self) -> dict[str, tuple[Gap, ...]]:
        return {stack: tuple(map(_gap, gaps)) for stack, gaps in (_stored(self.file) or {}).items()}

    def _write(self, gaps: dict[str, tuple[Gap, ...]]) -> None:
        _write(self.file, {stack: [asdict(gap) for gap in found] for stack, found in gaps.items()})


def _stored(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return None


def _write(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pending = file.with_suffix(".json.new")
    pending.write_text(json.dumps(content))
    pending.rename(file)


def _gap(stored: dict[str, str]) -> Gap:
    return Gap(subject=stored["subject"], fidelity=Fidelity(stored["fidelity"]), reason=stored["reason"])
