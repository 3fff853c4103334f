"""Linking a Discord account, from /link to the code, on the embedded AWS's Cognito: a person's whole way,
and everybody who tries to leave out a part of it."""

from collections.abc import Iterator

import psycopg
import pytest

from rehearsal.postgres.login import Login
from tests.lambdas.browser import Form
from tests.lambdas.conftest import Start
from tests.lambdas.events import Person, Reply, call
from tests.lambdas.linking import ANSWER, Steps, code_on

AGE = "update link_attempts set created_at = now() - interval '10 minutes', expires_at = now()"


@pytest.fixture
def owner(database: Login) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        yield connection


def refused(page: Reply) -> bool:
    return page.status == 401 and not Form.of(page.text).action and "Nothing has been linked" in page.text


def test_a_person_links_is_served_and_unlinks(steps: Steps, start: Start) -> None:
    ann, browser = steps.pool.join(), steps.browser()
    address = steps.asks("100", "ann.b")
    assert address.startswith("https://api.example.com/v1/discord/link?ticket=")
    invitation = browser.open(address)
    assert "ann.b" in invitation.text
    assert "id 100" in invitation.text
    confirmation = steps.signs_in(browser, address, ann)
    for named in ("ann.b", "id 100", ann.email, "everything that your family keeps"):
        assert named in confirmation.text
    assert not steps.is_served("100"), "signing in alone links nothing"
    code = code_on(browser.submit(confirmation))
    assert browser.cookies == {}
    assert not steps.is_served("100"), "nor does confirming"
    assert "speaks for you" in steps.types("link", code.lower(), account="100")
    assert steps.is_served("100")
    assert steps.stand_ins.sent_to("/runtimes/")[-1].json()["family_id"] == ann.family
    assert steps.types("briefing", account="100") == ANSWER
    for _ in range(2):
        assert "kept" in steps.types("note", "The zebra sleeps", account="100")
    found = call(
        start("query"), "POST", "/query", person=Person(ann.subject, ann.family), body={"question": "zebra"}
    )
    assert [match["title"] for match in found.body["matches"]] == ["The zebra sleeps"]
    assert "not linked" in steps.types("unlink", account="100")
    assert not steps.is_served("100")


def test_whoever_sends_their_own_link_to_somebody_gains_nothing(steps: Steps) -> None:
    """The victim goes all the way to the code; only keeping it to themselves is left."""
    victim, mallory = steps.pool.join(), "666"
    code = steps.confirms(steps.browser(), steps.asks(mallory), victim)
    assert not steps.is_served(mallory)
    assert "not valid" in steps.types("link", code, account="101"), "the victim's own account may not use it"
    for guess in ("", "AAAAA-AAAAA", "00000", code[:-1]):
        steps.types("link", guess or "-", account=mallory)
    assert not steps.is_served(mallory)
    assert not steps.is_served("101")


def test_whoever_sends_the_sign_in_page_itself_gains_nothing(steps: Steps) -> None:
    """The attacker's browser has the cookie, the victim's the state."""
    victim, attacker = steps.pool.join(), steps.browser()
    back = steps.pool.sign_in(steps.opens(attacker, steps.asks("102")), victim)
    assert refused(steps.browser().get("/discord/callback", back))
    assert refused(attacker.get("/discord/callback", back)), "and the state is used up"
    assert not steps.is_served("102")


def test_another_browsers_cookie_is_not_taken(steps: Steps) -> None:
    ann, one, other = steps.pool.join(), steps.browser(), steps.browser()
    back = steps.pool.sign_in(steps.opens(one, steps.asks("103")), ann)
    steps.opens(other, steps.asks("104"))
    assert refused(other.get("/discord/callback", back))


def test_every_step_works_once(steps: Steps) -> None:
    ann, browser, address = steps.pool.join(), steps.browser(), steps.asks("105")
    invitation = browser.open(address)
    to_sign_in = browser.submit(invitation)
    assert refused(browser.submit(invitation))
    assert refused(browser.open(address))
    back = steps.pool.sign_in(to_sign_in.headers["location"], ann)
    confirmation = browser.get("/discord/callback", back)
    assert refused(browser.get("/discord/callback", back))
    kept = dict(browser.cookies)
    code = code_on(browser.submit(confirmation))
    browser.cookies = kept
    assert refused(browser.submit(confirmation))
    assert "speaks for you" in steps.types("link", code, account="105")
    assert "not valid" in steps.types("link", code, account="105")
    assert steps.is_served("105"), "a wrong code ends no link"


