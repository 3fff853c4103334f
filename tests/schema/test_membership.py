"""Who belongs to a family, and what moves with them: on the real server, with the login of the API."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from rehearsal.postgres.login import Login
from tests.schema.people import People, hashed


@pytest.fixture
def people(brain: Login) -> Iterator[People]:
    people = People(brain)
    yield people
    people.close()


def test_a_family_is_formed_shared_and_left_with_ones_own(people: People) -> None:
    ann, ben = people.enter(), people.enter()
    ann.writes("Boiler")
    ben.writes("Bicycle")
    assert ann.invites("code") == "done"
    assert ben.joins("code", notes=True, preview=True) == "preview"
    assert ben.family != ann.family, "a preview moves nobody"
    assert ben.joins("code", notes=True) == "done"
    assert (ann.role, ben.role) == ("owner", "member")
    ben.writes("Lock")
    assert ann.notes == ben.notes == {"Boiler", "Bicycle", "Lock"}
    assert ben.leaves(notes=True) == "done"
    assert (ann.notes, ben.notes) == ({"Boiler"}, {"Bicycle", "Lock"})
    assert ben.role == "owner", "of a family of their own"


def test_what_moves_and_stays_is_counted_before_and_after(people: People) -> None:
    ann, ben = people.enter(), people.enter()
    for title in ("One", "Two", "Three"):
        ben.writes(title)
    ann.invites("code")
    query = "select outcome, moving, staying from join_family($1, $2, null, $3, $4)"
    told = [
        ben.rows(query, ben.user, hashed("code"), with_notes, preview)[0]
        for with_notes, preview in ((True, True), (False, True), (False, False))
    ]
    assert told == [("preview", 3, 0), ("preview", 0, 3), ("done", 0, 3)]


def test_notes_that_stay_at_home_wait_there(people: People) -> None:
    ann, ben = people.enter(), people.enter()
    ben.writes("Diary")
    home = ben.family
    ann.invites("code")
    assert ben.joins("code", notes=False) == "done"
    assert ben.notes == ann.notes == set(), "and are not read by the new family"
    ben.writes("Shared")
    assert ben.leaves(notes=False) == "done"
    assert (ben.family, ben.notes, ann.notes) == (home, {"Diary"}, {"Shared"})


def test_a_home_that_somebody_was_placed_in_keeps_nothing_back(people: People) -> None:
    ann, ben = people.enter(), people.enter()
    ben.writes("Diary")
    home = ben.family
    ann.invites("code")
    ben.joins("code", notes=False)
    people.enter(family=home)
    assert ben.leaves() == "done"
    assert ben.family != home
    assert ben.notes == {"Diary"}


def test_a_code_into_a_family_that_everybody_left_is_worth_nothing(people: People) -> None:
    """What waits there is for whoever returns."""
    ann, ben, eve = people.enter(), people.enter(), people.enter()
    ben.writes("Diary")
    ben.invites("old code")
    ann.invites("code")
    ben.joins("code", notes=False)
    assert eve.joins("old code") == "not_found"


def test_the_removed_keep_what_they_wrote(people: People) -> None:
    ann, ben = people.family("member")
    ann.writes("Boiler")
    ben.writes("Diary")
    query = "select outcome, moving from remove_member($1, $2, $3)"
    assert ann.rows(query, ann.user, ben.user, True) == [("preview", 1)]
    assert ben.notes == {"Boiler", "Diary"}
    assert ann.rows(query, ann.user, ben.user, False) == [("done", 1)]
    assert (ann.notes, ben.notes) == ({"Boiler"}, {"Diary"})
    assert ann.removes(ben) == "not_found", "the second time"


def test_appointments_and_reminders_follow_their_person(people: People) -> None:
    ann, ben = people.enter(), people.enter()
    ben.rows(
        "insert into calendar_events (family_id, user_id, title, during)"
        " values ($1, $2, 'Piano', '[2031-01-01, 2031-01-02)') returning id",
        ben.family,
        ben.user,
    )
    ann.invites("code")
    ben.joins("code", notes=False)
    assert ben.rows("select title, user_id from calendar_events") == [("Piano", ben.user)]


def test_a_repeated_join_and_a_repeated_leave_change_nothing(people: People) -> None:
    ann, ben = people.enter(), people.enter()
    ann.invites("code")
    assert [ben.joins("code"), ben.joins("code")] == ["done", "already"]
    assert [ben.leaves(), ben.leaves()] == ["done", "already"]
    family = ben.family
    assert ben.leaves() == "already"
    assert ben.family == family


@pytest.mark.parametrize("why", ["wrong", "used", "expired", "withdrawn", "of a member who left"])
def test_a_code_that_is_worth_nothing(people: People, brain: Login, why: str) -> None:
    ann, ben, eve = people.family("member", "member")[:3]
    stranger = people.enter()
    ben.invites("code")
    if why == "used":
        assert people.enter().joins("code") == "done"
    if why == "expired":
        age(brain)
    if why == "withdrawn":
        ((found,),) = ben.rows("select id from open_invitations($1)", ben.user)
        forbidden = "select outcome from withdraw_invitation($1, $2)"
        assert eve.calls(forbidden, eve.user, found) == "forbidden", "it is not theirs"
        assert ben.calls("select outcome from withdraw_invitation($1, $2)", ben.user, found) == "done"
    if why == "of a member who left":
        assert ben.leaves() == "done"
    assert stranger.joins("kode" if why == "wrong" else "code") == "not_found"
    assert ann.family != stranger.family


def age(brain: Login) -> None:
    with psycopg.connect(brain.dsn, autocommit=True) as master:
        master.execute(
            "update family_invitations set created_at = now() - interval '8 days',"
            " expires_at = now() - interval '1 second'"
        )


def test_an_invitation_by_e_mail_is_for_who_verified_the_address(people: People) -> None:
    ann, ben = people.enter(), people.enter()
    assert ann.invites("code", email="Ben@Example.com") == "done"
    assert ben.joins("code") == "not_found"
    assert ben.joins("code", verified="eve@example.com") == "not_found"
    assert ben.joins("code", verified="ben@example.COM") == "done"


def test_nobody_comes_twice_by_one_code(people: People) -> None:
    """Somebody who was removed knows a code that others may still use."""
    ann, ben, cem = people.enter(), people.enter(), people.enter()
    ann.invites("code", uses=5)
    assert ben.joins("code") == "done"
    assert ann.removes(ben) == "done"
    assert ben.joins("code") == "not_found"
    assert cem.joins("code") == "done"


def test_codes_are_counted_before_they_are_compared(people: People) -> None:
    eve = people.enter()
    query = "select admitted from count_code_try($1)"
    admitted = [eve.rows(query, eve.user)[0][0] for _ in range(12)]
    assert admitted == [True] * 10 + [False] * 2


def test_a_child_decides_nothing(people: People) -> None:
    ann, kim, ben = people.family("child", "member")
    assert kim.invites("code") == "forbidden"
    assert kim.removes(ben) == "forbidden"
    assert kim.makes(kim, "owner") == kim.makes(ben, "child") == "forbidden"
    ann.invites("for ben", role="member")
    assert kim.joins("for ben") == "already", "a code of the own family raises nobody"
    assert kim.role == "child"
    assert kim.rows("select id from open_invitations($1)", kim.user) == []
    assert kim.calls("select outcome from found_family($1, 'Mine')", kim.user) == "forbidden"


def test_a_member_invites_and_decides_nothing_else(people: People) -> None:
    _, ben, cem = people.family("member", "member")
    assert ben.invites("code") == "done"
    assert ben.removes(cem) == ben.makes(cem, "child") == ben.makes(ben, "owner") == "forbidden"


def test_who_becomes_a_child_loses_their_invitations(people: People) -> None:
    ann, ben = people.family("member")
    ben.invites("code")
    assert ann.makes(ben, "child") == "done"
    assert people.enter().joins("code") == "not_found"


def test_a_family_with_members_keeps_an_owner(people: People) -> None:
    ann, ben = people.family("member")
    other = people.enter()
    other.invites("code")
    assert ann.leaves(preview=True) == ann.leaves() == "last_owner"
    assert ann.joins("code") == "last_owner"
    assert ann.makes(ann, "member") == "last_owner"
    assert ann.removes(ann) == "self"
    assert ann.makes(ben, "owner") == "done"
    assert ann.leaves() == "done"
    assert ben.role == "owner"


def test_nobody_acts_for_another_family(people: People) -> None:
    """Neither by an id of theirs, nor in a session of theirs."""
    ann, ben = people.family("member")
    eve = people.enter()
    assert eve.removes(ben) == eve.makes(ben, "child") == "not_found"
    for statement in (
        "select outcome from remove_member($1, $1, false)",
        "select outcome from found_family($1, 'Taken')",
        "select id from family_members($1)",
        "select outcome from leave_family($1, true, false)",
        "select admitted from count_code_try($1)",
    ):
        assert eve.rows(statement, ann.user) == [], "in their own session, as somebody of another"
        assert eve.rows(statement, eve.user, family=ann.family) == [], "as themselves, in another's session"
    assert ann.role == "owner"


def test_a_token_from_before_leads_nobody_back(people: People) -> None:
    """The token names the family until it is renewed; the person's record does not."""
    ann = people.enter()
    ben = people.enter(family=ann.family)
    assert ben.role == "member", "placed by an administrator, beside somebody who was there"
    ann.writes("Boiler")
    assert ann.removes(ben) == "done"
    again = people.enter(family=ann.family, subject=ben.subject)
    assert again.user == ben.user
    assert again.family != ann.family
    assert again.notes == set()


