"""Replaces URLs that exist on AWS only by URLs of the embedded AWS.

Templates compose them (`https://${Api}.execute-api.…amazonaws.com/…`), so steps receive them as plain text in
outputs. Sub-domains of `localhost` resolve in browsers and curl only; every URL therefore becomes a path on
the endpoint.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

WEBSITE_PATH = "/_aws/s3-website/"
_AWS = r"(?:[a-z0-9-]+\.amazonaws\.com(?:\.cn)?|localhost(?::\d+)?)"
_REST = r"(?P<rest>[/?#][^\s\"']*)?"
_API = re.compile(rf"(?:https?|(?P<ws>wss?))://(?P<api>[a-z0-9]+)\.execute-api\.{_AWS}{_REST}")
_FUNCTION = re.compile(
    rf"https?://(?P<id>[a-z0-9-]+)\.lambda-url\.[a-z0-9-]+\.(?:on\.aws|localhost(?::\d+)?){_REST}"
)
_GRAPHQL = re.compile(rf"https://(?P<id>[a-z0-9]+)\.appsync-api\.{_AWS}/graphql")
_SIGN_IN = re.compile(rf"https://[a-z0-9-]+\.auth\.[a-z0-9-]+\.amazoncognito\.com{_REST}")
_WEBSITE = re.compile(
    rf"http://(?P<bucket>[a-z0-9.-]+)\.s3-website[.-](?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?{_REST}"
)


def local_url(text: str, *, endpoint_url: str) -> str:
    """The text with every such URL replaced by one that works on this machine."""
    place = urlsplit(endpoint_url).netloc
    for pattern, path in _PATHS.items():
        text = pattern.sub(lambda found, path=path: _placed(found, place, path(found)), text)  # type: ignore[misc]
    return text


def _placed(found: re.Match[str], place: str, path: str) -> str:
    scheme = "ws" if found.groupdict().get("ws") else "http"
    return f"{scheme}://{place}{path}"


def _api_path(found: re.Match[str]) -> str:
    """The path of an API; a URL without a stage means an HTTP API's default stage."""
    rest = found["rest"] or "/"
    stage, _, below = rest.removeprefix("/").partition("/")
    if not stage or stage[0] in "?#":
        return f"/_aws/execute-api/{found['api']}/$default{rest}"
    return f"/_aws/execute-api/{found['api']}/{stage}" + (f"/{below}" if rest.count("/") > 1 else "")


_PATHS: Mapping[re.Pattern[str], Callable[[re.Match[str]], str]] = {
    _API: _api_path,
    _FUNCTION: lambda found: f"/_aws/lambda-url/{found['id']}{found['rest'] or '/'}",
    _GRAPHQL: lambda found: f"/v1/apis/{found['id']}/graphql",
    _SIGN_IN: lambda found: found["rest"] or "",
    _WEBSITE: lambda found: f"{WEBSITE_PATH}{found['region']}/{found['bucket']}{found['rest'] or '/'}",
}
