"""The caller with all its policies by name: a role, a user, or a session of either."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rehearsal.cloud.iam.evaluation import Layer, Policy, Principal
from rehearsal.emulator.guards import Guard

IDENTITY = "identity-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"


class Principals:
    """The identities that the emulator stores."""

    def __init__(self, guard: Guard) -> None:
        self._iam = guard.module("ministack.services.iam")
        self._sts = guard.module("ministack.services.sts")
        self._evaluator = guard.module("ministack.core.iam_evaluator")
        for store in ("_roles", "_users", "_groups", "_user_inline_policies", "_group_inline_policies"):
            guard.attribute(self._iam, store)
        guard.attribute(self._sts, "_sessions")
        parameters = ("policy_arn", "account_id")
        self._document = guard.function(self._evaluator, "_resolve_managed_policy_document", parameters)
        self._keys = guard.function(self._evaluator, "_principal_keys", ("credential",))

    def role(self, arn: str, *, session: str) -> Principal | None:
        """A service with this role; None if the role does not exist."""
        account, name = _account(arn), arn.rpartition("/")[2]
        role = self._iam._roles.get_scoped(account, None, name) if account else None
        if role is None:
            return None
        layers = self._layers(role, _inline(role.get("InlinePolicies")), account)
        assumed = f"arn:aws:sts::{account}:assumed-role/{name}/{session}"
        return Principal(arn=assumed, account=account, layers=tuple(layers))

    def trust_policy(self, arn: str) -> Any:
        account = _account(arn)
        role = self._iam._roles.get_scoped(account, None, arn.rpartition("/")[2]) if account else None
        return role and role.get("AssumeRolePolicyDocument")

    def role_arns(self, names: Iterable[str], *, account: str) -> Mapping[str, str]:
        found = ((name, self._iam._roles.get_scoped(account, None, name)) for name in names)
        return {name: str(role["Arn"]) for name, role in found if role}

    def boundaries(self, names: Iterable[str], *, account: str) -> Mapping[str, str | None]:
        """The permissions boundaries of those of the roles that exist."""
        found = ((name, self._iam._roles.get_scoped(account, None, name)) for name in names)
        return {
            name: _boundary_arn(role.get("PermissionsBoundary") or "") or None for name, role in found if role
        }

    def of_key(self, access_key: str, account: str) -> Principal | None:
        """None for the root of an account, which may do everything, and for unknown keys."""
        credential = self._evaluator.resolve_credential(access_key, account)
        kind = getattr(credential, "principal_type", "")
        if kind not in ("User", "AssumedRole", "FederatedUser"):
            return None
        layers = [*self._own_layers(credential), *self._session_layers(access_key, credential.account_id)]
        return Principal(
            arn=credential.principal_arn,
            account=credential.account_id,
            layers=tuple(layers),
            keys=self._keys(credential),
        )

    def _own_layers(self, credential: Any) -> Iterator[Layer]:
        account = credential.account_id
        if credential.principal_type == "AssumedRole":
            name = credential.principal_arn.split("/")[1]
            role = self._iam._roles.get_scoped(account, None, name) or {}
            yield from self._layers(role, _inline(role.get("InlinePolicies")), account)
        else:
            name = credential.principal_name
            user = self._iam._users.get_scoped(account, None, name) or {}
            own = _inline(self._iam._user_inline_policies.get_scoped(account, None, name))
            yield from self._layers(user, [*own, *self._of_groups(name, account)], account)

    def _layers(self, entity: Mapping[str, Any], inline: Iterable[Policy], account: str) -> Iterator[Layer]:
        attached = self._managed(entity.get("AttachedPolicies", ()), account)
        yield Layer(kind=IDENTITY, policies=(*inline, *attached))
        limit = entity.get("PermissionsBoundary")
        if limit:
            yield Layer(kind=BOUNDARY, policies=tuple(self._managed([_boundary_arn(limit)], account)))

    def _of_groups(self, user: str, account: str) -> Iterator[Policy]:
        for name, group in self._iam._groups.items():
            if user in group.get("Users", ()):
                yield from _inline(self._iam._group_inline_policies.get_scoped(account, None, name))
                yield from self._managed(group.get("AttachedPolicies", ()), account)

    def _session_layers(self, access_key: str, account: str) -> Iterator[Layer]:
        passed = (self._sts._sessions.get(access_key) or {}).get("SessionPolicies")
        if passed is None:
            return
        inline = [Policy.of("the session's policy", passed["Policy"])] if passed.get("Policy") else []
        managed = self._managed(passed.get("PolicyArns", ()), account)
        yield Layer(kind=SESSION, policies=(*inline, *managed))

    def _managed(self, arns: Iterable[str], account: str) -> Iterator[Policy]:
        return (Policy.of(arn, self._document(arn, account)) for arn in arns)


def _inline(policies: Mapping[str, Any] | None) -> list[Policy]:
    return [Policy.of(name, document) for name, document in (policies or {}).items()]


def _boundary_arn(limit: Any) -> str:
    return str(limit.get("PermissionsBoundaryArn", "") if isinstance(limit, dict) else limit)


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""