def test_made_up_secrets_are_refused(steps: Steps) -> None:
    browser = steps.browser()
    browser.cookies = {"__Host-second-brain-link": "guessed"}
    for forged in ("", "guessed", "A" * 43, "'; drop table link_attempts; --", "\x00", "x" * 10_000):
        assert refused(browser.get("/discord/link", {"ticket": forged}))
        assert refused(browser.post("/discord/link", {"ticket": forged}))
        assert refused(browser.get("/discord/callback", {"state": forged, "code": "c"}))
        assert refused(browser.post("/discord/confirm", {"confirmation": forged}))
    assert refused(browser.get("/discord/callback"))
    assert refused(browser.post("/discord/confirm", {}))


def test_a_secret_of_one_step_is_none_of_another(steps: Steps) -> None:
    ann, browser, address = steps.pool.join(), steps.browser(), steps.asks("106")
    ticket = address.partition("ticket=")[2]
    assert refused(browser.get("/discord/callback", {"state": ticket, "code": "c"}))
    assert refused(browser.post("/discord/confirm", {"confirmation": ticket}))
    form = Form.of(steps.signs_in(browser, address, ann).text).fields["confirmation"]
    assert refused(browser.post("/discord/link", {"ticket": form}))
    assert "not valid" in steps.types("link", form, account="106")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_a_form_confirms(steps: Steps, method: str) -> None:
    ann, browser = steps.pool.join(), steps.browser()
    confirmation = steps.signs_in(browser, steps.asks("107"), ann)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    answer = call(
        steps.function,
        method,
        "/discord/confirm",
        query=Form.of(confirmation.text).fields,
        headers={"Cookie": cookie},
    )
    assert answer.status == 405
    assert code_on(browser.submit(confirmation)), "nothing was used up"


def test_another_sites_form_confirms_nothing(steps: Steps) -> None:
    """SameSite keeps the cookie from it, and it cannot know the value of ours."""
    ann, browser = steps.pool.join(), steps.browser()
    steps.signs_in(browser, steps.asks("108"), ann)
    assert refused(browser.post("/discord/confirm", {"confirmation": "unknown"}))
    confirmation = steps.signs_in(browser, steps.asks("108"), ann)
    without_cookie = steps.browser()
    assert refused(without_cookie.submit(confirmation))
    assert refused(browser.submit(confirmation)), "a value that somebody else had is used up"


def test_the_cookie_and_the_pages_are_kept_from_others(steps: Steps) -> None:
    browser = steps.browser()
    invitation = browser.open(steps.asks("109", '<img src=x onerror="alert(1)">'))
    assert "<img" not in invitation.text
    opened = browser.submit(invitation)
    cookie = opened.headers["set-cookie"]
    assert cookie.startswith("__Host-")
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert attributes == {"Path=/", "Max-Age=600", "Secure", "HttpOnly", "SameSite=Lax"}
    policy = invitation.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert f"form-action 'self' {steps.pool.endpoint.url};" in policy
    assert invitation.headers["referrer-policy"] == "no-referrer"
    assert invitation.headers["cache-control"] == "no-store"


def test_an_expired_attempt_ends_at_whatever_step(steps: Steps, owner: psycopg.Connection) -> None:
    ann, browser = steps.pool.join(), steps.browser()
    address = steps.asks("110")
    invitation = browser.open(address)
    owner.execute(AGE)
    assert refused(browser.open(address))
    assert refused(browser.submit(invitation))
    back = steps.pool.sign_in(steps.opens(browser, steps.asks("110")), ann)
    owner.execute(AGE)
    assert refused(browser.get("/discord/callback", back))
    confirmation = steps.signs_in(browser, steps.asks("110"), ann)
    owner.execute(AGE)
    assert refused(browser.submit(confirmation))
    code = steps.confirms(browser, steps.asks("110"), ann)
    owner.execute(AGE)
    assert "not valid" in steps.types("link", code, account="110")
    assert not steps.is_served("110")


def test_five_wrong_codes_end_the_attempt(steps: Steps) -> None:
    code = steps.confirms(steps.browser(), steps.asks("111"), steps.pool.join())
    for _ in range(5):
        assert "not valid" in steps.types("link", "AAAAA-AAAAA", account="111")
    assert "not valid" in steps.types("link", code, account="111")
    assert not steps.is_served("111")


def test_a_newer_link_ends_the_one_under_way(steps: Steps) -> None:
    ann, browser = steps.pool.join(), steps.browser()
    older = steps.asks("112")
    confirmation = steps.signs_in(browser, steps.asks("112"), ann)
    assert refused(steps.browser().open(older))
    steps.asks("112")
    assert refused(browser.submit(confirmation))
