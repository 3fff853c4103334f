"""The runtime's loop: ask for an event, handle it, hand the answer in. Lambda's own does more."""

import http.client
import json
import os

from tests.bench.python_handler.handler import handle

ROOT = "/2018-06-01/runtime/invocation"


def main() -> None:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        connection.request("GET", f"{ROOT}/next")
        response = connection.getresponse()
        request = response.headers["Lambda-Runtime-Aws-Request-Id"]
        answer = json.dumps(handle(json.loads(response.read())))
        connection.request("POST", f"{ROOT}/{request}/response", answer)
        connection.getresponse().read()


main()
