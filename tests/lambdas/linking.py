"""Linking a Discord account, step by step, as a person does it."""

from dataclasses import dataclass

from tests.lambdas.browser import Browser
from tests.lambdas.discord import command, follow_up
from tests.lambdas.events import Reply
from tests.lambdas.runtime_api import Function
from tests.lambdas.stand_ins import StandIns
from tests.lambdas.user_pool import Member, UserPool

ANSWER = "The agent's words."


def code_on(page: Reply) -> str:
    assert page.status == 200, page.text
    return page.text.partition("/link code:")[2].partition("<")[0]


@dataclass(frozen=True)
class Steps:
    """The steps of a link, each as the honest person takes it."""

    function: Function
    stand_ins: StandIns
    pool: UserPool

    def types(self, name: str, text: str = "", *, account: str, username: str = "") -> str:
        typed = command(name, text, person=account, username=username)
        return follow_up(self.function, self.stand_ins, typed)

    def asks(self, account: str, username: str = "") -> str:
        """The address of the page."""
        told = self.types("link", account=account, username=username)
        return told.partition("<")[2].partition(">")[0]

    def opens(self, browser: Browser, address: str) -> str:
        """The address of the sign-in pages."""
        answer = browser.submit(browser.open(address))
        assert answer.status == 303
        return answer.headers["location"]

    def signs_in(self, browser: Browser, address: str, member: Member) -> Reply:
        back = self.pool.sign_in(self.opens(browser, address), member)
        return browser.get("/discord/callback", back)

    def confirms(self, browser: Browser, address: str, member: Member) -> str:
        """The code."""
        return code_on(browser.submit(self.signs_in(browser, address, member)))

    def links(self, account: str, member: Member) -> None:
        code = self.confirms(self.browser(), self.asks(account), member)
        assert "speaks for you" in self.types("link", code, account=account)

    def browser(self) -> Browser:
        return Browser(self.function)

    def is_served(self, account: str) -> bool:
        return self.types("ask", "Where?", account=account) == ANSWER
