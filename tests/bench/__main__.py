"""Run every benchmark, or those named: `python -m tests.bench synth startup`."""

import os
import sys
from importlib import import_module

from rehearsal.home import tool_cache

BENCHMARKS = (
    "synth",
    "startup",
    "engine_overhead",
    "growth",
    "rehearsal",
    "lambdas",
    "connections",
    "same_bytes",
)


def main(names: list[str]) -> None:
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}")
    os.environ.setdefault("SLIPWAY_PACKAGES", str(tool_cache() / "packages"))
    for name in names or BENCHMARKS:
        import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
