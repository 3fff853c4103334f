"""Refuses requests from foreign web pages, which reach loopback through the person's browser.

`Host` reveals a page whose domain name was pointed at 127.0.0.1 (DNS rebinding), `Origin` a page that sends a
request with a script or a form, `Sec-Fetch-Site` one that embeds a URL as an image, a script or a frame.
Browsers always set these headers. Following a link from elsewhere to a page of a deployed application stays
possible, as on AWS.

Tools may call a deployed API with any origin, so that its own CORS rules can be tested.
"""

from rehearsal.daemon.gate.requests import Request

_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def refusal(request: Request, *, port: int, deployed_api: bool) -> str | None:
    """The reason to refuse this request, or None."""
    host = request.header("host")
    if not _is_ours(host, port=port):
        return f"the host {host!r} is not this endpoint"
    if _from_foreign_page(request, port=port) and not (deployed_api and _by_a_tool(request)):
        return f"the origin {request.header('origin')!r} is not this endpoint's own"
    if _embedded_elsewhere(request):
        return "a page of another site sent the request"
    return None


def _is_ours(host: str, *, port: int) -> bool:
    name, _, number = host.rpartition(":")
    return number == str(port) and (name in _LOOPBACK_NAMES or name.endswith(".localhost"))


def _from_foreign_page(request: Request, *, port: int) -> bool:
    if "origin" not in request.headers:
        return False
    scheme, separator, host = request.header("origin").partition("://")
    return not (separator and scheme == "http" and _is_ours(host, port=port))


def _by_a_tool(request: Request) -> bool:
    return not any(name.startswith("sec-fetch-") for name in request.headers)


def _embedded_elsewhere(request: Request) -> bool:
    if request.header("sec-fetch-site") not in ("cross-site", "same-site"):
        return False
    opened = request.header("sec-fetch-mode") == "navigate" and request.header("sec-fetch-dest") == "document"
    return not (opened and request.method in ("GET", "HEAD"))
