"""The post-receive hook, which notifies the engine of `git push slipway`.

The hook inherits the pusher's environment with git's own redirections. It keeps only what a program needs to
run and starts `rehearsal.sources.receive` in this installation's Python, isolated from the person's Python
settings.
"""

import shlex
import sys

from rehearsal.home import Home
from rehearsal.sources.repository import Repository

NO_START = "slipway.start=no"
"""`git push -o slipway.start=no` only stores the commits; `slipway rehearse` starts executions itself."""

_SCRIPT = """#!/bin/sh
# Written by Slipway; written anew by `slipway up`.
exec env -i PATH="$PATH" HOME=/nonexistent LANG="${{LANG:-C.UTF-8}}" \\
  GIT_PUSH_OPTION_COUNT="${{GIT_PUSH_OPTION_COUNT:-0}}" GIT_PUSH_OPTION_0="${{GIT_PUSH_OPTION_0:-}}" \\
  {python} -I -m rehearsal.sources.receive {home} {repository}
"""


def install_hook(repository: Repository, *, home: Home) -> None:
    hook = repository.path / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    pending = hook.with_suffix(".new")
    pending.write_text(
        _SCRIPT.format(
            python=shlex.quote(sys.executable),
            home=shlex.quote(str(home.root)),
            repository=shlex.quote(repository.name),
        )
    )
    pending.chmod(0o755)
    pending.rename(hook)
