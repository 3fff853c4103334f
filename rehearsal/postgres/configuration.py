"""The configuration of a rehearsed server: fast settings, and those of the parameter group."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.postgres.addresses import Address

QUICK = {
    # A rehearsal's data may be lost in a power cut, so a commit need not wait for the disk; it waits until
    # the kernel has the data, which survive a killed process.
    "fsync": "off",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "shared_buffers": "32MB",
    "jit": "off",
    "huge_pages": "off",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "ssl": "on",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

RDS_LIBRARIES = (
    "auto_explain", "orafce", "pg_ad_mapping", "pg_bigm", "pg_cron", "pg_hint_plan", "pg_prewarm",
    "pg_similarity", "pg_stat_statements", "pg_tle", "pg_transport", "pgactive", "pgaudit",
    "pglogical", "plprofiler", "plrust", "wal2json",
)  # fmt: skip
"""Allowed in `shared_preload_libraries` on RDS; other values fail a stack on RDS and here."""

_OURS_ALONE = (
    "apg_", "archive_", "aurora_", "data_directory", "fsync", "full_page_writes", "huge_pages",
    "listen_addresses", "log_destination", "log_directory", "log_filename", "log_rotation",
    "logging_collector", "max_wal_senders", "port", "rds.", "ssl", "synchronous_commit",
    "unix_socket", "wal_level",
)  # fmt: skip
"""Prefixes of parameters that a parameter group cannot set on a rehearsed server."""


class RejectedParameterError(Exception):
    """RDS would refuse this value too."""


@dataclass(frozen=True, kw_only=True)
class ParameterPlan:
    """A parameter group's values, split by whether they apply here."""

    honoured: Mapping[str, str]
    dropped: Mapping[str, str]
    """Name and reason."""
    force_tls: bool


def plan(parameters: Mapping[str, str], *, force_tls_by_default: bool, library_folder: Path) -> ParameterPlan:
    """Split a parameter group's values into those that apply here and those that do not."""
    wanted = dict(parameters)
    force_tls = wanted.pop("rds.force_ssl", "1" if force_tls_by_default else "0") == "1"
    dropped = {name: reason for name, value in wanted.items() if (reason := _obstacle(name, value))}
    honoured = {name: value for name, value in wanted.items() if name not in dropped}
    if "shared_preload_libraries" in honoured:
        here, missing = _libraries(honoured["shared_preload_libraries"], library_folder)
        honoured["shared_preload_libraries"] = ",".join(here)
        if missing:
            dropped["shared_preload_libraries"] = f"{', '.join(missing)} is not in this PostgreSQL"
    return ParameterPlan(honoured=honoured, dropped=dropped, force_tls=force_tls)


def _obstacle(name: str, value: str) -> str:
    if name.startswith(_OURS_ALONE):
        return "the rehearsal sets it itself"
    if "{" in value:
        return "formulas over the instance class are not evaluated"
    return ""


def _libraries(value: str, folder: Path) -> tuple[list[str], list[str]]:
    names = [name.strip() for name in value.split(",") if name.strip()]
    unknown = [name for name in names if name not in RDS_LIBRARIES]
    if unknown:
        raise RejectedParameterError(
            f"shared_preload_libraries: RDS does not know {', '.join(unknown)}; allowed are "
            f"{', '.join(RDS_LIBRARIES)}. Extensions such as vector need no preloading"
        )
    here = [name for name in names if (folder / f"{name}.so").exists()]
    return here, [name for name in names if name not in here]


def render(
    *, address: Address, parameters: Mapping[str, str], certificate: Path, key: Path, root: Path
) -> str:
    """The text of postgresql.conf."""
    placed = {
        "listen_addresses": address.host,
        "port": str(address.port),
        "ssl_cert_file": str(certificate),
        "ssl_key_file": str(key),
        "ssl_ca_file": str(root),
    }
    settings = {**QUICK, **parameters, **placed}
    return "".join(f"{name} = '{_quoted(value)}'\n" for name, value in settings.items())


def render_access(*, force_tls: bool) -> str:
    """The text of pg_hba.conf: always passwords, TLS as `rds.force_ssl` configures."""
    kind = "hostssl" if force_tls else "host"
    return f"{kind} all all 127.0.0.0/8 scram-sha-256\n"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
