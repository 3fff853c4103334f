"""The Lambda function behind the custom resource.

CloudFormation waits an hour for an answer that never comes, so everything that can go wrong ends in an
answer: the work is bounded by the time that the function has left, and any error becomes FAILED with
its text. The full trace goes to the log.
"""

import json
import logging
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import boto3

from .database import Login, connect
from .files import SCHEMA, read_versions
from .migration import Outcome, migrate
from .roles import Role, prepare

_ANSWER_SECONDS = 20
"""Kept back from the function's time for telling CloudFormation."""
_REASON_LIMIT = 1000
_ANSWER_ATTEMPTS = 3

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


class Context(Protocol):
    @property
    def log_stream_name(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int: ...


class InvalidPropertiesError(Exception):
    """The resource's properties are incomplete."""


@dataclass(frozen=True, kw_only=True)
class RoleSecret:
    """A role, and the secret that holds its password."""

    role: str
    secret_arn: str
    connections: int

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "RoleSecret":
        missing = [name for name in ("Role", "SecretArn", "Connections") if not given.get(name)]
        if missing:
            raise InvalidPropertiesError(f"Owner or one of Logins lacks {', '.join(missing)}")
        return cls(role=given["Role"], secret_arn=given["SecretArn"], connections=int(given["Connections"]))


@dataclass(frozen=True, kw_only=True)
class Properties:
    host: str
    database: str
    secret_arn: str
    port: int | None = None
    extensions: tuple[str, ...] = field(default_factory=tuple)
    owner: RoleSecret | None = None
    """Who owns the schema; without one, the user of the secret does."""
    logins: tuple[RoleSecret, ...] = ()

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Properties":
        given = event.get("ResourceProperties") or {}
        missing = [name for name in ("DbHost", "DbName", "SecretArn") if not given.get(name)]
        if missing:
            raise InvalidPropertiesError(f"ResourceProperties lacks {', '.join(missing)}")
        owner, logins = given.get("Owner"), given.get("Logins") or ()
        if logins and not owner:
            raise InvalidPropertiesError("ResourceProperties has Logins and no Owner")
        return cls(
            host=given["DbHost"],
            database=given["DbName"],
            secret_arn=given["SecretArn"],
            port=int(given["DbPort"]) if given.get("DbPort") else None,
            extensions=tuple(given.get("Extensions") or ()),
            owner=RoleSecret.of(owner) if owner else None,
            logins=tuple(RoleSecret.of(login) for login in logins),
        )


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any] | None:
    """CloudFormation's request, or the same event from a person, who gets the outcome back."""
    if not event.get("ResponseURL"):
        return asdict(_migrate(event, context))
    try:
        outcome = None if event["RequestType"] == "Delete" else _migrate(event, context)
        data = {"Version": str(outcome.version)} if outcome else {}
        _answer(event, context, status="SUCCESS", data=data)
    except Exception as error:
        logger.exception("%s of %s failed", event.get("RequestType"), event.get("LogicalResourceId"))
        _answer(event, context, status="FAILED", reason=f"{type(error).__name__}: {error}")
    return None


def _migrate(event: Mapping[str, Any], context: Context) -> Outcome:
    properties = Properties.of(event)
    versions = read_versions(SCHEMA)
    seconds = max(1, context.get_remaining_time_in_millis() // 1000 - _ANSWER_SECONDS)
    login = _login(properties, properties.secret_arn)
    if properties.owner:
        login = _prepare(properties, properties.owner, master=login, seconds=seconds)
    with connect(login, statement_seconds=seconds) as session:
        outcome = migrate(session, versions=versions, extensions=properties.extensions)
    logger.info("schema version %s, applied %s", outcome.version, list(outcome.applied))
    if outcome.version > outcome.expected:
        logger.warning("the database is ahead of version %s and was left so", outcome.expected)
    return outcome


def _prepare(properties: Properties, owner: RoleSecret, *, master: Login, seconds: int) -> Login:
    """Create the roles as the master user; returns the login of the schema's owner."""
    login = _login(properties, owner.secret_arn)
    roles = [_role(properties, given) for given in properties.logins]
    with connect(master, statement_seconds=seconds) as session:
        prepare(session, extensions=properties.extensions, owner=_role(properties, owner), logins=roles)
    return login


def _role(properties: Properties, given: RoleSecret) -> Role:
    login = _login(properties, given.secret_arn)
    if login.user != given.role:
        raise InvalidPropertiesError(f"the secret of {given.role} is of another user")
    return Role(name=given.role, connections=given.connections, password=login.password)


def _login(properties: Properties, secret_arn: str) -> Login:
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=secret_arn)
    return Login.of_secret(
        secret["SecretString"],
        host=properties.host,
        database=properties.database,
        port=properties.port,
    )


def _answer(
    event: Mapping[str, Any],
    context: Context,
    *,
    status: str,
    reason: str = "",
    data: Mapping[str, str] | None = None,
) -> None:
    where = f"see the log stream {context.log_stream_name}"
    body = {
        "Status": status,
        "Reason": f"{reason[:_REASON_LIMIT]} ({where})" if reason else where,
        "PhysicalResourceId": _physical_id(event),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data or {},
    }
    _put(event["ResponseURL"], json.dumps(body).encode())


def _physical_id(event: Mapping[str, Any]) -> str:
    """The same for one database for ever, so that no update looks like a replacement."""
    given = event.get("ResourceProperties") or {}
    if event["RequestType"] == "Delete":
        return str(event["PhysicalResourceId"])
    return f"schema:{given.get('DbHost', '?')}/{given.get('DbName', '?')}"


def _put(url: str, body: bytes) -> None:
    # The URL is signed for an empty content type; urllib would otherwise add one.
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    for attempt in range(1, _ANSWER_ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - CloudFormation's own URL
                return
        except OSError:
            logger.exception("attempt %s to answer CloudFormation failed", attempt)
            if attempt == _ANSWER_ATTEMPTS:
                raise
