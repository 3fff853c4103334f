"""Decides which unsigned requests are accepted, as on AWS:

- requests to a deployed API or function URL, which have their own authorizers;
- a user pool's sign-in pages, keys and public operations (`InitiateAuth`), and an identity pool's, as far as
  its tokens can be verified here;
- reads of an object that its bucket's policy or ACL makes public, and form uploads with a signed policy;
- the links in SNS's messages, and the response URL of a custom resource, which cannot be guessed.

`AssumeRoleWithWebIdentity` and `AssumeRoleWithSAML` are refused: other providers' tokens cannot be verified
here, so anybody could forge one.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from rehearsal.daemon.gate.requests import Request
from rehearsal.emulator.guards import Guard
from rehearsal.emulator.urls import WEBSITE_PATH

LONGEST_BODY = 256 * 1024
"""Bytes that are read of a body on which the decision depends."""

_ONE_TIME = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/")
_SIGN_IN = frozenset(
    {
        ("GET", "/oauth2/authorize"),
        ("GET", "/oauth2/userInfo"), ("POST", "/oauth2/userInfo"),
        ("GET", "/oauth2/userinfo"), ("POST", "/oauth2/userinfo"),
        ("GET", "/logout"),
        ("POST", "/login"), ("POST", "/oauth2/login"),
        ("POST", "/oauth2/token"),
    }
)  # fmt: skip
_POOL_DOCUMENTS = ("/.well-known/jwks.json", "/.well-known/openid-configuration")
_USER_POOLS = "AWSCognitoIdentityProviderService."
_IDENTITY_POOLS = "AWSCognitoIdentityService."
_LINKS = frozenset({"ConfirmSubscription", "Unsubscribe"})


def answers_once(request: Request) -> bool:
    return request.method == "PUT" and request.path.startswith(_ONE_TIME)


class Anonymous:
    def __init__(self, *, enforces_iam: bool) -> None:
        self._enforces_iam = enforces_iam
        guard = Guard("requests without a signature")
        self._app = guard.module("ministack.app")
        self._router = guard.module("ministack.core.router")
        self._s3 = guard.module("ministack.services.s3")
        self._cognito = guard.module("ministack.services.cognito")
        for owner, name, parameters in (
            (self._app, "_parse_execute_api_url", ("host", "path")),
            (self._app, "_parse_lambda_url", ("host", "path")),
            (self._router, "detect_service", ("method", "path", "headers", "query_params")),
            (self._s3, "_bucket_owner_account", ("name",)),
            (self._cognito, "_get_pool_unscoped", ("pool_id",)),
        ):
            guard.function(owner, name, parameters)
        guard.attribute(self._s3, "_foreign_bucket_allows")
        self._graphql = guard.attribute(self._app, "_APPSYNC_GRAPHQL_RE")
        unsigned = guard.function(
            guard.module("ministack.core.iam_actions"), "unsigned_operations", ("service",)
        )
        self._of_user_pools = {f"{_USER_POOLS}{name}" for name in unsigned("cognito-idp")}
        self._of_identity_pools = {f"{_IDENTITY_POOLS}{name}" for name in unsigned("cognito-identity")}
        guard.that(f"{_USER_POOLS}InitiateAuth" in self._of_user_pools, "InitiateAuth needs a signature")

    def deployed_api(self, request: Request) -> bool:
        host = request.header("host")
        return bool(
            self._app._parse_execute_api_url(host, request.path)
            or self._app._parse_lambda_url(host, request.path)
        )

    def takes(self, request: Request) -> bool:
        """Whether the request is accepted without reading its body."""
        return (
            self.deployed_api(request)
            or answers_once(request)
            or (request.method, request.path) in _SIGN_IN
            or self._pool_document(request)
            or self._graphql_by_key(request)
            or self._public_object(request)
            or self._signed_form(request)
        )

    def may_take(self, request: Request) -> bool:
        """Whether the request can be accepted, depending on its body."""
        return request.path == "/" and request.method in ("GET", "POST")

    def takes_body(self, request: Request, body: bytes) -> bool:
        target = request.header("x-amz-target")
        if not target:
            return _actions(request, body) in ([link] for link in _LINKS)
        if "Action" in request.query or request.method != "POST":
            return False
        if target in self._of_user_pools:
            return True
        return self._enforces_iam and target in self._of_identity_pools and _logins_are_verified(body)

    def _pool_document(self, request: Request) -> bool:
        for ending in _POOL_DOCUMENTS:
            if request.method == "GET" and request.path.endswith(ending):
                pool = request.path.removesuffix(ending).lstrip("/")
                return self._cognito._get_pool_unscoped(pool) is not None
        return False

    def _graphql_by_key(self, request: Request) -> bool:
        """AppSync checks the key or token, except without IAM."""
        known = "x-api-key" in request.headers or "authorization" in request.headers
        posted = request.method == "POST" and self._graphql.match(request.path)
        return bool(posted and known and self._enforces_iam)

    def _public_object(self, request: Request) -> bool:
        path = request.path
        if path.startswith(WEBSITE_PATH):
            _region, _, path = path.removeprefix(WEBSITE_PATH).partition("/")
            path += "index.html" if path.endswith("/") else ""
        elif not self._is_for_s3(request):
            return False
        bucket, _, key = path.lstrip("/").partition("/")
        owner = self._s3._bucket_owner_account(bucket)
        if owner is None:
            return False
        return bool(
            self._s3._foreign_bucket_allows(
                owner, bucket, key, request.method, dict(request.query), "", dict(request.headers)
            )
        )

    def _signed_form(self, request: Request) -> bool:
        """A browser's form upload; IAM verifies its policy."""
        form = request.header("content-type").startswith("multipart/form-data")
        bucket = request.path.strip("/")
        return (
            self._enforces_iam
            and request.method == "POST"
            and form
            and self._is_for_s3(request)
            and self._s3._bucket_owner_account(bucket) is not None
        )

    def _is_for_s3(self, request: Request) -> bool:
        service = self._router.detect_service(
            request.method, request.path, dict(request.headers), dict(request.query)
        )
        return bool(service == "s3")


def _actions(request: Request, body: bytes) -> list[str]:
    """Every operation of the query protocol that the request names; two of them make it ambiguous."""
    form = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
    return [*request.query.get("Action", ()), *form.get("Action", ())]


def _logins_are_verified(body: bytes) -> bool:
    """Whether all tokens come from user pools; other providers' tokens cannot be verified."""
    try:
        logins: Any = json.loads(body).get("Logins") or {}
    except (ValueError, AttributeError):
        return False
    return isinstance(logins, Mapping) and all(str(name).startswith("cognito-idp.") for name in logins)
