"""The runtime's loop: ask for an event, handle it, hand the answer in. Lambda's own does more."""

import http.client
import json
import os
from types import SimpleNamespace
from typing import Any

from tests.bench.python_handler.handler import handle

ROOT = "/2018-06-01/runtime/invocation"


def main() -> None:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        connection.request("GET", f"{ROOT}/next")
        response = connection.getresponse()
        request = response.headers["Lambda-Runtime-Aws-Request-Id"]
        answer = json.dumps(handle(json.loads(response.read()), _context(request)))
        connection.request("POST", f"{ROOT}/{request}/response", answer)
        connection.getresponse().read()


def _context(request: str) -> Any:
    """What a handler that logs by Powertools reads of it."""
    return SimpleNamespace(
        aws_request_id=request,
        function_name="measured",
        invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:measured",
        memory_limit_in_mb=256,
    )


main()
