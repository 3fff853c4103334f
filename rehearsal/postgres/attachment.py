"""Adds PostgreSQL to the embedded AWS; see `rehearsal.postgres.handlers` for what it does there."""

import logging
import os
from collections.abc import Mapping
from typing import Any

from rehearsal.cloud.extension import Cloud, ResourceHandler, ResourceWrapper
from rehearsal.cloud.guards import Guard
from rehearsal.postgres.certificates import Authority
from rehearsal.postgres.databases import Databases
from rehearsal.postgres.fleet import Fleet
from rehearsal.postgres.handlers import DatabaseHandler, ParameterGroupHandler
from rehearsal.postgres.records import Kind, RdsRecords

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
    cloud.background("databases", lambda: _start(fleet))


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
    authority, so there the template loses.
    """
    ours = authority.client_environment
    for name, value in ours.items():
        os.environ.setdefault(name, value)
    guard = Guard("the certificate authority of databases")
    functions = guard.module("ministack.services.lambda_svc")
    native = guard.function(functions, "_runtime_env_vars", ("config",))

    def with_authority(config: Mapping[str, Any]) -> dict[str, str]:
        return {name: ours.get(name, value) for name, value in native(config).items()}

    functions._runtime_env_vars = with_authority
