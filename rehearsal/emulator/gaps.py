"""Stores the known differences from AWS that a rehearsal met, for the fidelity report."""

import json
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path

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
        try:
            stored = json.loads(self.file.read_text())
        except FileNotFoundError:
            return {}
        return {stack: tuple(map(_gap, gaps)) for stack, gaps in stored.items()}

    def _write(self, gaps: dict[str, tuple[Gap, ...]]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        pending = self.file.with_suffix(".json.new")
        pending.write_text(
            json.dumps({stack: [asdict(gap) for gap in found] for stack, found in gaps.items()})
        )
        pending.rename(self.file)


def _gap(stored: dict[str, str]) -> Gap:
    return Gap(subject=stored["subject"], fidelity=Fidelity(stored["fidelity"]), reason=stored["reason"])
