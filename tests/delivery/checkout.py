"""A copy of what is delivered, and its synthesis as the CDK CLI starts it, from a clean environment.

What the library is about to drop fails the synthesis here, so that it is noticed while it still works.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from blocks.function_assets import REPOSITORY

HANDLERS = "rehearsal/cloud/cloudformation/permissions/handler_permissions.json.gz"
"""What CloudFormation's handlers call, which the delivery reads too."""
JSII_CACHE = {"JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache/aws/jsii/package-cache")}
"""Where jsii has unpacked the CDK for these tests themselves, by the archive's content; below each new HOME
it would unpack 200 MB again."""
_DELIVERY_SIDE = ("agents", "blocks", "config", "pipeline", "stacks", "stages", "lambdas/second_brain")
_FILES = ("app.py", "cdk.json", "delivery.toml", "docs/security.md", "package.json", HANDLERS)
_BUILT = ("build", "lambdas/target")


def copy_to(root: Path, *, built: bool) -> None:
    """As a fresh clone has it, or with the functions that are built here."""
    for folder in _DELIVERY_SIDE:
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in _FILES:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / file, root / file)
    for folder in _BUILT if built else ():
        (root / folder).symlink_to(REPOSITORY / folder)


def synthesise(
    root: Path,
    outdir: Path,
    *,
    context: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """`context` is what `-c` would say, `environment` what the shell has beside the least."""
    flags = json.loads((root / "cdk.json").read_text(encoding="utf-8"))["context"]
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=root,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(outdir.parent),
            "USER": "ada",
            "CDK_OUTDIR": str(outdir),
            "CDK_CONTEXT_JSON": json.dumps({**flags, **(context or {})}),
            "JSII_DEPRECATED": "fail",
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
            **JSII_CACHE,
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        check=False,
    )
