"""Splits long responses into pages."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from rehearsal.emulator.extension import ServiceError

Item = TypeVar("Item")


def page(
    items: Sequence[Item], payload: Mapping[str, Any], *, usually: int = 100
) -> tuple[Sequence[Item], dict[str, str]]:
    """The items of this page, and `nextToken` if there are more."""
    start = _start(payload.get("nextToken"))
    end = start + int(payload.get("maxResults") or usually)
    more = {"nextToken": base64.urlsafe_b64encode(str(end).encode()).decode()} if end < len(items) else {}
    return items[start:end], more


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token.encode()).decode())
    except (ValueError, binascii.Error) as error:
        raise ServiceError("InvalidNextTokenException", "the nextToken is not one of ours") from error
