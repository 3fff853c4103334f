"""Compares two synthesised assemblies, for people: nothing here speaks to AWS.

python -m pipeline.change_report --before DIR --after DIR [--policies-before DIR] [--html FILE] [--json]
"""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from pipeline import assembly
from pipeline.change_report.compare import compare
from pipeline.change_report.page import draw
from pipeline.change_report.report import Report, StackChange, as_json
from pipeline.change_report.terminal import show
from pipeline.permissions import kept


def main() -> None:
    arguments = _arguments()
    try:
        stacks = compare_assemblies(arguments.before, arguments.after)
    except assembly.AssemblyError as error:
        sys.exit(str(error))
    before = arguments.policies_before
    report = Report(
        title=arguments.title,
        target="Everything",
        stacks=tuple(stacks),
        to_bootstrap=tuple(kept.changes(before)) if before else (),
    )
    if arguments.html:
        arguments.html.write_text(draw(report), encoding="utf-8")
    if arguments.json:
        sys.stdout.write(json.dumps(as_json(report), indent=2) + "\n")
    else:
        show(report, Console())
        if arguments.html:
            sys.stdout.write(f"{arguments.html}\n")


def compare_assemblies(before: Path, after: Path) -> list[StackChange]:
    old = {stack.path: stack for stack in assembly.stacks(before)}
    new = {stack.path: stack for stack in assembly.stacks(after)}
    return [
        compare(
            name=path,
            before=old[path].template() if path in old else None,
            after=new[path].template() if path in new else None,
            environment=(new.get(path) or old[path]).environment,
        )
        for path in sorted(old.keys() | new.keys())
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pipeline.change_report", description=__doc__)
    parser.add_argument("--before", type=Path, required=True, help="an assembly, such as cdk.out")
    parser.add_argument("--after", type=Path, required=True, help="the assembly that would follow it")
    parser.add_argument(
        "--policies-before",
        type=Path,
        help="the kept policies of the other commit: what has to be bootstrapped",
    )
    parser.add_argument("--title", default="Two assemblies compared")
    parser.add_argument("--html", type=Path, help="write the page here")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