def test_links_of_accounts_elsewhere_end_with_the_move(people: People, brain: Login) -> None:
    """They were confirmed for the family that is left, and must not come back to life on return."""
    ann, ben = people.enter(), people.enter()
    with psycopg.connect(brain.dsn, autocommit=True) as master:
        master.execute(
            "insert into external_accounts (family_id, user_id, provider, external_id, username,"
            " linked_family) select family_id, id, 'discord', '1', 'ben', family_id from users where id = %s",
            (ben.user,),
        )
    ann.invites("code")
    query = "select outcome, links_ending from join_family($1, $2, null, true, $3)"
    assert ben.rows(query, ben.user, hashed("code"), True) == [("preview", 1)]
    assert ben.rows(query, ben.user, hashed("code"), False) == [("done", 1)]
    assert ben.leaves() == "done"
    assert ben.rows("select id from external_accounts") == []


def test_a_family_invites_within_bounds(people: People) -> None:
    ann = people.enter()
    assert {ann.invites(f"code-{number}") for number in range(20)} == {"done"}
    assert ann.invites("one more") == "too_many"


def test_first_come_is_the_owner_of_families_that_exist(people: People, brain: Login) -> None:
    family = uuid.uuid4()
    roles = [people.enter(family=family).role for _ in range(3)]
    assert roles == ["owner", "member", "member"]
