"""Counts what the packs and checkov find in a synthesised assembly, and compares with what is kept.

python -m pipeline.security ASSEMBLY [--write] [--json]
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from config.mistakes import DeliveryError
from pipeline.security import declined, kept, report
from pipeline.security.verdict import judge, look


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.security", description=__doc__)
    parser.add_argument("assembly", type=Path, help="synthesised with -c security=findings")
    parser.add_argument(
        "--write", action="store_true", help="keep the counts, and write docs/security.md's table"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    options = parser.parse_args(arguments)
    try:
        verdict = look(options.assembly)
        if options.write:
            kept.save(verdict.counts)
            declined.update_document()
            verdict = judge(verdict.findings, verdict.places, reasons=declined.load(), before=kept.load())
    except DeliveryError as error:
        sys.exit(str(error))
    sys.stdout.write(report.as_json(verdict) if options.json else report.text(verdict, before=kept.load()))
    if not verdict.is_good:
        sys.exit(1)


if __name__ == "__main__":
    main()
