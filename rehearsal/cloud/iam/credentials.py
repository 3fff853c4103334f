"""Derives secrets from the home's secret, where ministack has constants or hashes of public names.

In ministack every root has the same secret, and the session of a function's role is derived from two ARNs
only: anybody who knows them could sign as the function.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rehearsal.emulator.environment import AccessKey
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard


def apply(cloud: Cloud) -> None:
    _give_each_root_its_secret(cloud.home.secret)
    _give_functions_their_sessions(cloud.home.secret, enforces_iam=cloud.enforces_iam)


def _give_each_root_its_secret(secret: str) -> None:
    guard = Guard("secrets of roots")
    evaluator = guard.module("ministack.core.iam_evaluator")
    native = guard.function(evaluator, "resolve_credential", ("access_key_id", "account_id", "session_token"))

    def resolve(access_key_id: str, account_id: str | None = None, *token: Any, **named: Any) -> Any:
        found = native(access_key_id, account_id, *token, **named)
        if getattr(found, "principal_type", "") != "Root":
            return found
        root = AccessKey.of_root(found.account_id, secret=secret)
        return replace(found, secret_access_key=root.secret)

    users = (
        evaluator,
        guard.module("ministack.services.s3"),
        guard.module("ministack.services.s3_object_lambda"),
    )
    _put(guard, users, "resolve_credential", native, resolve)


def _give_functions_their_sessions(secret: str, *, enforces_iam: bool) -> None:
    guard = Guard("sessions of functions")
    runtime = guard.module("ministack.core.lambda_runtime")
    functions = guard.module("ministack.services.lambda_svc")
    sts = guard.module("ministack.services.sts")
    register = guard.function(sts, "register_session", ("access_key", "session"))
    place = guard.function(runtime, "_account_region_from_function_config", ("config",))
    native = guard.function(runtime, "execution_credentials", ("config",))

    def credentials(config: Mapping[str, Any]) -> dict[str, str]:
        account, _region = place(config)
        if not enforces_iam:
            return _variables(AccessKey.of_root(account, secret=secret))
        key, session = _session(config, account=account, secret=secret)
        register(key.key_id, session)
        return _variables(key)

    _put(guard, (runtime, functions), "execution_credentials", native, credentials)


def _session(config: Mapping[str, Any], *, account: str, secret: str) -> tuple[AccessKey, dict[str, str]]:
    """The same for every process of a function, so that warm ones stay valid after a restart."""
    role, function = str(config.get("Role", "")), str(config.get("FunctionArn", ""))
    name, role_name = str(config.get("FunctionName", "function"))[:64], role.rpartition("/")[2]

    def derived(purpose: str) -> str:
        return hmac.new(secret.encode(), f"{purpose} {function} {role}".encode(), hashlib.sha256).hexdigest()

    key = AccessKey(
        key_id=f"ASIA{derived('key')[:16].upper()}", secret=derived("secret"), token=derived("token")
    )
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}",
        "UserId": f"{role_name}:{name}",
        "SecretAccessKey": key.secret,
        "SessionToken": key.token or "",
    }
    return key, session


def _variables(key: AccessKey) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": key.key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_SESSION_TOKEN": key.token or "",
    }


def _put(guard: Guard, modules: tuple[Any, ...], name: str, native: Any, ours: Any) -> None:
    """Replace the function in every module that imported it."""
    holders = [module for module in modules if getattr(module, name, None) is native]
    guard.that(bool(holders), f"no module uses {name}")
    for module in holders:
        setattr(module, name, ours)
