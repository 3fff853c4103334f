"""Checks that a request was signed with a key that this rehearsal issued.

ministack computes Signature Version 4. By itself, ministack never checks signatures of an account's root,
checks none at all without IAM, and checks some only after a handler has started; here all are checked first.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.daemon.gate.requests import Request
from rehearsal.emulator.guards import Guard

_ACCOUNT = re.compile(r"[0-9]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error with AWS's code and message."""

    code: str
    message: str


UNKNOWN_KEY = Failure(
    code="InvalidClientTokenId", message="The security token included in the request is invalid."
)
UNREADABLE = Failure(
    code="IncompleteSignature", message="The request signature does not conform to AWS standards."
)


def is_signed(request: Request) -> bool:
    """Whether the request contains anything that could be read as a signature."""
    if request.header("authorization").startswith(("AWS4-", "AWS ")):
        return True
    return any(map(request.parameter, ("X-Amz-Algorithm", "X-Amz-Credential", "AWSAccessKeyId")))


class Signatures:
    def __init__(self) -> None:
        guard = Guard("request signatures")
        self._sigv4 = guard.module("ministack.core.sigv4")
        self._evaluator = guard.module("ministack.core.iam_evaluator")
        self._responses = guard.module("ministack.core.responses")
        for owner, name, parameters in (
            (self._sigv4, "parse_header_signature", ("headers",)),
            (self._sigv4, "parse_query_signature", ("query_params",)),
            (self._sigv4, "request_time_failure", ("signature",)),
            (self._sigv4, "presigned_request_is_expired", ("amz_date", "expires")),
            (self._sigv4, "header_signature_failure", ("signature", "secret", "method", "raw_path")),
            (self._evaluator, "resolve_credential", ("access_key_id", "account_id")),
            (self._evaluator, "find_iam_access_key_account", ("access_key_id",)),
            (self._evaluator, "is_root_access_key", ("access_key_id",)),
            (self._evaluator, "_sigv2_check", ("request", "account_id")),
            (self._responses, "_account_from_sts_session", ("access_key_id",)),
        ):
            guard.function(owner, name, parameters)

    def failure(self, request: Request, body: bytes) -> Failure | None:
        """None if the request's signature is valid for this body."""
        authorization = request.header("authorization")
        in_query = bool(request.parameter("X-Amz-Algorithm") or request.parameter("X-Amz-Credential"))
        older_in_query = bool(request.parameter("AWSAccessKeyId"))
        if [bool(authorization), in_query, older_in_query].count(True) != 1:
            return UNREADABLE
        if authorization.startswith("AWS ") or older_in_query:
            return self._older_failure(request)
        if in_query:
            return self._failure(request, body, self._sigv4.parse_query_signature(request.query), True)
        if not authorization.startswith("AWS4-HMAC-SHA256 "):
            return UNREADABLE
        return self._failure(request, body, self._sigv4.parse_header_signature(request.headers), False)

    def _failure(self, request: Request, body: bytes, signature: Any, presigned: bool) -> Failure | None:
        if isinstance(signature, tuple):
            return Failure(code=signature[0], message=signature[1])
        if late := self._out_of_time(request, signature, presigned):
            return late
        token = request.parameter("X-Amz-Security-Token") if presigned else ""
        credential = self._credential(
            signature.access_key_id, token or request.header("x-amz-security-token")
        )
        if isinstance(credential, Failure):
            return credential
        wrong = self._sigv4.header_signature_failure(
            signature,
            credential.secret_access_key,
            request.method,
            request.raw_path,
            request.query,
            request.headers,
            body,
            presigned=presigned,
        )
        if wrong:
            return Failure(code=wrong[0], message=wrong[1])
        return None if presigned else _other_body(request.headers, body)

    def _out_of_time(self, request: Request, signature: Any, presigned: bool) -> Failure | None:
        expires = request.parameter("X-Amz-Expires") if presigned else ""
        if not expires:
            late = self._sigv4.request_time_failure(signature)
            return Failure(code=late[0], message=late[1]) if late else None
        try:
            expired = self._sigv4.presigned_request_is_expired(signature.amz_date, expires)
        except ValueError:
            expired = True
        return Failure(code="AccessDenied", message="Request has expired") if expired else None

    def _credential(self, key: str, token: str) -> Any:
        """The stored credential of the key with its secret, or a `Failure`."""
        evaluator = self._evaluator
        if _ACCOUNT.fullmatch(key):
            account: str | None = key
        elif evaluator.is_root_access_key(key):
            return UNKNOWN_KEY
        else:
            account = self._account_of(key)
        found = evaluator.resolve_credential(key, account, token)
        if isinstance(found, evaluator.CredentialResolutionError):
            return Failure(code=found.code, message=found.message)
        return found

    def _account_of(self, key: str) -> str | None:
        try:
            found = self._responses._account_from_sts_session(key)
            return str(found or self._evaluator.find_iam_access_key_account(key) or "") or None
        except self._evaluator.AmbiguousAccessKeyError:
            return None

    def _older_failure(self, request: Request) -> Failure | None:
        """Signature Version 2, which SDKs still use for presigned S3 URLs."""
        authorization = request.header("authorization")
        key = authorization.removeprefix("AWS ").partition(":")[0] or request.parameter("AWSAccessKeyId")
        if not _ACCOUNT.fullmatch(key) and self._evaluator.is_root_access_key(key):
            return UNKNOWN_KEY
        found = self._evaluator._sigv2_check(
            self._evaluator.SignedRequest(
                key,
                request.method,
                request.raw_path,
                dict(request.query),
                dict(request.headers),
                sigv2=True,
                auth_path=request.raw_path,
            ),
            key if _ACCOUNT.fullmatch(key) else self._account_of(key),
        )
        wrong = isinstance(found, self._evaluator.AuthError)
        return Failure(code=found.code, message=found.message) if wrong else None


def _other_body(headers: Mapping[str, str], body: bytes) -> Failure | None:
    """The signature covers only the hash in the header; check that it is the hash of this body."""
    stated = headers.get("x-amz-content-sha256", "")
    if not _SHA256.fullmatch(stated) or hashlib.sha256(body).hexdigest() == stated:
        return None
    return Failure(
        code="XAmzContentSHA256Mismatch",
        message="The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
