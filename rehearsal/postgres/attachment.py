"""Adds PostgreSQL to the embedded AWS, as `rehearsal.postgres.handlers` describes."""

import logging
import os
import threading

from rehearsal.emulator.certificates import CLIENT_VARIABLES, Authority
from rehearsal.emulator.extension import Cloud, ResourceHandler, ResourceWrapper
from rehearsal.emulator.guards import Guard
from rehearsal.postgres.databases import Databases
from rehearsal.postgres.fleet import Fleet
from rehearsal.postgres.handlers import DatabaseHandler, ParameterGroupHandler
from rehearsal.postgres.records import Kind, RdsRecords

_START_SECONDS = 2
_ALL_STARTED_SECONDS = 15
_log = logging.getLogger("rehearsal.postgres")


def attach(cloud: Cloud) -> None:
    records = RdsRecords()
    fleet = Fleet(cloud.home, cloud.processes, tell=records.set_status)
    databases = Databases(cloud=cloud, fleet=fleet, records=records)
    cloud.wrap_resource("AWS::RDS::DBInstance", _database("instance", databases))
    cloud.wrap_resource("AWS::RDS::DBCluster", _database("cluster", databases))
    cloud.wrap_resource("AWS::RDS::DBParameterGroup", _group("instance", databases))
    cloud.wrap_resource("AWS::RDS::DBClusterParameterGroup", _group("cluster", databases))
    fleet.authority.ensure()
    _tell_functions(fleet.authority)
    cloud.on_shutdown(fleet.stop_all)
    # Functions may run as soon as the endpoint answers; the wait is bounded: a download may take long.
    starting = cloud.background("databases", lambda: _start(fleet))
    starting.join(timeout=_START_SECONDS)
    cloud.on_start(lambda: _settle(fleet, records, starting))


def _start(fleet: Fleet) -> None:
    try:
        fleet.start_all()
    except Exception:
        _log.exception("Some databases of the last daemon did not start")


def _settle(fleet: Fleet, records: RdsRecords, starting: threading.Thread) -> list[str]:
    """Update statuses: the saved ones describe the last daemon's servers."""
    starting.join(timeout=_ALL_STARTED_SECONDS)
    sentences = _keep_orphans(fleet, records)
    for name in fleet.names():
        fleet.tell(name, "available" if fleet.server(name).is_running() else "failed")
    return sentences


def _keep_orphans(fleet: Fleet, records: RdsRecords) -> list[str]:
    """Keep servers of instances that a stack was creating, or had deleted, when the last daemon was killed.

    Data are worth more than disk space, so the folder is kept like a snapshot's.
    """
    sentences = []
    for name in sorted(set(fleet.names()) - records.names()):
        fleet.keep_as_snapshot(name, snapshot=f"{name}-without-instance")
        sentences.append(
            f"Database server {name} belonged to no instance; it was stopped and kept as a snapshot."
        )
    return sentences


def _database(kind: Kind, databases: Databases) -> ResourceWrapper:
    def wrap(native: ResourceHandler) -> ResourceHandler:
        return DatabaseHandler(kind=kind, native=native, databases=databases)

    return wrap


def _group(kind: Kind, databases: Databases) -> ResourceWrapper:
    def wrap(native: ResourceHandler) -> ResourceHandler:
        return ParameterGroupHandler(kind=kind, native=native, databases=databases)

    return wrap


def _tell_functions(authority: Authority) -> None:
    """Set the certificate variables for functions, against which a template's own variables must not win.

    A template's own PGSSLROOTCERT names the bundle of the real RDS, which does not contain this authority. So
    these names become reserved, like AWS_REGION: the template's values are ignored.
    """
    for name, value in authority.client_environment.items():
        os.environ.setdefault(name, value)
    guard = Guard("the certificate authority of databases")
    for module in ("ministack.services.lambda_svc", "ministack.core.lambda_runtime"):
        guard.attribute(guard.module(module), "_RESERVED_RUNTIME_ENV_VARS").update(CLIENT_VARIABLES)
