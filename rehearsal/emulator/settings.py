"""ministack's settings. It reads them from the environment at import, so they are set before."""

import secrets
from collections.abc import Mapping

from rehearsal.emulator.environment import WITHHELD
from rehearsal.home import Home

EMULATOR_ONLY = frozenset(
    {
        "BIND_HOST", "GATEWAY_PORT", "MINISTACK_HOST", "MINISTACK_ACCOUNT_ID", "MINISTACK_REGION",
        "MINISTACK_AUTOCREATE_AWS_MANAGED", "PERSIST_STATE", "STATE_DIR", "S3_PERSIST", "S3_DATA_DIR",
        "DOCKER_HOST", "LAMBDA_EXECUTOR", "SFTP_ENABLED", "IOT_MTLS_ENABLED", "XDG_CACHE_HOME", WITHHELD,
    }
)  # fmt: skip
"""Settings of the emulator itself, removed from the environment of functions and agents."""

READ_ONCE = ("AUTH", "LOG_LEVEL")
"""Removed after ministack is imported, because a function may have variables of these names."""


def emulator_environment(
    *, home: Home, port: int, account: str, region: str, enforce_iam: bool
) -> Mapping[str, str]:
    """Loopback only, state in the home, no Docker, none of the listeners on fixed ports."""
    return {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": region,
        # A placeholder: `rehearsal.cloud.iam.credentials` gives every root and every function its own secret.
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(32),
        "AUTH": "true" if enforce_iam else "false",
        "MINISTACK_AUTOCREATE_AWS_MANAGED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.state / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.state / "s3"),
        "DOCKER_HOST": f"unix://{home.state}/no-docker.sock",
        "LAMBDA_EXECUTOR": "local",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
