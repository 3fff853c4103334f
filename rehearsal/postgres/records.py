"""The emulator's RDS records, from which the API and `Fn::GetAtt` answer.

ministack scopes them by the account and region of the current request, so they are read and changed only
while a request is handled.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Literal

from rehearsal.emulator.guards import Guard
from rehearsal.postgres.addresses import Address

Kind = Literal["instance", "cluster"]
Record = MutableMapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Tables:
    records: str
    snapshots: str
    groups: str
    resource_id: str


_TABLES: Mapping[Kind, _Tables] = {
    "instance": _Tables(
        records="_instances", snapshots="_snapshots", groups="_param_groups", resource_id="DbiResourceId"
    ),
    "cluster": _Tables(
        records="_clusters",
        snapshots="_db_cluster_snapshots",
        groups="_db_cluster_param_groups",
        resource_id="DbClusterResourceId",
    ),
}


class RdsRecords:
    def __init__(self) -> None:
        guard = Guard("PostgreSQL behind RDS")
        module = guard.module("ministack.services.rds")
        self._tables: dict[str, Any] = {
            name: guard.attribute(module, name)
            for tables in _TABLES.values()
            for name in (tables.records, tables.snapshots, tables.groups)
        }

    def find(self, kind: Kind, identifier: str) -> Record | None:
        found: Record | None = self._tables[_TABLES[kind].records].get(identifier)
        return found

    def names(self) -> set[str]:
        """The server names of all instances and clusters, in all accounts and regions."""
        return {
            server_name(kind, account=account, region=region, identifier=identifier)
            for kind, tables in _TABLES.items()
            for account, region, identifier in list(self._tables[tables.records]._data)
        }

    def set_status(self, server: str, status: str) -> None:
        """Set the status of the server's instance or cluster, and of a cluster's instances."""
        for kind, tables in _TABLES.items():
            for (account, region, identifier), record in list(self._tables[tables.records]._data.items()):
                cluster = record.get("DBClusterIdentifier") if kind == "instance" else None
                whose = ("cluster", cluster) if cluster else (kind, identifier)
                if server_name(whose[0], account=account, region=region, identifier=whose[1]) == server:
                    record["Status" if kind == "cluster" else "DBInstanceStatus"] = status

    def parameters(self, kind: Kind, group: str) -> dict[str, str]:
        """The values of a parameter group; a default group has none."""
        found = self._tables[_TABLES[kind].groups].get(group) or {}
        given = found.get("Parameters", {})
        return {name: str(entry["ParameterValue"]) for name, entry in given.items()}

    def using_group(self, kind: Kind, group: str) -> Iterator[Record]:
        for record in list(self._tables[_TABLES[kind].records].values()):
            if group_of(kind, record) == group:
                yield record

    def snapshot_of(self, kind: Kind, record: Record) -> str | None:
        """The snapshot that was taken of this instance or cluster, if there is one."""
        tables = _TABLES[kind]
        for identifier, snapshot in self._tables[tables.snapshots].items():
            if snapshot.get(tables.resource_id) == record[tables.resource_id]:
                return str(identifier)
        return None


def server_name(kind: str, *, account: str, region: str, identifier: str) -> str:
    return f"{account}-{region}-{kind}-{identifier}"


def group_of(kind: Kind, record: Record) -> str:
    if kind == "cluster":
        return str(record.get("DBClusterParameterGroup") or "")
    groups = record.get("DBParameterGroups") or [{}]
    return str(groups[0].get("DBParameterGroupName") or "")


def place(kind: Kind, record: Record, address: Address) -> None:
    """Write the real server's address to the record, so that the API returns it."""
    if kind == "cluster":
        record.update(Endpoint=address.host, ReaderEndpoint=address.host, Port=address.port)
    else:
        record["Endpoint"].update(Address=address.host, Port=address.port)


def placed_attributes(kind: Kind, address: Address) -> dict[str, str]:
    """The attributes for `Fn::GetAtt`."""
    common = {"Endpoint.Address": address.host, "Endpoint.Port": str(address.port)}
    return {**common, "ReadEndpoint.Address": address.host} if kind == "cluster" else common
