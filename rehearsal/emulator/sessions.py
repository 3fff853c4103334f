"""boto3 sessions that can reach only the embedded AWS."""

from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import create_loader

from rehearsal.emulator.environment import AccessKey, refuse_remote

_DEFAULTS = Config(
    s3={"addressing_style": "path"},  # bucket names do not resolve as host names on loopback
    inject_host_prefix=False,
    retries={"total_max_attempts": 2},
    connect_timeout=5,
    read_timeout=900,  # a synchronous invocation may take Lambda's 15 minutes
    proxies={},
)
_LOADER = create_loader()
"""Shared, because every session would otherwise read the service models again, which takes 0.05 s."""


class LocalSession(boto3.session.Session):
    """A session whose clients all use one loopback endpoint, whatever the environment says.

    Its clients close each connection after the response. Open connections stayed open as long as anything
    referenced the client, and with sessions for every action and every build the daemon ran out of
    descriptors after some 35 executions. A new connection on loopback takes half a millisecond.
    """

    def __init__(self, *, endpoint_url: str, region: str, key: AccessKey) -> None:
        self.endpoint_url = refuse_remote(endpoint_url)
        super().__init__(
            aws_access_key_id=key.key_id,
            aws_secret_access_key=key.secret,
            aws_session_token=key.token,
            region_name=region,
            botocore_session=_without_configuration(),
        )

    def client(self, *args: Any, **kwargs: Any) -> Any:
        client: Any = super().client(*args, **self._pinned(kwargs))
        client.meta.events.register("before-send", _close_after_answer)
        return client

    def resource(self, *args: Any, **kwargs: Any) -> Any:
        return super().resource(*args, **self._pinned(kwargs))

    def _pinned(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        config = kwargs.get("config")
        return {
            **kwargs,
            "endpoint_url": refuse_remote(kwargs.get("endpoint_url") or self.endpoint_url),
            "config": _DEFAULTS.merge(config) if config else _DEFAULTS,
        }


def _close_after_answer(request: Any, **_: Any) -> None:
    request.headers["Connection"] = "close"


def _without_configuration() -> botocore.session.Session:
    """A botocore session without profiles, so that the person's cannot break or change it."""
    session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    session.set_config_variable("config_file", "/dev/null")
    session.set_config_variable("credentials_file", "/dev/null")
    session.register_component("data_loader", _LOADER)
    return session
