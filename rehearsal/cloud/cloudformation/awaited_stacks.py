"""Answers the CDK CLI's question for a stack when the stack's operation has ended.

The CLI asks for the stack right after it has started an operation, and from then on every 5 s. Here most
stacks take less than one of these pauses. So its question is answered once the operation has ended, or after
some of the CLI's pauses, with what is true then: it never hears of an end later than without this. Other
clients are answered at once, and so is the CLI about its progress, which it asks for with another operation.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

Answer = tuple[int, Mapping[str, str], bytes]

WITHIN_SECONDS = 10.0
"""A multiple of the CLI's pause."""
_POLL_SECONDS = 0.05
_OF_THE_CLI = re.compile(r"(^|[ /])aws-cdk\b")
_FOR_ONE_STACK = re.compile(rb"(?=.*\bAction=DescribeStacks\b).*\bStackName=")
_IN_PROGRESS = re.compile(rb"<StackStatus>(?!REVIEW_)\w+_IN_PROGRESS</StackStatus>")


def apply(_cloud: Cloud) -> None:
    guard = Guard("stacks that the CDK CLI waits for")
    module = guard.module("ministack.services.cloudformation")
    native = guard.function(module, "handle_request", ("method", "path", "headers", "body", "query_params"))

    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Any
    ) -> Answer:
        async def ask() -> Answer:
            return await native(method, path, headers, body, query_params)  # type: ignore[no-any-return]

        return await (awaited(ask) if is_awaiting(headers, body) else ask())

    module.handle_request = handle


def is_awaiting(headers: Mapping[str, str], body: bytes) -> bool:
    agent = next((value for name, value in headers.items() if name.lower() == "user-agent"), "")
    return bool(_OF_THE_CLI.search(agent) and _FOR_ONE_STACK.match(body))


async def awaited(ask: Callable[[], Awaitable[Answer]], within: float = WITHIN_SECONDS) -> Answer:
    end = time.monotonic() + within
    while _IN_PROGRESS.search((answer := await ask())[2]) and time.monotonic() < end:
        await asyncio.sleep(_POLL_SECONDS)
    return answer
