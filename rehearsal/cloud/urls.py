"""Addresses that exist on AWS alone, and where the embedded AWS answers in their place."""

import re
from urllib.parse import urlsplit

_API = re.compile(
    r"(?P<scheme>https|wss)://(?P<api>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?"
    r"(?:/(?P<stage>[^/\s?#]*))?(?P<rest>[^\s]*)"
)


def local_url(text: str, *, endpoint_url: str) -> str:
    """The text with every API Gateway address in it replaced by the one that works on this machine."""
    endpoint = urlsplit(endpoint_url)

    def local(found: re.Match[str]) -> str:
        scheme = "ws" if found["scheme"] == "wss" else endpoint.scheme
        stage = found["stage"] or "$default"
        rest = found["rest"] or ("/" if found["stage"] is None or not found["stage"] else "")
        return f"{scheme}://{endpoint.netloc}/_aws/execute-api/{found['api']}/{stage}{rest}"

    return _API.sub(local, text)
