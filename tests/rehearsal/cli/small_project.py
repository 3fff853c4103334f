"""A small CDK project without a CDK library: its app is a shell command that writes an assembly."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.rehearsal.cli.command import SLIPWAY

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class SmallProject:
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def write(self, *, app: str, stacks: Mapping[str, Any] | None = None, missing: Any = None) -> None:
        """`app` may copy `assembly/` to the output folder, with a stack for each template given here."""
        assembly = self.folder / "assembly"
        assembly.mkdir(parents=True, exist_ok=True)
        artifacts = {}
        for name, template in (stacks or {}).items():
            (assembly / f"{name}.json").write_text(json.dumps(template))
            artifacts[name] = {
                "type": "aws:cloudformation:stack",
                "environment": "aws://unknown-account/unknown-region",
                "properties": {"templateFile": f"{name}.json"},
            }
        manifest = {"version": "36.0.0", "artifacts": artifacts, **({"missing": missing} if missing else {})}
        (assembly / "manifest.json").write_text(json.dumps(manifest))
        (self.folder / "cdk.json").write_text(json.dumps({"app": app}))
        if not (self.folder / "node_modules").exists():
            (self.folder / "node_modules").symlink_to(ROOT / "node_modules")

    def slipway(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SLIPWAY, *arguments],
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "200", **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def git(self, *arguments: str) -> str:
        person = ["-c", "user.name=Rehearsal", "-c", "user.email=rehearsal@example.com"]
        done = subprocess.run(
            ["git", *person, *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout
