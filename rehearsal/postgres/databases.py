"""Implements a database of a stack: its server, login, parameters and deletion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.extension import Cloud, ResourceRequest
from rehearsal.model.results import Fidelity, Gap
from rehearsal.postgres import records
from rehearsal.postgres.addresses import Address
from rehearsal.postgres.configuration import ParameterPlan, plan
from rehearsal.postgres.fleet import Fleet
from rehearsal.postgres.managed_secret import ManagedSecret
from rehearsal.postgres.records import Kind, RdsRecords, Record
from rehearsal.postgres.server import SUPERUSER, Server

RESERVED_NAMES = ("admin", SUPERUSER)
TLS_BY_DEFAULT_FROM = 15
"""The first major version for which RDS sets `rds.force_ssl` by default."""

_SNAPSHOT_PROPERTIES = ("DBSnapshotIdentifier", "SnapshotIdentifier")
_LEFT_TO_AWS = (
    "one server process replaces it: no standby, replicas, backups, storage limits, log export, IAM "
    "authentication or security groups"
)


class UnsupportedDatabaseError(Exception):
    """This database is not supported; the text says why."""


class DeletionProtectedError(Exception):
    """RDS would refuse this deletion too."""


@dataclass(frozen=True, kw_only=True)
class Databases:
    """Shared by the handlers of both types."""

    cloud: Cloud
    fleet: Fleet
    records: RdsRecords

    def bring_up(self, kind: Kind, request: ResourceRequest, identifier: str) -> Address:
        """Create or update the server for the properties; returns its address."""
        record = self._require(kind, identifier)
        if kind == "cluster":
            record["DBClusterParameterGroup"] = request.properties.get("DBClusterParameterGroupName", "")
        server = self.fleet.server(server_name(kind, request, identifier))
        planned = self._plan(kind, record)
        if not request.physical_id or request.physical_id != identifier or not server.exists():
            self._create(server, request, planned)
        else:
            server.configure(
                parameters=planned.honoured, force_tls=planned.force_tls, port=_asked_port(request)
            )
        server.start()
        self._give_login(server, request, record, kind)
        self._note_gaps(server, request, planned)
        return server.address

    def release(self, kind: Kind, request: ResourceRequest) -> None:
        """Called before the record is deleted, or after it was replaced."""
        name = server_name(kind, request, request.physical_id)
        record = self.records.find(kind, request.physical_id)
        if record is None:
            snapshot: str | None = f"{request.physical_id}-replaced"
        else:
            snapshot = self.records.snapshot_of(kind, record)
            self._secret(request).forget(record)
        if not self.fleet.server(name).exists():
            return
        if snapshot:
            self.fleet.keep_as_snapshot(name, snapshot=snapshot)
        else:
            self.fleet.remove(name)

    def refuse_protected(self, kind: Kind, identifier: str) -> None:
        record = self.records.find(kind, identifier)
        if record and record.get("DeletionProtection"):
            raise DeletionProtectedError(
                f"Cannot delete protected DB {kind} {identifier}: "
                "please disable deletion protection and try again."
            )

    def apply_group(self, kind: Kind, request: ResourceRequest, group: str) -> None:
        """Apply a changed parameter group as far as a running server can."""
        for record in self.records.using_group(kind, group):
            identifier = record["DBInstanceIdentifier" if kind == "instance" else "DBClusterIdentifier"]
            server = self.fleet.server(server_name(kind, request, identifier))
            if server.exists():
                planned = self._plan(kind, record)
                server.configure(parameters=planned.honoured, force_tls=planned.force_tls)

    def _require(self, kind: Kind, identifier: str) -> Record:
        record = self.records.find(kind, identifier)
        if record is None:
            raise UnsupportedDatabaseError(f"the emulator has no DB {kind} named {identifier}")
        return record

    def _create(self, server: Server, request: ResourceRequest, planned: ParameterPlan) -> None:
        options: dict[str, Any] = {
            "port": _asked_port(request),
            "parameters": planned.honoured,
            "force_tls": planned.force_tls,
        }
        snapshot = next(
            (request.properties[key] for key in _SNAPSHOT_PROPERTIES if request.properties.get(key)), ""
        )
        if not snapshot:
            return server.create(**options)
        kept = self.fleet.snapshot(snapshot.rpartition(":")[2])
        if kept is None:
            raise UnsupportedDatabaseError(
                f"the data of snapshot {snapshot} do not exist: the rehearsal keeps only those of databases "
                "that were deleted with the policy Snapshot"
            )
        return server.create_from(kept, **options)

    def _plan(self, kind: Kind, record: Record) -> ParameterPlan:
        group = records.group_of(kind, record)
        return plan(
            self.records.parameters(kind, group),
            force_tls_by_default=_major(record) >= TLS_BY_DEFAULT_FROM,
            library_folder=self.fleet.installation.modules,
        )

    def _give_login(self, server: Server, request: ResourceRequest, record: Record, kind: Kind) -> None:
        database = str(request.properties.get("DBName") or request.properties.get("DatabaseName") or "")
        if kind == "instance":
            record["DBName"] = database
        if record["MasterUsername"] in RESERVED_NAMES:
            raise UnsupportedDatabaseError(
                f"MasterUsername {record['MasterUsername']} cannot be used as it is a reserved word "
                "used by the engine"
            )
        password = self._password(request, record, kind)
        if password:
            server.ensure_master(user=record["MasterUsername"], password=password, database=database)

    def _password(self, request: ResourceRequest, record: Record, kind: Kind) -> str:
        """Empty for a snapshot, which contains its own password."""
        properties = request.properties
        if self._secret(request).wanted(properties):
            resource_id = record["DbClusterResourceId" if kind == "cluster" else "DbiResourceId"]
            return self._secret(request).ensure(
                record, properties=properties, resource_id=resource_id.lower()
            )
        given = str(properties.get("MasterUserPassword") or "")
        if not given and not restores(properties):
            raise UnsupportedDatabaseError(
                "The parameter MasterUserPassword must be provided and must not be blank."
            )
        return given

    def _secret(self, request: ResourceRequest) -> ManagedSecret:
        return ManagedSecret(session=self.cloud.session(account=request.account, region=request.region))

    def _note_gaps(self, server: Server, request: ResourceRequest, planned: ParameterPlan) -> None:
        version, asked = server.installation.version, request.properties.get("EngineVersion") or "RDS's own"
        reasons = [f"PostgreSQL {version} is used instead of {asked}", _LEFT_TO_AWS]
        reasons += [f"parameter {name} is not applied: {why}" for name, why in planned.dropped.items()]
        if not server.installation.trusts_extensions:
            reasons.append("the master user is a superuser, because the installed server trusts no extension")
        for reason in reasons:
            gap = Gap(subject=request.type_name, fidelity=Fidelity.EMULATED, reason=reason)
            self.cloud.gaps.note(gap, stack=request.stack_name)


def server_name(kind: Kind, request: ResourceRequest, identifier: str) -> str:
    return records.server_name(kind, account=request.account, region=request.region, identifier=identifier)


def restores(properties: Mapping[str, Any]) -> bool:
    return any(properties.get(key) for key in _SNAPSHOT_PROPERTIES)


def _asked_port(request: ResourceRequest) -> int:
    return int(request.properties.get("Port") or 5432)


def _major(record: Record) -> int:
    return int(str(record.get("EngineVersion") or "0").split(".")[0])
