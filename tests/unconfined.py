"""As on a machine without bubblewrap."""

import contextlib
from collections.abc import Iterator
from unittest import mock

from rehearsal.confinement import ability


@contextlib.contextmanager
def without_bubblewrap() -> Iterator[None]:
    with mock.patch("rehearsal.confinement.probe._programs", tuple):
        ability.cache_clear()
        yield
    ability.cache_clear()
