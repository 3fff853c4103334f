"""No figure, but what one is worth: an unchanged function keeps its bytes, and so is not deployed again."""

from rich.console import Console

from tests.lambdas import reproducible

PROGRAMS = ("query", "daily_cleanup")


def main() -> None:
    Console().print("Two release builds of one commit, in folders of different names, digests:")
    chosen = [argument for name in PROGRAMS for argument in ("--bin", name)]
    if reproducible.main(chosen):
        raise RuntimeError("two builds of one commit differ")
