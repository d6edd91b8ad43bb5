"""Personal calendar addresses: secret, revocable, own scope; one meeting as a file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from consult.calendars import feeds
from consult.calendars.models import CalendarFeed
from consult.core import clock
from consult.core.errors import Missing
from consult.core.limits import Limiter
from consult.core.store import Work
from consult.meetings import scheduling
from consult.meetings.audience import Audience
from consult.meetings.lifecycle import State
from consult.meetings.models import Meeting
from consult.members.models import AuditEntry, Person
from tests.calendars import strict
from tests.meetings.people import BEFORE, People
from tests.support.cast import NINE
from tests.support.visitor import Enter

SITE = "https://consult.example.gov.cn"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def unhurried(request: pytest.FixtureRequest) -> None:
    """Each test has a limiter of its own."""
    if "app" in request.fixturenames:
        request.getfixturevalue("app").extensions.pop("consult.feed_limiter", None)


def told(people: People, who: str) -> list[str]:
    with people.store.read(BEFORE) as work:
        return [one.title for one in feeds.meetings(work, people.actor(who), SITE)]


def test_a_feed_has_what_one_is_called_to_and_what_ones_own_office_hosts(people: People) -> None:
    people.meeting(title="全县")
    people.meeting(title="一人", audience=Audience(also=(people.cast.seats[people.cast.li],)))
    people.meeting(title="草稿", draft=True)
    assert told(people, "wang") == ["全县"]
    assert told(people, "li") == ["全县", "一人"]
    assert told(people, "office") == ["全县", "一人"]
    assert told(people, "reader") == ["全县", "一人"]
    assert told(people, "province_office") == [], "what those below it host is not the province's own"
    assert told(people, "outsider") == told(people, "other_office") == []


def test_a_feed_reaches_half_a_year_back_and_tells_of_cancelled_meetings_for_a_month(people: People) -> None:
    meeting = people.meeting(title="旧")
    off = people.meeting(title="取消")
    people.store.write_at(BEFORE, scheduling.cancel, people.office, off.id, off.version, "合并")

    def then(days: int) -> list[tuple[str, State]]:
        with people.store.read(NINE + DAY * days) as work:
            return [(one.title, one.state) for one in feeds.meetings(work, people.actor("wang"), SITE)]

    assert then(29) == [("旧", State.CLOSED), ("取消", State.CANCELLED)]
    assert then(31) == [("旧", State.CLOSED)]
    assert then(182) == [("旧", State.CLOSED)]
    assert then(184) == []
    assert meeting.title == "旧"


def test_only_the_hash_of_an_address_is_kept(people: People) -> None:
    token = people.store.write(feeds.renew, people.actor("wang"))
    with people.store.read() as work:
        (row,) = work.db.scalars(select(CalendarFeed))
        noted = work.db.scalars(
            select(AuditEntry.details).where(AuditEntry.action == "calendar.address_made")
        ).all()
        assert feeds.opened(work, token)[1].person_id == people.cast.wang
    assert token not in (row.token_hash, str(noted))
    assert len(token) >= 43


def test_a_new_address_makes_the_earlier_one_void_and_others_stay(people: People) -> None:
    other = people.store.write(feeds.renew, people.actor("li"))
    first, second = (people.store.write(feeds.renew, people.actor("wang")) for _ in range(2))
    with people.store.read() as work:
        with pytest.raises(Missing):
            feeds.opened(work, first)
        assert feeds.opened(work, second)
    people.store.write(feeds.revoke, people.actor("wang"))
    with people.store.read() as work:
        with pytest.raises(Missing):
            feeds.opened(work, second)
        assert feeds.current(work, people.actor("wang")) is None
        assert feeds.opened(work, other)


def _disable(work: Work, person_id: int) -> None:
    work.db.execute(update(Person).where(Person.id == person_id).values(disabled_at=work.now))


def test_a_disabled_account_has_no_feed(people: People) -> None:
    token = people.store.write(feeds.renew, people.actor("wang"))
    people.store.write(_disable, people.cast.wang)
    with people.store.read() as work, pytest.raises(Missing):
        feeds.opened(work, token)


def _soon(people: People) -> Meeting:
    opens = clock.now().replace(microsecond=0) + 3 * DAY
    plan = people.plan(opens_at=opens, closes_at=opens + timedelta(hours=1))
    return people.store.write(scheduling.schedule, people.office, people.cast.county, plan)


def fetch(app: Flask, token: str, **headers: str) -> Any:
    return app.test_client().get(f"/calendar/feed/{token}.ics", headers=headers)


def test_a_program_without_a_cookie_fetches_it_and_again_only_what_changed(
    app: Flask, sqlite_people: People
) -> None:
    people = sqlite_people
    meeting = _soon(people)
    token = people.store.write(feeds.renew, people.actor("wang"))
    answer = fetch(app, token)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    (before,) = strict.read(answer.data).inside
    etag = answer.headers["ETag"]
    again = fetch(app, token, **{"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    people.store.write(
        scheduling.reschedule, people.office, meeting.id, meeting.version, meeting.opens_at + DAY,
        meeting.closes_at + DAY,
    )  # fmt: skip
    moved = fetch(app, token, **{"If-None-Match": etag})
    (after,) = strict.read(moved.data).inside
    assert moved.status_code == 200
    people.store.write(lambda _work: None)  # by now the fetch is noted
    assert (after["UID"], int(after["SEQUENCE"])) == (before["UID"], int(before["SEQUENCE"]) + 1)
    assert after["DTSTART"] > before["DTSTART"]
    with people.store.read() as work:
        row = feeds.current(work, people.actor("wang"))
    assert row is not None
    assert row.fetched_at is not None


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "é" * 20, "a" * 3000])
def test_a_wrong_address_is_no_page(app: Flask, sqlite_people: People, token: str) -> None:
    assert fetch(app, token).status_code == 404


def test_a_sign_in_does_not_open_a_feed_nor_a_feed_sign_in(
    app: Flask, enter: Enter, sqlite_people: People
) -> None:
    people = sqlite_people
    _, token = people.cast.sign_in(people.cast.wang)
    assert fetch(app, token).status_code == 404
    feed = people.store.write(feeds.renew, people.actor("wang"))
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = feed
    assert client.get("/calendar", headers={"Accept": "application/json"}).status_code == 401


def test_an_address_is_not_fetched_without_end(app: Flask, sqlite_people: People) -> None:
    app.extensions["consult.feed_limiter"] = Limiter(2, 0.01)
    token = sqlite_people.store.write(feeds.renew, sqlite_people.actor("wang"))
    answers = [fetch(app, token) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 1


def test_the_page_makes_shows_once_and_voids_an_address(
    app: Flask, enter: Enter, sqlite_people: People
) -> None:
    wang = enter(sqlite_people.cast.wang)
    assert "You have no address yet." in wang.get("/calendar/subscribe").text
    page = wang.post("/calendar/subscribe").text
    token = page.split("/calendar/feed/")[1].split(".ics")[0]
    assert "webcal://" in page
    assert fetch(app, token).status_code == 200
    sqlite_people.store.write(lambda _work: None)  # by now the fetch is noted
    again = wang.get("/calendar/subscribe").text
    assert token not in again
    assert "It was last fetched at" in again
    wang.post("/calendar/subscribe/stop")
    assert fetch(app, token).status_code == 404


def test_one_meeting_is_a_file_for_those_who_may_see_it(enter: Enter, sqlite_people: People) -> None:
    people, meeting = sqlite_people, sqlite_people.meeting()
    draft = people.meeting(draft=True)
    for who in (people.cast.wang, people.cast.office):
        answer = enter(who).get(f"/meetings/{meeting.id}.ics")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="meeting-{meeting.id}.ics"'
        assert strict.only(answer.data)["URL"].endswith(f"/meetings/{meeting.id}")
    assert enter(people.cast.outsider).get(f"/meetings/{meeting.id}.ics").status_code == 404
    assert enter(people.cast.office).get(f"/meetings/{draft.id}.ics").status_code == 404
