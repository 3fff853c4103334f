"""Imports and checks ministack: the embedded AWS without the services that extend it.

ministack must not be imported before the process has the environment that `settings` describes, so its
imports are inside the functions that need them.
"""

from rehearsal.emulator.extension import Asgi, Cloud
from rehearsal.emulator.gaps import GapLog
from rehearsal.emulator.guards import Guard, require_version
from rehearsal.emulator.ministack import Ministack
from rehearsal.home import Home
from rehearsal.processes import Processes


def load(
    *, home: Home, endpoint_url: str, account: str, region: str, enforce_iam: bool
) -> tuple[Cloud, Asgi]:
    """The `Cloud` to extend, and the ASGI application that serves it."""
    require_version()
    cloud = Cloud(
        home=home,
        endpoint_url=endpoint_url,
        account=account,
        region=region,
        enforces_iam=enforce_iam,
        gaps=GapLog.of(home),
        emulator=Ministack(endpoint_url=endpoint_url, secret=home.secret),
        processes=Processes(home),
    )
    guard = Guard("server")
    app: Asgi = guard.function(guard.module("ministack.app"), "app", ("scope", "receive", "send"))
    return cloud, app
