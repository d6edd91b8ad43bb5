"""The pages: the big screen for the office alone, the scan on a phone signed in or not, the six digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from consult.attendance.models import Presence
from consult.checkins import codes
from consult.checkins.models import Ticket
from consult.core import clock
from consult.members import sign_ins
from consult.members.models import Person
from tests.meetings.people import People
from tests.support.visitor import Enter, Visitor

KEY = codes.key_of("k" * 40)


@pytest.fixture
def meeting(sqlite_people: People) -> int:
    """One that has been open for ten minutes."""
    opens = clock.now() - timedelta(minutes=10)
    return sqlite_people.cast.meeting(opens_at=opens, closes_at=opens + timedelta(hours=1))


def scan_path(page: str) -> str:
    found = re.search(r'data-scan="http://localhost(/c/[^"]+)"', page)
    assert found is not None
    return found[1]


def shown_to(office: Visitor, meeting: int) -> str:
    """What a phone reads from the screen now."""
    return scan_path(office.get(f"/meetings/{meeting}/checkin/screen").text)


def present(people: People) -> Iterator[tuple[int, str]]:
    with people.store.read() as work:
        yield from (tuple(row) for row in work.db.execute(select(Presence.person_id, Presence.channel)))


def test_from_the_screen_to_the_tick(enter: Enter, sqlite_people: People, meeting: int) -> None:
    office, wang = enter(sqlite_people.cast.office), enter(sqlite_people.cast.wang)
    scanned = wang.get(shown_to(office, meeting))
    assert scanned.status_code == 302
    page = wang.get(scanned.location).text
    assert "王秀兰" in page
    assert "推进城乡供水一体化" in page
    done = wang.post(scanned.location)
    assert done.location == f"/meetings/{meeting}/checkin"
    assert "Checked in" in wang.get(done.location).text
    assert list(present(sqlite_people)) == [(sqlite_people.cast.wang, "qr")]
    assert "<b data-people>1</b>" in office.get(f"/meetings/{meeting}/checkin/screen/now").text
    assert "王秀兰" in office.get(f"/meetings/{meeting}/checkin/desk").text
    assert wang.get(scanned.location).location == done.location, "a page that is kept open leads on"
    wang.post(f"/meetings/{meeting}/checkin/leave")
    assert "type the six digits" in wang.get(done.location).text
    replayed = wang.get(scanned.location)
    assert replayed.status_code == 409
    assert "can&#39;t be used again" in replayed.text


@pytest.mark.parametrize("who", ["wang", "reader", "outsider", "other_office"])
@pytest.mark.parametrize("page", ["screen", "screen/now", "desk"])
def test_the_screen_is_the_offices(
    enter: Enter, sqlite_people: People, meeting: int, who: str, page: str
) -> None:
    person_id = getattr(sqlite_people.cast, who, None) or getattr(sqlite_people, who)
    answer = enter(person_id).get(f"/meetings/{meeting}/checkin/{page}")
    assert answer.status_code == (404 if who in ("outsider", "other_office") else 403)
    assert "data-scan" not in answer.text


def test_the_office_above_may_show_the_screen(enter: Enter, sqlite_people: People, meeting: int) -> None:
    shown_to(enter(sqlite_people.province_office), meeting)


@pytest.mark.parametrize("who", ["outsider", "office", "other_office", "reader"])
def test_a_stranger_who_scans_is_told_that_it_is_not_his(
    enter: Enter, sqlite_people: People, meeting: int, who: str
) -> None:
    person_id = getattr(sqlite_people.cast, who, None) or getattr(sqlite_people, who)
    answer = enter(person_id).get(shown_to(enter(sqlite_people.cast.office), meeting))
    assert answer.status_code == 403
    assert "not among those called" in answer.text


def test_a_colleague_cannot_use_ones_ticket(enter: Enter, sqlite_people: People, meeting: int) -> None:
    wang, li = enter(sqlite_people.cast.wang), enter(sqlite_people.cast.li)
    ticket = wang.get(shown_to(enter(sqlite_people.cast.office), meeting)).location
    for answer in (li.get(ticket), li.post(ticket)):
        assert answer.status_code == 403
        assert "another member&#39;s" in answer.text
    assert list(present(sqlite_people)) == []


def test_what_is_no_code_and_an_old_one_are_told_apart(
    enter: Enter, sqlite_people: People, meeting: int
) -> None:
    wang = enter(sqlite_people.cast.wang)
    old = codes.token(KEY, meeting, clock.now() - timedelta(seconds=36))
    answer = wang.get(f"/c/{old}")
    assert answer.status_code == 409
    assert "has changed in the meantime" in answer.text
    answer = wang.get("/c/nonsense")
    assert answer.status_code == 404
    assert "no check-in code of ours" in answer.text


def signs_in(browser, people: People) -> None:
    token = sign_ins.new_token()
    people.store.write(sign_ins.begin, people.cast.wang, token, "phone")
    with browser.session_transaction() as session:
        session["_user_id"], session["_fresh"] = token, True


def test_who_is_not_signed_in_signs_in_and_has_his_scan_still(
    app: Flask, enter: Enter, sqlite_people: People, meeting: int
) -> None:
    now = clock.now()
    token = codes.token(KEY, meeting, now - timedelta(seconds=60))
    browser = app.test_client()
    kept = codes.receipt(KEY, token, now - timedelta(seconds=60))
    fresh = browser.get(shown_to(enter(sqlite_people.cast.office), meeting))
    assert "/sign-in?next=/c/" in fresh.location
    browser.set_cookie("scan", kept, path="/c/")  # as it was a minute ago
    signs_in(browser, sqlite_people)
    assert browser.get(f"/c/{token}").location.startswith("/checkin/")
    assert browser.get_cookie("scan", path="/c/") is None


def test_an_address_that_is_passed_on_while_one_signs_in_is_worth_nothing(
    app: Flask, sqlite_people: People, meeting: int
) -> None:
    """Another phone has no receipt of the scan."""
    token = codes.token(KEY, meeting, clock.now() - timedelta(seconds=60))
    browser = app.test_client()
    assert browser.get(f"/c/{token}").status_code == 409
    signs_in(browser, sqlite_people)
    assert browser.get(f"/c/{token}").status_code == 409


def test_who_has_not_agreed_yet_reads_first_what_is_recorded(
    enter: Enter, sqlite_people: People, meeting: int
) -> None:
    token = shown_to(enter(sqlite_people.cast.office), meeting)
    sqlite_people.store.write(lambda work: work.db.execute(update(Person).values(consented_at=None)) and None)
    wang = enter(sqlite_people.cast.wang)
    ticket = wang.get(token).location
    assert wang.get(ticket).location == f"/consent?next={ticket}"
    assert wang.get(f"/meetings/{meeting}/checkin").location.startswith("/consent")


def test_the_digits_are_typed_on_ones_own_page(enter: Enter, sqlite_people: People, meeting: int) -> None:
    wang = enter(sqlite_people.cast.wang)
    here = f"/meetings/{meeting}/checkin"
    assert wang.post(here, {"code": "12 34"}).status_code == 400
    right = codes.digits(KEY, meeting, clock.now())
    wrong = f"{(int(right) + 500_000) % 1_000_000:06}"
    answers = [wang.post(here, {"code": wrong}).status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]
    li = enter(sqlite_people.cast.li)
    assert li.post(here, {"code": right}).status_code == 302
    assert list(present(sqlite_people)) == [(sqlite_people.cast.li, "code")]


def test_before_and_after_a_meeting_the_screen_shows_no_code(enter: Enter, sqlite_people: People) -> None:
    opens = clock.now() + timedelta(hours=2)
    ahead = sqlite_people.cast.meeting(opens_at=opens, closes_at=opens + timedelta(hours=1))
    past = sqlite_people.cast.meeting()
    office, wang = enter(sqlite_people.cast.office), enter(sqlite_people.cast.wang)
    for meeting, words in ((ahead, "Check-in begins at"), (past, "The meeting has ended")):
        page = office.get(f"/meetings/{meeting}/checkin/screen").text
        assert "data-scan" not in page
        assert words in page
        assert 'name="code"' not in wang.get(f"/meetings/{meeting}/checkin").text


def test_a_scan_is_one_ticket_however_often_its_address_is_loaded(
    enter: Enter, sqlite_people: People, meeting: int
) -> None:
    token = shown_to(enter(sqlite_people.cast.office), meeting)
    wang = enter(sqlite_people.cast.wang)
    assert len({wang.get(token).location for _ in range(3)}) == 1
    with sqlite_people.store.read() as work:
        assert len(work.db.scalars(select(Ticket)).all()) == 1
