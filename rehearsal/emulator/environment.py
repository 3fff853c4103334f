"""Builds the environment of a process of the rehearsal: nothing of the person's AWS, only the embedded one.

The environment is built from a whitelist, not from the person's environment minus a blacklist, so that an
unknown variable with a credential is not passed on. The whitelist holds what programs need to find other
programs and to download packages. A whitelisted variable is withheld if its name or value indicates a
credential, such as a proxy or a package index with a password in its URL.
"""

import fnmatch
import hashlib
import hmac
import ipaddress
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_PASSED = (
    "PATH", "LANG", "LC_*", "TZ", "TERM", "TMPDIR", "SHELL", "USER", "LOGNAME",
    "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO", "PIP_*", "UV_*", "NPM_CONFIG_*", "npm_config_*", "CARGO_HOME", "RUSTUP_*",
    "PYENV_ROOT", "NVM_DIR", "JAVA_HOME", "GOPATH", "GOPROXY", "GOFLAGS", "DOTNET_ROOT",
    "PLAYWRIGHT_BROWSERS_PATH",
)  # fmt: skip
_SECRET_NAME = re.compile(
    r"TOKEN|PASSWORD|PASSWD|SECRET|_AUTH|CREDENTIAL|API_?KEY|USERCONFIG|GLOBALCONFIG|CONFIG_FILE|CLIENT_CERT"
    r"|(^|_)KEY$|(^|_)OTP$",
    re.IGNORECASE,
)
"""Variables that contain a credential, or name a file that may contain one."""

_SECRET_IN_URL = re.compile(r"://\S*(@|\?\S*=)")
"""A user before the host, or a query, which a package index URL has only for a signature or a token."""

WITHHELD = "SLIPWAY_WITHHELD"
"""Names the withheld variables, to explain why a package index cannot be reached."""

_LOOPBACK_HOSTS = "127.0.0.1,localhost"


@dataclass(frozen=True, kw_only=True)
class AccessKey:
    """Credentials that are valid in the embedded AWS only."""

    key_id: str
    secret: str
    token: str | None = None

    @classmethod
    def of_root(cls, account: str, *, secret: str) -> "AccessKey":
        """The account's root: the account id, with a secret derived from the home's secret.

        Each account has its own secret, so that a key of one account is not valid for the others.
        """
        derived = hmac.new(secret.encode(), f"root of {account}".encode(), hashlib.sha256)
        return cls(key_id=account, secret=derived.hexdigest()[:40])


class RemoteEndpointError(Exception):
    """A request would have left this machine for AWS."""


def refuse_remote(url: str) -> str:
    """Return the URL if it is on loopback, else raise `RemoteEndpointError`."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost") or _is_loopback(host):
        return url
    raise RemoteEndpointError(
        f"{url!r} is not on this machine: a rehearsal only ever talks to its own embedded AWS. "
        "Take the endpoint from `slipway env`."
    )


def clean_environment(
    *,
    endpoint_url: str,
    region: str,
    key: AccessKey,
    home: Path,
    extra: Mapping[str, str] | None = None,
    person: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The whole environment of a child process. `home` becomes its HOME and is created.

    `extra` is added last; an endpoint variable in it must be on loopback too. `person` is the
    environment to take the whitelisted variables from, the current one by default.
    """
    home.mkdir(parents=True, exist_ok=True)
    passed = whitelisted(os.environ if person is None else person)
    environment = {
        **passed,
        "HOME": str(home),
        "NO_PROXY": _LOOPBACK_HOSTS,
        "no_proxy": _LOOPBACK_HOSTS,
        **_no_aws(home),
        **_embedded_aws(endpoint_url=endpoint_url, region=region, key=key),
        **(extra or {}),
    }
    _refuse_remote_endpoints(environment)
    return environment


def offline_environment(*, home: Path, person: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment of a program of the project that needs no AWS; it contains no AWS access."""
    home.mkdir(parents=True, exist_ok=True)
    passed = whitelisted(os.environ if person is None else person)
    return {**passed, "HOME": str(home), **_no_aws(home)}


def whitelisted(person: Mapping[str, str]) -> dict[str, str]:
    """The variables of the person's environment that a process of the rehearsal may have."""
    passed = {name: value for name, value in person.items() if _matches(name, _PASSED)}
    dropped = withheld(person)
    kept = {name: value for name, value in passed.items() if name not in dropped}
    return {**kept, WITHHELD: " ".join(dropped)} if dropped else kept


def withheld(person: Mapping[str, str]) -> tuple[str, ...]:
    """Whitelisted variables that contain a credential, including those that a parent process withheld."""
    found = {
        name for name, value in person.items() if _matches(name, _PASSED) and carries_credential(name, value)
    }
    return tuple(sorted(found | set(person.get(WITHHELD, "").split())))


def carries_credential(name: str, value: str) -> bool:
    """Whether name or value indicates a credential. curl accepts a proxy without `http://` too."""
    in_proxy = name.lower().endswith("_proxy") and "@" in value
    return bool(in_proxy or _SECRET_NAME.search(name) or _SECRET_IN_URL.search(value))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _no_aws(home: Path) -> dict[str, str]:
    """Variables that disable the person's AWS access: no profile, no key, no instance role."""
    return {
        "AWS_CONFIG_FILE": str(_empty_file(home / ".aws" / "config")),
        "AWS_SHARED_CREDENTIALS_FILE": str(_empty_file(home / ".aws" / "credentials")),
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }


def _embedded_aws(*, endpoint_url: str, region: str, key: AccessKey) -> dict[str, str]:
    variables = {
        "AWS_ENDPOINT_URL": refuse_remote(endpoint_url),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": key.key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_PAGER": "",
        # `Host`-prefixed names such as `sync-states.127.0.0.1` resolve nowhere.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }
    return {**variables, "AWS_SESSION_TOKEN": key.token} if key.token else variables


def _empty_file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def _refuse_remote_endpoints(environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if name.startswith("AWS_ENDPOINT_URL") and value:
            refuse_remote(value)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def main() -> None:
    """`python -m rehearsal.emulator.environment HOME COMMAND...`, for scripts that run the project's code."""
    home, *command = sys.argv[1:]
    os.execvpe(command[0], command, offline_environment(home=Path(home)))  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
