"""Several accounts that are one person: linked by a code and a confirmation, and never otherwise."""

from collections.abc import Iterator

import psycopg
import pytest

from rehearsal.postgres.login import Login
from tests.schema.people import People, Someone, hashed


@pytest.fixture
def people(brain: Login) -> Iterator[People]:
    people = People(brain)
    yield people
    people.close()


def offers(who: Someone, code: str) -> str:
    return who.calls("select outcome from offer_account_code($1, $2, 'cognito')", who.user, hashed(code))


def types(who: Someone, code: str, *, preview: bool = False) -> str:
    query = "select outcome from type_account_code($1, $2, 'google', $3)"
    return who.calls(query, who.user, hashed(code), preview)


def confirms(who: Someone, other: Someone) -> str:
    return who.calls("select outcome from confirm_account($1, $2)", who.user, other.user)


def unlinks(who: Someone, other: Someone) -> str:
    return who.calls("select outcome from unlink_account($1, $2)", who.user, other.user)


def linked(people: People) -> tuple[Someone, Someone]:
    ann, google = people.enter(), people.enter()
    assert offers(ann, "code") == "done"
    assert types(google, "code") == "awaiting_confirmation"
    assert confirms(ann, google) == "done"
    return ann, google


def signs_in_as(account: Someone, person: Someone) -> bool:
    return bool(account.look("select id from find_user($1)", account.subject)[0] == person.user)


def test_two_accounts_become_one_person_with_all_their_notes(people: People) -> None:
    ann, google = people.enter(), people.enter()
    ann.writes("Boiler")
    google.writes("Bicycle")
    offers(ann, "code")
    query = "select outcome, email, moving from type_account_code($1, $2, 'google', $3)"
    shown = google.rows(query, google.user, hashed("code"), True)
    assert shown == [("preview", f"{ann.subject}@example.com", 1)], "whose code it is"
    assert confirms(ann, google) == "not_found", "a preview asks for nothing"
    assert types(google, "code") == "awaiting_confirmation"
    assert not signs_in_as(google, ann), "not before the confirmation"
    accounts = "select provider, state, notes from accounts_of($1)"
    waiting = [("cognito", "kept", 1), ("google", "awaiting_confirmation", 1)]
    assert ann.rows(accounts, ann.user) == waiting
    assert confirms(ann, google) == "done"
    assert signs_in_as(google, ann)
    assert google.family == ann.family
    assert ann.notes == {"Boiler", "Bicycle"}
    assert ann.rows(accounts, ann.user) == [("cognito", "kept", 2), ("google", "linked", 0)]
    assert confirms(ann, google) == "already"


def test_appointments_come_along_unless_they_overlap(people: People) -> None:
    ann, google = people.enter(), people.enter()
    for who, day, title in ((ann, 1, "Piano"), (google, 1, "Train"), (google, 3, "Ferry")):
        who.rows(
            "insert into calendar_events (family_id, user_id, title, during)"
            " values ($1, $2, $3, $4) returning id",
            who.family,
            who.user,
            title,
            f"[2031-01-0{day}, 2031-01-0{day + 1})",
        )
    offers(ann, "code")
    types(google, "code")
    confirms(ann, google)
    titles = "select title from calendar_events where user_id = $1 order by title"
    assert ann.rows(titles, ann.user) == [("Ferry",), ("Piano",)]
    assert unlinks(ann, google) == "done"
    assert google.rows(titles, google.user) == [("Train",)], "which rested with its account"


def test_an_account_that_is_unlinked_is_somebody_again(people: People) -> None:
    ann, google = linked(people)
    assert unlinks(ann, ann) == "kept"
    assert unlinks(ann, google) == "done"
    assert unlinks(ann, google) == "not_found"
    assert signs_in_as(google, google)
    assert google.family != ann.family
    assert google.role == "owner"


def test_a_code_is_worth_nothing_to_who_steals_it(people: People) -> None:
    """Its owner is shown who typed it, and confirms that account or none."""
    ann, google, eve = people.enter(), people.enter(), people.enter()
    ann.writes("Boiler")
    offers(ann, "code")
    assert types(eve, "code") == "awaiting_confirmation"
    assert eve.notes == set()
    assert types(google, "code") == "not_found", "it was typed"
    assert confirms(ann, google) == "not_found", "and confirms nobody else"
    assert confirms(eve, eve) == confirms(eve, ann) == "not_found"
    assert offers(ann, "another") == "done"
    assert confirms(ann, eve) == "not_found", "who typed the old one"


def test_an_old_code_links_nobody(people: People, brain: Login) -> None:
    ann, google = people.enter(), people.enter()
    offers(ann, "code")
    with psycopg.connect(brain.dsn, autocommit=True) as master:
        master.execute("update account_codes set expires_at = now()")
    assert types(google, "code") == "not_found"
    offers(ann, "code")
    types(google, "code")
    with psycopg.connect(brain.dsn, autocommit=True) as master:
        master.execute("update account_codes set expires_at = now()")
    assert confirms(ann, google) == "not_found"


def test_nobody_is_drawn_out_of_a_family_by_a_link(people: People) -> None:
    """A child would be free of its role, and the family's last owner gone."""
    owner, kim = people.family("child")
    ann = people.enter()
    offers(ann, "code")
    assert types(kim, "code") == "in_family"
    assert types(owner, "code") == "in_family"
    assert types(ann, "code") == "self"
    offers(kim, "for the owner")
    assert types(owner, "for the owner") == "last_owner"
    assert (owner.role, kim.role) == ("owner", "child")


def test_a_person_with_accounts_is_nobodys_account(people: People) -> None:
    ann, _ = linked(people)
    ben = people.enter()
    offers(ben, "of ben")
    assert types(ann, "of ben") == "has_accounts"


def test_an_unlinked_account_does_not_come_back_into_the_family(people: People) -> None:
    """Two accounts in one family are linked; their person is removed, and then unlinks one."""
    owner, ann, google = people.family("member", "member")
    owner.writes("Boiler")
    offers(ann, "code")
    types(google, "code")
    assert confirms(ann, google) == "done"
    assert owner.removes(ann) == "done"
    assert unlinks(ann, google) == "done"
    assert google.family not in (owner.family, ann.family)
    assert google.notes == ann.notes == set()
    again = people.enter(family=owner.family, subject=google.subject)
    assert again.notes == set(), "nor by what an old token says"


def test_links_elsewhere_of_a_linked_account_end(people: People, brain: Login) -> None:
    ann, google = people.enter(), people.enter()
    with psycopg.connect(brain.dsn, autocommit=True) as master:
        master.execute(
            "insert into external_accounts (family_id, user_id, provider, external_id, username,"
            " linked_family) select family_id, id, 'discord', '1', 'g', family_id from users where id = %s",
            (google.user,),
        )
    offers(ann, "code")
    types(google, "code")
    confirms(ann, google)
    with psycopg.connect(brain.dsn, autocommit=True) as master:
        assert master.execute("select from external_accounts").fetchall() == []
