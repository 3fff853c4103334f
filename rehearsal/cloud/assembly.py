"""ministack imported, checked and hooked: the embedded AWS without the parts that extend it.

Nothing here may be imported before the process has the environment that `settings` describes;
ministack's own imports are therefore all below the functions that need them.
"""

import os

from rehearsal.cloud.emulator import Ministack
from rehearsal.cloud.extension import Asgi, Cloud
from rehearsal.cloud.gaps import GapLog
from rehearsal.cloud.guards import Guard, require_version
from rehearsal.cloud.hooks import HOOKS
from rehearsal.cloud.settings import READ_ONCE
from rehearsal.home import Home


def assemble(
    *, home: Home, endpoint_url: str, account: str, region: str, enforce_iam: bool
) -> tuple[Cloud, Asgi]:
    """The hooked emulator and the ASGI application that serves it."""
    require_version()
    cloud = Cloud(
        home=home,
        endpoint_url=endpoint_url,
        account=account,
        region=region,
        enforces_iam=enforce_iam,
        gaps=GapLog.of(home),
        emulator=Ministack(endpoint_url=endpoint_url, secret=home.secret),
    )
    for hook in HOOKS:
        hook(cloud)
    for name in READ_ONCE:
        os.environ.pop(name, None)
    guard = Guard("server")
    app: Asgi = guard.function(guard.module("ministack.app"), "app", ("scope", "receive", "send"))
    return cloud, app
