"""Writes the kept policies, and the table of docs/security.md, again from a synthesised assembly.

python -m pipeline.permissions ASSEMBLY [--prune]
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from config.load import load
from config.mistakes import DeliveryError
from pipeline.permissions import kept, wildcards
from pipeline.permissions.generate import needed
from stacks.registry import APPLICATIONS


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.permissions", description=__doc__)
    parser.add_argument("assembly", type=Path, help="a synthesised assembly, such as cdk.out")
    parser.add_argument("--prune", action="store_true", help="also drop what nothing needs any more")
    options = parser.parse_args(arguments)
    try:
        found = needed(load(APPLICATIONS), options.assembly)
        news = kept.lacks(found)
        kept.save(found, prune=options.prune)
        wildcards.update_document(options.assembly)
    except DeliveryError as error:
        sys.exit(str(error))
    for line in news:
        sys.stdout.write(f"new: {line}\n")
    if news:
        sys.stdout.write("before you push, CloudFormation must be allowed this: make bootstrap RUN=yes\n")
    else:
        sys.stdout.write("the kept policies allow everything that the templates need\n")


if __name__ == "__main__":
    main()
