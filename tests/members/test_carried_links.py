"""Sign-in links that messages carry: they lead somewhere, stand beside others, and staff get none."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from consult.core import clock
from consult.core.store import Store
from consult.members import sign_in_links
from consult.members.access import CONSOLE
from consult.members.models import Person, SignIn, SignInLink
from consult.members.sign_in_links import ALPHABET, LENGTH, BadLink, Carried, Code
from tests.members.cast import LASTING, NOON, Cast, assemble, at
from tests.support.visitor import Enter, app, enter, one_app

__all__ = ["app", "enter", "one_app"]

ROOM = "/meetings"
SCANNERS = ("Mozilla/5.0 (compatible; MailScanner)", "WeChat link preview")


@pytest.fixture
def people(sqlite_store: Store) -> Cast:
    return assemble(sqlite_store)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def carried(person_id: int, what: str = "notice 1", until: datetime | None = None, to: str = ROOM) -> Carried:
    code = sign_in_links.derived("k" * 40, what)
    return Carried(person_id, code, to, until or clock.now() + timedelta(days=1))


def issue(store: Store, *links: Carried) -> set[str]:
    return store.write(sign_in_links.issue, links)


def press(client: FlaskClient, code: Code, pressed: str = "x") -> tuple[int, str]:
    page = client.get("/s").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    answer = client.post(f"/s/{code.text}", data={"csrf_token": token[1], "press": pressed})
    return answer.status_code, answer.location or ""


def count(store: Store, of: type) -> int:
    with store.read() as work:
        return work.db.scalar(select(func.count()).select_from(of)) or 0


def test_a_message_has_the_same_code_at_each_try_and_others_have_others() -> None:
    codes = {(secret, what): sign_in_links.derived(secret, what) for secret in "ab" for what in ("1", "2")}
    assert len({code.text for code in codes.values()}) == 4
    assert sign_in_links.derived("a", "1") == codes["a", "1"] == sign_in_links.read(codes["a", "1"].text)
    letters = codes["a", "1"].text.replace("-", "")
    assert len(letters) == LENGTH
    assert set(letters) <= set(ALPHABET)


def test_a_pressed_link_leads_to_what_its_message_is_about(
    sqlite_store: Store, people: Cast, client: FlaskClient
) -> None:
    link = carried(people.member)
    assert issue(sqlite_store, link) == {link.code.text}
    assert press(client, link.code) == (302, ROOM)  # though the member has no password yet
    assert press(client, link.code) == (302, ROOM)  # an impatient finger
    assert count(sqlite_store, SignIn) == 1
    assert client.get("/account").status_code == 200


def test_programs_that_look_at_links_use_nothing_up(
    sqlite_store: Store, people: Cast, client: FlaskClient
) -> None:
    link = carried(people.member)
    issue(sqlite_store, link)
    for agent in SCANNERS:
        for look in (client.get, client.head):
            assert look(f"/s/{link.code.text}", headers={"User-Agent": agent}).status_code == 200
    assert count(sqlite_store, SignIn) == 0
    assert press(client, link.code) == (302, ROOM)


def test_a_used_link_still_leads_its_owner_on_and_nobody_else(
    sqlite_store: Store, people: Cast, client: FlaskClient, enter: Enter
) -> None:
    link = carried(people.member)
    issue(sqlite_store, link)
    press(client, link.code)
    assert client.get(f"/s/{link.code.text}").location == ROOM
    assert press(client, link.code, "another press") == (302, ROOM)
    assert enter(people.outsider).get(f"/s/{link.code.text}").status_code == 410


def test_who_is_signed_in_already_goes_straight_on(
    sqlite_store: Store, people: Cast, enter: Enter, client: FlaskClient
) -> None:
    link = carried(people.member)
    issue(sqlite_store, link)
    assert enter(people.member).get(f"/s/{link.code.text}").location == ROOM
    assert enter(people.outsider).get(f"/s/{link.code.text}").status_code == 200
    assert press(client, link.code) == (302, ROOM)  # on a second device it is still good


def test_an_expired_link_says_so_and_leads_its_owner_on(
    sqlite_store: Store, people: Cast, client: FlaskClient, enter: Enter
) -> None:
    link = carried(people.member, until=clock.now() - timedelta(seconds=1))
    assert issue(sqlite_store, link) == set()
    assert press(client, link.code)[0] == 410
    assert enter(people.member).get(f"/s/{link.code.text}").location == ROOM


def test_links_in_messages_stand_beside_others_and_fall_with_them(store: Store) -> None:
    people = assemble(store)
    by_office = sign_in_links.mint()
    store.write_at(NOON, sign_in_links.make, CONSOLE, [people.member], [by_office], LASTING)
    first, second = (carried(people.member, what, at(days=1)) for what in ("first", "second"))
    assert store.write_at(NOON, sign_in_links.issue, [first]) == {first.code.text}
    assert store.write_at(NOON, sign_in_links.issue, [second]) == {second.code.text}
    for code in (by_office, first.code, second.code):
        with store.read(NOON) as work:
            assert sign_in_links.look(work, code).person.id == people.member
    newer = sign_in_links.mint()
    store.write_at(NOON, sign_in_links.make, CONSOLE, [people.member], [newer], LASTING)
    for code in (by_office, first.code, second.code):
        with store.read(NOON) as work, pytest.raises(BadLink) as refused:
            sign_in_links.look(work, code)
        assert refused.value.standing == "replaced"
    assert store.write_at(NOON, sign_in_links.issue, [first]) == set()  # tried again: it stays void


def test_a_second_try_issues_nothing_new(store: Store) -> None:
    people = assemble(store)
    link = carried(people.member, until=at(days=1))
    again = carried(people.member, until=at(days=9))
    assert store.write_at(NOON, sign_in_links.issue, [link, link]) == {link.code.text}
    assert store.write_at(at(minutes=5), sign_in_links.issue, [again]) == {link.code.text}
    with store.read() as work:
        assert work.db.scalars(select(SignInLink.expires_at)).all() == [at(days=1)]


@pytest.mark.parametrize("whose", ["city_organizer", "organizer_a", "admin_a", "reader_a"])
def test_who_has_any_role_gets_no_link_in_a_message(sqlite_store: Store, people: Cast, whose: str) -> None:
    assert issue(sqlite_store, carried(getattr(people, whose))) == set()
    assert count(sqlite_store, SignInLink) == 0


def test_a_closed_account_gets_no_link_in_a_message(sqlite_store: Store, people: Cast) -> None:
    def close(work) -> None:  # type: ignore[no-untyped-def]
        work.db.get_one(Person, people.member).disabled_at = work.now

    sqlite_store.write(close)
    assert issue(sqlite_store, carried(people.member)) == set()
    assert count(sqlite_store, SignInLink) == 0


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "x", ""])
def test_a_link_in_a_message_leads_nowhere_but_here(
    sqlite_store: Store, people: Cast, elsewhere: str
) -> None:
    with pytest.raises(ValueError, match="path of ours"):
        issue(sqlite_store, carried(people.member, to=elsewhere))
