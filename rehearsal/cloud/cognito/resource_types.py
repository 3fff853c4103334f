"""Identity providers of a user pool."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.resource_types.backed import Backed
from rehearsal.emulator.resource_types.known import Known


def _provider_key(it: Known) -> Mapping[str, Any]:
    return {"UserPoolId": it.properties["UserPoolId"], "ProviderName": it.properties["ProviderName"]}


ROWS = (
    Backed(
        type_name="AWS::Cognito::UserPoolIdentityProvider",
        service="cognito-idp",
        create="create_identity_provider",
        ref=lambda it: it.properties["ProviderName"],
        key=_provider_key,
        update="update_identity_provider",
        delete="delete_identity_provider",
        immutable=frozenset({"UserPoolId", "ProviderName", "ProviderType"}),
        limits="the provider is stored in the user pool; nobody can sign in through it",
    ),
)
