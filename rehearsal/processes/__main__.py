"""What the keeper runs when the embedded AWS has ended: `python -m rehearsal.processes HOME BUILDS`."""

import sys
from pathlib import Path

from rehearsal.home import Home
from rehearsal.locks import exclusive
from rehearsal.processes import end_left_behind, kernel


def main(root: Path, builds: Path) -> None:
    home = Home(root)
    if not home.processes.exists():
        return
    with exclusive(home.root / "daemon.lock"):  # the next embedded AWS is not started meanwhile
        running = home.endpoint()
        if running is None or kernel.stat(running.pid) is None:  # otherwise that one has already swept
            end_left_behind(home.processes, (home.root, builds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
