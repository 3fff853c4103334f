"""Says now and then that a long step still runs, so that nobody takes it for stuck."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ALIVE_SECONDS = 30.0
_ENDS_WITHIN = 5.0


@contextmanager
def alive(say: Callable[[str], None], what: str) -> Iterator[None]:
    ended = threading.Event()
    began = time.monotonic()

    def tell() -> None:
        while not ended.wait(ALIVE_SECONDS):
            say(f"{what}: still running after {time.monotonic() - began:.0f} s")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join(_ENDS_WITHIN)  # its output may be blocked
