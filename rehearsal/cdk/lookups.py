"""Look-ups of a synth (zones, networks, images), which the CDK CLI does between two runs of the app.

The CLI writes what it found to the `cdk.context.json` of the folder that it runs in, and a project commits
that file. What the embedded AWS answers must not get there. So such a synth runs in a folder of the
rehearsal, with copies of the project's settings whose commands change to the project's folder first.
"""

import json
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.cdk.assembly import AssemblyError, Environment

NO_LOOKUPS = "--no-lookups"
_COMMANDS = ("app", "build")
_CONTEXT = "cdk.context.json"


def missing_environments(output: Path) -> list[Environment]:
    """The accounts and regions in which a synth without look-ups would have looked something up."""
    try:
        missing = json.loads((output / "manifest.json").read_text()).get("missing", [])
        found = [_environment(item["props"]) for item in missing]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise AssemblyError(f"{output} is not an assembly as `cdk synth` writes it: {error!r}") from error
    return list(dict.fromkeys(found))


def copied_settings(project: Path, folder: Path) -> Path:
    """Make `folder` one in which the CLI runs the project's app and writes a context file of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = json.loads((project / "cdk.json").read_text())
    inside = {name: _inside(project, settings[name]) for name in _COMMANDS if name in settings}
    (folder / "cdk.json").write_text(json.dumps({**settings, **inside}))
    if (project / _CONTEXT).exists():
        shutil.copyfile(project / _CONTEXT, folder / _CONTEXT)
    return folder


def _inside(project: Path, command: object) -> str:
    return f"cd {shlex.quote(str(project))} && {command}"


def _environment(props: Mapping[str, Any]) -> Environment:
    account, region = str(props["account"]), str(props["region"])
    if not (account.isdigit() and len(account) == 12):
        raise ValueError(f"a look-up names the account {account!r}")
    return Environment(account=account, region=region)
