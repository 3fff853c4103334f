"""A person's browser, as far as the pages of a function need one: cookies and forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.lambdas.events import Reply, call
from tests.lambdas.runtime_api import Function


@dataclass
class Form(HTMLParser):
    """The only form of a page."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        if tag == "input":
            self.fields[given.get("name", "")] = given.get("value", "")

    @classmethod
    def of(cls, page: str) -> "Form":
        form = cls()
        form.feed(page)
        return form


@dataclass
class Browser:
    function: Function
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, resource: str, query: Mapping[str, str] | None = None) -> Reply:
        return self._send("GET", resource, query=query)

    def open(self, address: str) -> Reply:
        parts = urlsplit(address)
        return self.get(parts.path.removeprefix("/v1"), dict(parse_qsl(parts.query)))

    def submit(self, page: Reply, **changes: str) -> Reply:
        form = Form.of(page.text)
        return self.post(f"/discord/{form.action}", {**form.fields, **changes})

    def post(self, resource: str, fields: Mapping[str, str]) -> Reply:
        return self._send("POST", resource, body=urlencode(fields))

    def _send(
        self, method: str, resource: str, *, query: Mapping[str, str] | None = None, body: str | None = None
    ) -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        reply = call(self.function, method, resource, query=query, body=body, headers=headers)
        self._keep(reply.headers.get("set-cookie", ""))
        return reply

    def _keep(self, set_cookie: str) -> None:
        for name, morsel in SimpleCookie(set_cookie).items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
