"""Runs in checkov's own environment: judges templates named by number, and prints what fails as JSON.

Through checkov's runner for CloudFormation, because its command also loads every other framework and the
settings of whoever calls it. Nothing here may open a connection.
"""

import json
import sys
from pathlib import Path
from typing import Any

_TALKS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname")


def _refuse_connections(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _TALKS:
        raise PermissionError(f"a check of templates needs no network: {event} {arguments[1:]}")


def _judge(files: list[str]) -> dict[str, Any]:
    from checkov.cloudformation.runner import Runner  # noqa: PLC0415 - after connections are refused
    from checkov.runner_filter import RunnerFilter  # noqa: PLC0415

    only = RunnerFilter(framework=["cloudformation"], download_external_modules=False)
    report = Runner().run(root_folder=None, files=files, runner_filter=only)
    return {
        "judged": len(report.passed_checks) + len(report.failed_checks),
        "unreadable": [_number(file) for file in report.parsing_errors],
        "failed": [
            {"rule": found.check_id, "template": _number(found.file_path), "resource": found.resource}
            for found in report.failed_checks
        ],
    }


def _number(file: str) -> int:
    return int(Path(file).stem)


if __name__ == "__main__":
    sys.addaudithook(_refuse_connections)
    sys.stdout.write(json.dumps(_judge(sys.argv[1:])))
