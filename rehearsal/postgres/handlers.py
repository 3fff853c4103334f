"""Runs a real PostgreSQL for every RDS instance and Aurora cluster of a stack.

The emulator's own handlers still manage names, records and replacement; these handlers wrap them. After a
create or an update the server is adapted to the properties, and its address is written to the record and the
attributes. A secret's target attachment reads the record, so the secret's values are valid for the server. An
instance of a cluster has no server of its own; it has the cluster's address.

When the record is deleted, the server is deleted too. Its data are kept as a snapshot if a snapshot was
taken, or if the database was replaced (the replacement policy is not known here, and data are worth more than
disk space).
"""

from dataclasses import dataclass, replace

from rehearsal.emulator.extension import ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.emulator.refusals import Refusals
from rehearsal.postgres import records
from rehearsal.postgres.addresses import Address
from rehearsal.postgres.configuration import plan
from rehearsal.postgres.databases import Databases, UnsupportedDatabaseError, restores, server_name
from rehearsal.postgres.records import Kind, Record

ENGINES = ("postgres", "aurora-postgresql")


@dataclass(frozen=True, kw_only=True)
class DatabaseHandler(ResourceHandler):
    """`AWS::RDS::DBInstance` or `AWS::RDS::DBCluster`."""

    kind: Kind
    native: ResourceHandler
    databases: Databases

    def create(self, request: ResourceRequest) -> ResourceResult:
        self._refuse_other_engines(request)
        made = self.native.create(request)
        try:
            return self._with_address(request, made)
        except BaseException:
            # The stack has no physical id yet, so nothing else would delete the server.
            unfinished = replace(request, physical_id=made.physical_id)
            self.databases.release(self.kind, unfinished)
            self.native.delete(unfinished)
            raise

    def update(self, request: ResourceRequest) -> ResourceResult:
        self._refuse_other_engines(request)
        return self._with_address(request, self.native.update(request))

    def delete(self, request: ResourceRequest) -> None:
        self.databases.refuse_protected(self.kind, request.physical_id)
        self.databases.release(self.kind, request)
        self.native.delete(request)

    def _with_address(self, request: ResourceRequest, made: ResourceResult) -> ResourceResult:
        cluster = request.properties.get("DBClusterIdentifier") if self.kind == "instance" else None
        if cluster:
            address = self._address_of_cluster(request, cluster)
        else:
            address = self.databases.bring_up(self.kind, request, made.physical_id)
        record = self.databases.records.find(self.kind, made.physical_id)
        if record is not None:
            records.place(self.kind, record, address)
        attributes = {
            **made.attributes,
            **records.placed_attributes(self.kind, address),
            **_secret_arn(record),
        }
        return ResourceResult(physical_id=made.physical_id, attributes=attributes)

    def _refuse_other_engines(self, request: ResourceRequest) -> None:
        engine = str(request.properties.get("Engine") or "")
        if not engine and (request.properties.get("DBClusterIdentifier") or restores(request.properties)):
            return
        if engine not in ENGINES:
            refused = (
                f"{request.type_name} {request.logical_id}: engine {engine or '(none)'} is not rehearsed; "
                f"{' and '.join(ENGINES)} are"
            )
            raise UnsupportedDatabaseError(Refusals.of(self.databases.fleet.home).noted(refused))

    def _address_of_cluster(self, request: ResourceRequest, cluster: str) -> Address:
        server = self.databases.fleet.server(server_name("cluster", request, cluster))
        if not server.exists():
            raise UnsupportedDatabaseError(f"DB cluster {cluster} has no server in this rehearsal")
        return server.address


@dataclass(frozen=True, kw_only=True)
class ParameterGroupHandler(ResourceHandler):
    """`AWS::RDS::DBParameterGroup` or `AWS::RDS::DBClusterParameterGroup`."""

    kind: Kind
    native: ResourceHandler
    databases: Databases

    def create(self, request: ResourceRequest) -> ResourceResult:
        made = self.native.create(request)
        self._refuse_what_rds_refuses(made.physical_id)
        return made

    def update(self, request: ResourceRequest) -> ResourceResult:
        made = self.native.update(request)
        self._refuse_what_rds_refuses(made.physical_id)
        self.databases.apply_group(self.kind, request, made.physical_id)
        return made

    def delete(self, request: ResourceRequest) -> None:
        self.native.delete(request)

    def _refuse_what_rds_refuses(self, group: str) -> None:
        values = self.databases.records.parameters(self.kind, group)
        plan(values, force_tls_by_default=True, library_folder=self.databases.fleet.home.databases)


def _secret_arn(record: Record | None) -> dict[str, str]:
    held = (record or {}).get("MasterUserSecret")
    return {"MasterUserSecret.SecretArn": held["SecretArn"]} if held else {}
