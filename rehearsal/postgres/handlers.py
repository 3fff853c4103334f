"""Puts a real PostgreSQL behind every RDS instance and Aurora cluster that a stack declares.

The emulator's own handlers keep their work: names, records, replacement. Around them a database is
wrapped. After a create or an update the server is made to fit the properties, and the record and the
attributes get its address; since a secret's target attachment reads the record, the secret's values
then log in. An instance of a cluster has no server of its own, it shows the cluster's.

A database goes when its record goes: kept as a snapshot where one was taken of it, or where it was
replaced (nothing tells the replacement policy here, and data are worth more than disk), gone otherwise.
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
            # The stack knows no id yet, so nobody else would remove what there is.
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
