"""What happens after a push: start the pipelines that it triggers, and tell the person which and why.

Run by the post-receive hook; git hands one line per reference on standard input.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rehearsal.home import Home
from rehearsal.sources.hook import NO_START


@dataclass(frozen=True, kw_only=True)
class Update:
    before: str
    after: str
    reference: str

    @property
    def deleted(self) -> bool:
        return set(self.after) == {"0"}

    @property
    def short(self) -> str:
        return self.reference.removeprefix("refs/heads/").removeprefix("refs/tags/")


def main() -> None:
    home = Home(Path(sys.argv[1]))
    if os.environ.get("GIT_PUSH_OPTION_0") == NO_START:
        return
    for update in _updates(sys.stdin):
        for line in _receive(home, update):
            print(line, flush=True)  # noqa: T201 - git shows it to who pushed


def _receive(home: Home, update: Update) -> Iterable[str]:
    if update.deleted:
        yield f"slipway: {update.short} is gone; nothing was started"
        return
    if home.endpoint() is None:
        yield f"slipway: {update.short} is stored, but nothing was started: the rehearsal does not run"
        yield "slipway: start it with `slipway up`, then `slipway rehearse` or push again"
        return


def _updates(lines: Iterable[str]) -> Iterable[Update]:
    for line in lines:
        before, after, reference = line.split()
        yield Update(before=before, after=after, reference=reference)


if __name__ == "__main__":
    main()
