"""The data that a client needs to connect to a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from rehearsal.postgres.addresses import Address


@dataclass(frozen=True, kw_only=True)
class Login:
    address: Address
    user: str
    password: str
    database: str
    root_certificate: Path

    @property
    def dsn(self) -> str:
        tls = urlencode({"sslmode": "verify-full", "sslrootcert": str(self.root_certificate)})
        user, password = quote(self.user, safe=""), quote(self.password, safe="")
        return f"postgresql://{user}:{password}@{self.address}/{quote(self.database, safe='')}?{tls}"

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables of libpq and related clients."""
        return {
            "PGHOST": self.address.host,
            "PGPORT": str(self.address.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self.root_certificate),
            "DATABASE_URL": self.dsn,
        }
