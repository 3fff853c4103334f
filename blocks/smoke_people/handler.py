"""Makes a person for a smoke test, or deletes one. Events: {"join": {}} and {"leave": "smoke-…@example.com"}.

An address says whose it is: example.com takes no mail, so nobody can sign up with one of these. The tenant of
every person is new, so that no test can look into anybody's.
"""

import json
import os
import re
import secrets
import uuid
from functools import cache
from typing import Any

import boto3

_OURS = re.compile(r"smoke-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@example\.com")


class RefusedError(Exception):
    """The event asks for something else, or for somebody else."""


def handle(event: Any, _context: object) -> dict[str, str]:
    if event == {"join": {}}:
        return _join()
    match event:
        case {"leave": str(email), **rest} if not rest:
            return _leave(email)
    raise RefusedError('say {"join": {}} or {"leave": ADDRESS}')


def _join() -> dict[str, str]:
    email, tenant = f"smoke-{uuid.uuid4()}@example.com", str(uuid.uuid4())
    fixed: dict[str, str] = json.loads(os.environ["ATTRIBUTES"])
    attributes = {"email": email, "email_verified": "true", os.environ["TENANT_ATTRIBUTE"]: tenant, **fixed}
    password = f"{secrets.token_urlsafe(18)}-aA1"
    pool = os.environ["USER_POOL_ID"]
    _users().admin_create_user(
        UserPoolId=pool,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
    try:
        _users().admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
        token = _sign_in(email, password)
    except Exception:
        _leave(email)
        raise
    return {"email": email, "tenant": tenant, "token": token}


def _sign_in(email: str, password: str) -> str:
    signed_in = _users().admin_initiate_auth(
        UserPoolId=os.environ["USER_POOL_ID"],
        ClientId=os.environ["CLIENT_ID"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    return str(signed_in["AuthenticationResult"]["IdToken"])


def _leave(email: str) -> dict[str, str]:
    if not _OURS.fullmatch(email):
        raise RefusedError(f"{email} is nobody that was made here")
    _users().admin_delete_user(UserPoolId=os.environ["USER_POOL_ID"], Username=email)
    return {"left": email}


@cache
def _users() -> Any:
    return boto3.client("cognito-idp")
