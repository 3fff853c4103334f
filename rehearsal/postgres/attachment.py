"""Adds PostgreSQL to the embedded AWS; see `rehearsal.postgres.handlers` for what it does there."""

import logging
import os

from rehearsal.cloud.extension import Cloud, ResourceHandler, ResourceWrapper
from rehearsal.cloud.guards import Guard
from rehearsal.postgres.certificates import CLIENT_VARIABLES, Authority
from rehearsal.postgres.databases import Databases
from rehearsal.postgres.fleet import Fleet
from rehearsal.postgres.handlers import DatabaseHandler, ParameterGroupHandler
from rehearsal.postgres.records import Kind, RdsRecords

_START_SECONDS = 2
_log = logging.getLogger("rehearsal.postgres")


def attach(cloud: Cloud) -> None:
    fleet = Fleet(cloud.home)
    databases = Databases(cloud=cloud, fleet=fleet, records=RdsRecords())
    cloud.wrap_resource("AWS::RDS::DBInstance", _database("instance", databases))
    cloud.wrap_resource("AWS::RDS::DBCluster", _database("cluster", databases))
    cloud.wrap_resource("AWS::RDS::DBParameterGroup", _group("instance", databases))
    cloud.wrap_resource("AWS::RDS::DBClusterParameterGroup", _group("cluster", databases))
    fleet.authority.ensure()
    _tell_functions(fleet.authority)
    cloud.on_shutdown(fleet.stop_all)
    # Functions may run as soon as the endpoint answers; the wait has a bound, as a download may not.
    cloud.background("databases", lambda: _start(fleet)).join(timeout=_START_SECONDS)


def _start(fleet: Fleet) -> None:
    try:
        fleet.start_all()
    except Exception:
        _log.exception("The databases of an earlier session did not all start")


def _database(kind: Kind, databases: Databases) -> ResourceWrapper:
    def wrap(native: ResourceHandler) -> ResourceHandler:
        return DatabaseHandler(kind=kind, native=native, databases=databases)

    return wrap


def _group(kind: Kind, databases: Databases) -> ResourceWrapper:
    def wrap(native: ResourceHandler) -> ResourceHandler:
        return ParameterGroupHandler(kind=kind, native=native, databases=databases)

    return wrap


def _tell_functions(authority: Authority) -> None:
    """Functions inherit this process's environment, but what a template says would win over it.

    A template's own PGSSLROOTCERT names the bundle of the real RDS, which knows nothing of this
    authority. So these names become reserved, like AWS_REGION: there the template loses.
    """
    for name, value in authority.client_environment.items():
        os.environ.setdefault(name, value)
    guard = Guard("the certificate authority of databases")
    for module in ("ministack.services.lambda_svc", "ministack.core.lambda_runtime"):
        guard.attribute(guard.module(module), "_RESERVED_RUNTIME_ENV_VARS").update(CLIENT_VARIABLES)
