"""The versioned SQL files of a schema, `0001_name.sql` and on."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

SCHEMA = Path(__file__).resolve().parent.parent / "schema"
"""Where the deployed function finds its files."""

_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


class SchemaFilesError(Exception):
    """The folder is not a series of versions; the text names the file and the rule."""


@dataclass(frozen=True, kw_only=True)
class Version:
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def file_name(self) -> str:
        return f"{self.number:04}_{self.name}.sql"


def read_versions(folder: Path) -> tuple[Version, ...]:
    """Every version in order, without a gap."""
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise SchemaFilesError(f"{folder} holds no .sql file; the first version is 0001_name.sql")
    versions = tuple(map(_read, files))
    for expected, version in enumerate(versions, start=1):
        if version.number != expected:
            raise SchemaFilesError(
                f"{version.file_name} stands where version {expected:04} belongs: numbers start at 0001, "
                "and none is missing or used twice"
            )
    return versions


def schema_hash(folder: Path) -> str:
    """Changes whenever a file is added or edited."""
    lines = "".join(f"{version.file_name} {version.checksum}\n" for version in read_versions(folder))
    return hashlib.sha256(lines.encode()).hexdigest()


def _read(file: Path) -> Version:
    matched = _NAME.fullmatch(file.name)
    if matched is None:
        raise SchemaFilesError(f"{file.name} is not named like 0001_lower_case_words.sql")
    # A checkout with other line ends is the same schema.
    sql = file.read_bytes().decode().replace("\r\n", "\n")
    return Version(number=int(matched[1]), name=matched[2], sql=sql)
