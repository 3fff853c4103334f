"""What checkov finds in the synthesised templates.

It has an environment of its own (`build/checkov`, from the lock beside this file), and gets nothing of the
caller's: neither settings nor a key of its vendor, with which it would send what it finds.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from config.mistakes import DeliveryError
from pipeline import assembly
from pipeline.security.findings import SANDBOX, Finding

PACK = "checkov"
ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "build/checkov/bin/python"
SCRIPT = Path(__file__).with_name("checkov_in_its_environment.py")


class CheckovError(DeliveryError):
    """checkov is not there, or has not judged every template."""


def found(folder: Path) -> Iterator[Finding]:
    stacks = [stack for stack in assembly.stacks(folder) if not stack.path.startswith(f"{SANDBOX}/")]
    for failed in judge([stack.template_file for stack in stacks])["failed"]:
        logical_id = failed["resource"].rpartition(".")[2]
        yield Finding(
            pack=PACK, rule=failed["rule"], construct=f"{stacks[failed['template']].path}/{logical_id}"
        )


def judge(files: Sequence[Path], *, python: Path = PYTHON) -> Mapping[str, Any]:
    """What fails, by the number of the template.

    The templates are copied to short names: checkov takes a path of some forty letters for a secret.
    """
    if not python.is_file():
        raise CheckovError("checkov is not installed; run: make build/checkov/.locked")
    with tempfile.TemporaryDirectory() as home:
        names = [f"{number}.json" for number in range(len(files))]
        for file, name in zip(files, names, strict=True):
            shutil.copyfile(file, Path(home, name))
        answer = _asked(python, names, home)
    if answer["unreadable"]:
        unreadable = ", ".join(str(files[number]) for number in answer["unreadable"])
        raise CheckovError(f"checkov cannot read {unreadable}")
    if not answer["judged"]:
        raise CheckovError("checkov has judged nothing: no template has a resource that it knows")
    return answer


def _asked(python: Path, names: Sequence[str], home: str) -> Mapping[str, Any]:
    done = subprocess.run(
        [python, "-I", SCRIPT, *names],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": home, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CheckovError(f"checkov failed:\n{done.stderr.strip()}")
    answer: Mapping[str, Any] = json.loads(done.stdout)
    return answer
