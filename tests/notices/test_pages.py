"""The pages of notices: one's own, one's wishes, and what the office sees; for whom they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from consult.config import load
from consult.core import clock
from consult.core.errors import NotNow
from consult.core.store import Work
from consult.meetings import invited, scheduling
from consult.meetings.models import Meeting
from consult.members.models import Person
from consult.notices import overview, own
from consult.notices.models import Delivery, Notice
from tests.meetings.people import People
from tests.notices.people import turn
from tests.support.visitor import Enter, Visitor


@pytest.fixture
def people(sqlite_people: People) -> People:
    return sqlite_people


@pytest.fixture
def meeting(people: People) -> Meeting:
    """A meeting of next week that people have been told of, by mail where they have an address."""
    opens = (clock.now() + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    plan = people.plan(opens_at=opens, closes_at=opens + timedelta(hours=1))
    people.store.write(
        lambda work: (
            work.db.execute(update(Person).where(Person.id == people.cast.wang).values(email="w@x.cn"))
            and None
        )
    )
    made = people.store.write(scheduling.schedule, people.office, people.cast.county, plan)
    turn(people.store, clock.now() + timedelta(minutes=5))
    return made


def unread(visitor: Visitor) -> int:
    answer = visitor.get("/notices/unread", headers={"Accept": "application/json"}).json
    assert answer is not None
    assert answer["ok"]
    count: int = answer["unread"]
    return count


def own_notice(people: People, person_id: int) -> int:
    with people.store.read() as work:
        return work.db.scalars(select(Notice.id).where(Notice.person_id == person_id)).one()


def states(people: People, person_id: int) -> dict[str, str]:
    with people.store.read() as work:
        rows = work.db.execute(
            select(Delivery.channel, Delivery.state)
            .join(Notice, Notice.id == Delivery.notice_id)
            .where(Notice.person_id == person_id)
        )
        return dict(iter(rows))


def test_one_tap_leads_there_and_counts_as_read(people: People, meeting: Meeting, enter: Enter) -> None:
    wang = enter(people.cast.wang)
    page = wang.get("/notices").text
    assert "Invitation: 推进城乡供水一体化" in page
    assert unread(wang) == 1
    answer = wang.get(f"/notices/{own_notice(people, people.cast.wang)}")
    assert answer.location == f"/meetings/{meeting.id}/room"
    assert unread(wang) == 0
    assert "Not read yet" not in wang.get("/notices").text


def test_count_is_answered_by_its_etag(people: People, meeting: Meeting, enter: Enter) -> None:
    wang = enter(people.cast.wang)
    tag = wang.get("/notices/unread").headers["ETag"]
    assert wang.get("/notices/unread", headers={"If-None-Match": tag}).status_code == 304
    wang.get(f"/notices/{own_notice(people, people.cast.wang)}")
    assert wang.get("/notices/unread", headers={"If-None-Match": tag}).status_code == 200
    assert enter(people.cast.li).get("/notices/unread", headers={"If-None-Match": tag}).status_code == 200


def test_all_that_was_shown_is_marked_as_read(people: People, meeting: Meeting, enter: Enter) -> None:
    wang = enter(people.cast.wang)
    notice_id = own_notice(people, people.cast.wang)
    wang.post("/notices/read", {"up_to": notice_id - 1})
    assert unread(wang) == 1
    wang.post("/notices/read", {"up_to": notice_id})
    assert unread(wang) == 0
    assert unread(enter(people.cast.li)) == 1


def test_notices_of_others_are_nobodys_business(people: People, meeting: Meeting, enter: Enter) -> None:
    notice_id = own_notice(people, people.cast.wang)
    for person_id in (people.cast.li, people.cast.office, people.cast.outsider):
        assert enter(person_id).get(f"/notices/{notice_id}").status_code == 404
    assert unread(enter(people.cast.wang)) == 1


def test_channel_that_one_does_not_want_is_kept_back(people: People, meeting: Meeting, enter: Enter) -> None:
    assert states(people, people.cast.wang) == {"email": "waiting", "sms": "skipped"}
    wang = enter(people.cast.wang)
    assert "This site does not send them at present." in wang.get("/notices/settings").text
    wang.post("/notices/settings", {"channel": ["sms"]})
    assert states(people, people.cast.wang)["email"] == "skipped"
    with people.store.read() as work:
        assert own.wanted(work, people.cast.wang) == ("sms",)
    wang.post("/notices/settings", {"channel": ["email", "sms"]})
    with people.store.read() as work:
        assert own.wanted(work, people.cast.wang) == ("email", "sms")
    assert wang.post("/notices/settings", {"channel": ["fax"]}).status_code == 400


def test_link_from_a_mail_ends_it_without_signing_in(people: People, meeting: Meeting, app: Flask) -> None:
    settings = app.extensions["consult.settings"]
    path = own.unsubscribing(settings, people.cast.wang, "email")
    stranger = app.test_client()
    assert "王秀兰" in stranger.get(path).text
    with people.store.read() as work:
        assert "email" in own.wanted(work, people.cast.wang)
    for _ in range(2):  # as a mail program may, without a page before it
        assert stranger.post(path).status_code == 200
    with people.store.read() as work:
        assert own.wanted(work, people.cast.wang) == ("sms",)
    assert stranger.post(path[:-1] + ("A" if path[-1] != "A" else "B")).status_code == 404


def test_link_made_with_an_earlier_key_still_works() -> None:
    old = load({"SECRET_KEY": "o" * 40})
    new = load({"SECRET_KEY": "n" * 40, "SECRET_KEY_FALLBACKS": "o" * 40})
    token = own.unsubscribing(old, 7, "email").rpartition("/")[2]
    assert own.unsubscribed_by(new, token) == (7, "email")


@pytest.mark.parametrize(
    ("who", "status"),
    [("office", 200), ("administrator", 200), ("province_office", 200), ("reader", 403), ("wang", 403),
     ("other_office", 404), ("outsider", 404)],
)  # fmt: skip
def test_what_was_told_is_for_those_who_manage_the_meeting(
    people: People, meeting: Meeting, enter: Enter, who: str, status: int
) -> None:
    visitor = enter(people.actor(who).person_id)
    notice_id = own_notice(people, people.cast.wang)
    tab = f"/meetings/{meeting.id}/notices"
    assert visitor.get(tab).status_code == status
    assert visitor.get(f"{tab}/invitation/1").status_code == status
    answer = visitor.post(f"{tab}/resend/{notice_id}")
    assert answer.status_code == (302 if status == 200 else status)


def test_office_sees_what_was_told_and_can_copy_it(people: People, meeting: Meeting, enter: Enter) -> None:
    office = enter(people.cast.office)
    page = office.get(f"/meetings/{meeting.id}/notices").text
    for part in ("4 people", "waiting 1", "no address, or not wanted 3", "3 days before the meeting",
                 "Invitation: 推进城乡供水一体化", f"/meetings/{meeting.id}</textarea>"):  # fmt: skip
        assert part in page
    page = office.get(f"/meetings/{meeting.id}/notices/invitation/1?show=troubled").text
    assert ("李建国" in page, "王秀兰" in page) == (True, False)


def test_who_is_invited_no_more_and_what_was_withdrawn_is_not_sent_again(
    people: People, meeting: Meeting
) -> None:
    notice_id = own_notice(people, people.cast.wang)

    def void(work: Work) -> None:
        work.db.get_one(Notice, notice_id).voided_at = work.now

    people.store.write(
        lambda work: invited.uninvite(work, work.db.get_one(Meeting, meeting.id), {people.cast.wang})
    )
    with pytest.raises(NotNow, match="no longer invited"):
        people.store.write(overview.resend, people.office, meeting.id, notice_id)
    people.store.write(void)
    with pytest.raises(NotNow, match="withdrawn"):
        people.store.write(overview.resend, people.office, meeting.id, notice_id)
    assert states(people, people.cast.wang)["email"] == "waiting"


def test_sending_again_is_a_message_of_its_own(people: People, meeting: Meeting, enter: Enter) -> None:
    office = enter(people.cast.office)
    with people.store.read() as work:
        before = set(work.db.scalars(select(Delivery.message_id)))
    office.post(f"/meetings/{meeting.id}/notices/resend/{own_notice(people, people.cast.wang)}")
    assert states(people, people.cast.wang) == {"email": "waiting", "sms": "skipped"}
    with people.store.read() as work:
        assert len(set(work.db.scalars(select(Delivery.message_id))) - before) == 1
    office.post(f"/meetings/{meeting.id}/notices/resend/{own_notice(people, people.cast.li)}")
    assert "Neither mail nor text messages reach 李建国" in office.get("/notices").text
    elsewhere = people.store.write(
        scheduling.schedule, people.office, people.cast.county,
        people.plan(opens_at=meeting.opens_at, closes_at=meeting.closes_at),
    )  # fmt: skip
    answer = office.post(f"/meetings/{elsewhere.id}/notices/resend/{own_notice(people, people.cast.wang)}")
    assert answer.status_code == 404
