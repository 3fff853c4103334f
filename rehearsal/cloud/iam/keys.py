"""The KMS permissions that a call needs to read or write an encrypted secret, parameter or object.

AWS-managed keys need no permission of the caller. As on AWS, conditions in the key's and the caller's
policies can use what is encrypted: which service calls for which principal and for which resource.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from rehearsal.cloud.iam.needs import Need
from rehearsal.emulator.guards import Guard

_BUCKET = "arn:aws:s3:::"
_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"
_PARAMETERS = ("ssm:GetParameter", "ssm:GetParameters")


class Keys:
    def __init__(self, guard: Guard) -> None:
        self._kms = guard.module("ministack.services.kms")
        self._objects = guard.module("ministack.services.s3")
        self._key = guard.function(self._kms, "_resolve_key", ("key_id_or_arn",))
        self._secret = guard.function(
            guard.module("ministack.services.secretsmanager"), "_resolve", ("secret_id",)
        )
        self._parameter = guard.function(
            guard.module("ministack.services.ssm"), "_lookup_parameter", ("name_or_arn",)
        )
        self._defaults = guard.function(self._objects, "_bucket_default_sse_headers", ("bucket_name",))
        self._stored = guard.function(self._objects, "_stored_sse_headers", ("obj",))
        guard.attribute(self._objects, "_buckets")

    def needs(
        self, action: str, resource: str, arguments: Mapping[str, Any], *, account: str, region: str
    ) -> Iterator[Need]:
        for call, key, service, encrypted in self._behind(action, resource, arguments):
            record = self._key(key) if key else None
            if record and record.get("KeyManager", "CUSTOMER") == "CUSTOMER":
                context = {
                    "kms:calleraccount": account,
                    "kms:viaservice": f"{service}.{region}.amazonaws.com",
                    **encrypted,
                }
                yield Need(action=f"kms:{call}", resource=str(record["Arn"]), context=context)

    def _behind(
        self, action: str, resource: str, arguments: Mapping[str, Any]
    ) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
        """The KMS call, the key, the calling service, and its encryption context."""
        if action == "secretsmanager:GetSecretValue":
            secret = self._secret(str(arguments.get("SecretId", "")))[1] or {}
            encrypted = {"kms:encryptioncontext:secretarn": str(secret.get("ARN", ""))}
            yield "Decrypt", str(secret.get("KmsKeyId") or ""), "secretsmanager", encrypted
        elif action in _PARAMETERS and arguments.get("WithDecryption"):
            for name in arguments.get("Names") or [arguments.get("Name", "")]:
                yield "Decrypt", self._key_of_parameter(str(name)), "ssm", {}
        elif action in ("s3:GetObject", "s3:PutObject") and resource.startswith(_BUCKET):
            call = "Decrypt" if action == "s3:GetObject" else "GenerateDataKey"
            yield call, self._key_of_object(action, resource), "s3", {}

    def _key_of_parameter(self, name: str) -> str:
        try:
            found = self._parameter(name)
        except Exception:  # the main call will report what is wrong with the name
            return ""
        record = found[-1] if isinstance(found, tuple) else found
        return str(record.get("KeyId") or "") if isinstance(record, dict) else ""

    def _key_of_object(self, action: str, resource: str) -> str:
        bucket, _, name = resource.removeprefix(_BUCKET).partition("/")
        if action == "s3:PutObject":
            return str(self._defaults(bucket).get(_KEY_HEADER, ""))
        stored = (self._objects._buckets.get(bucket) or {}).get("objects", {}).get(unquote(name))
        return str(self._stored(stored).get(_KEY_HEADER, "")) if stored else ""
