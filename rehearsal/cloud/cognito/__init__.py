"""Cognito: identity providers of a user pool, and answers of its sign-in pages as AWS documents them."""

from rehearsal.cloud.cognito import resource_types, user_info
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types


def attach(cloud: Cloud) -> None:
    add_types(cloud, resource_types.ROWS)
    user_info.apply(cloud)
