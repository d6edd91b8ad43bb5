"""Announcing by comparing: each person is told what concerns him, once, whatever is killed or edited."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from consult.core.errors import Busy
from consult.core.i18n import in_language
from consult.core.store import Store, Work, open_store
from consult.meetings import conduct, scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Attending, Expected, Meeting
from consult.meetings.plan import plan_of
from consult.members.models import Membership, Person
from consult.notices import announce, errand, reminders
from consult.notices.kinds import worded
from consult.notices.models import Announcement, Delivery, LookedAt, Notice, Reminder, Robot
from tests.meetings.people import BEFORE, People
from tests.notices.people import POLICY, last_data, told, turn
from tests.support.cast import at

LATER = BEFORE + timedelta(minutes=2)


def edit(people: People, meeting: Meeting, now: datetime, **given: Any) -> Meeting:
    with people.store.read() as work:
        fresh = work.db.get_one(Meeting, meeting.id)
    plan = replace(plan_of(fresh), **given)
    return people.store.write_at(
        now, scheduling.edit, people.office, meeting.id, fresh.version, plan, reason="场地调整"
    )


def version(people: People, meeting: Meeting) -> int:
    with people.store.read() as work:
        return work.db.get_one(Meeting, meeting.id).version


def announcements(store: Store) -> list[int]:
    with store.read() as work:
        return list(work.db.scalars(select(Announcement.number).order_by(Announcement.number)))


def all_of(people: People) -> set[int]:
    return {people.cast.wang, people.cast.li, people.cast.zhao, people.both}


def test_those_invited_are_invited_once_the_office_has_left_it_alone(people: People) -> None:
    people.meeting()
    turn(people.store, LATER - timedelta(seconds=1))
    assert told(people.store) == {}
    for _ in range(3):
        turn(people.store, LATER)
    assert told(people.store) == {key: ["invitation"] for key in all_of(people)}
    assert announcements(people.store) == [1]
    with people.store.read() as work:
        assert work.db.scalar(select(Meeting.announced_at)) == LATER


def test_draft_is_told_to_nobody_and_then_to_all(people: People) -> None:
    draft = people.meeting(draft=True)
    turn(people.store, LATER)
    assert told(people.store) == {}
    edited = people.store.write_at(
        LATER, scheduling.edit, people.office, draft.id, 1, people.plan(), put_on=True
    )
    assert edited.state == "scheduled"
    turn(people.store, LATER + timedelta(minutes=2))
    assert told(people.store) == {key: ["invitation"] for key in all_of(people)}


def test_burst_of_edits_is_one_notice_from_old_to_new(people: People) -> None:
    meeting = people.meeting()
    turn(people.store, LATER)
    for minute, place in enumerate(("二楼", "三楼", "四楼会议室")):
        now = LATER + timedelta(minutes=minute)
        edit(people, meeting, now, place=place, opens_at=at(60 + minute), closes_at=at(120))
        turn(people.store, now + timedelta(seconds=30))
    turn(people.store, LATER + timedelta(minutes=10))
    turn(people.store, LATER + timedelta(minutes=11))
    assert told(people.store) == {key: ["invitation", "change"] for key in all_of(people)}
    changes = {one["what"]: (one["old"], one["new"]) for one in last_data(people.store, "change")["changes"]}
    assert set(changes) == {"time", "place"}
    assert changes["place"] == ("", "四楼会议室")
    assert [times[0][11:16] for times in changes["time"]] == ["01:00", "02:02"]


def test_signing_up_instead_of_having_to_come_is_news(people: People) -> None:
    meeting = people.meeting()
    turn(people.store, LATER)
    edit(people, meeting, LATER, attending=Attending.SIGN_UP)
    turn(people.store, LATER + timedelta(minutes=2))
    assert told(people.store, "change") == {key: ["change"] for key in all_of(people)}
    data = last_data(people.store, "change")
    assert data["changes"] == [{"what": "attending", "old": "mandatory", "new": "sign_up"}]
    with in_language("en"):
        said = worded("change", data).text
    assert "Who must come: Those who sign up (was: All who are invited)." in said


def test_edited_back_is_no_news(people: People) -> None:
    meeting = people.meeting()
    turn(people.store, LATER)
    edit(people, meeting, LATER, title="别的题目")
    edit(people, meeting, LATER, title=meeting.title)
    turn(people.store, LATER + timedelta(minutes=5))
    assert told(people.store, "change") == {}
    assert announcements(people.store) == [1]
    with people.store.read() as work:
        assert work.db.get_one(LookedAt, meeting.id).meeting_version == 3


def test_what_people_do_not_see_is_no_news(people: People) -> None:
    meeting = people.meeting()
    turn(people.store, LATER)
    edit(people, meeting, LATER, lobby_minutes=30)
    turn(people.store, LATER + timedelta(minutes=5))
    assert told(people.store, "change") == {}


def test_who_is_added_is_invited_and_who_is_left_out_is_told(people: People) -> None:
    cast = people.cast
    meeting = people.meeting(audience=Audience(units=(cast.county,), minus=(cast.seats[cast.li],)))
    turn(people.store, LATER)
    assert cast.li not in told(people.store)
    left_out = Audience(units=(cast.county,), minus=(cast.seats[cast.wang],))
    edit(people, meeting, LATER, audience=left_out)
    turn(people.store, LATER + timedelta(minutes=5))
    assert told(people.store) == {
        cast.wang: ["invitation", "withdrawn"],
        cast.zhao: ["invitation"],
        people.both: ["invitation"],
        cast.li: ["invitation"],
    }
    edit(people, meeting, LATER + timedelta(minutes=6), audience=Audience(units=(cast.county,)))
    turn(people.store, LATER + timedelta(minutes=9))
    assert told(people.store)[cast.wang] == ["invitation", "withdrawn", "invitation"]


def test_postponed_goes_out_at_once_and_rescheduled_says_so(people: People) -> None:
    meeting = people.meeting()
    turn(people.store, LATER)
    people.store.write_at(LATER, scheduling.postpone, people.office, meeting.id, 1, "汛情")
    turn(people.store, LATER)
    assert told(people.store) == {key: ["invitation", "postponed"] for key in all_of(people)}
    assert last_data(people.store, "postponed")["reason"] == "汛情"
    edit(people, meeting, LATER, title="推进供水")  # told when it is on again
    turn(people.store, LATER + timedelta(minutes=5))
    assert told(people.store, "change") == {}
    people.store.write_at(
        LATER, scheduling.reschedule, people.office, meeting.id, version(people, meeting), at(1440), at(1500)
    )
    turn(people.store, LATER + timedelta(minutes=10))
    assert told(people.store, "change") == {key: ["change"] for key in all_of(people)}
    assert [one["what"] for one in last_data(people.store, "change")["changes"]] == ["held", "time", "title"]


def test_cancelled_before_anybody_was_told_stays_untold(people: People) -> None:
    meeting = people.meeting()
    people.store.write_at(BEFORE, scheduling.cancel, people.office, meeting.id, 1, "不开了")
    turn(people.store, LATER)
    assert told(people.store) == {}


def test_cancelled_is_told_to_all_who_know_of_it(people: People) -> None:
    meeting = people.meeting()
    turn(people.store, LATER)
    people.store.write_at(LATER, scheduling.cancel, people.office, meeting.id, 1, "不开了")
    turn(people.store, LATER)
    turn(people.store, LATER + timedelta(minutes=9))
    assert told(people.store) == {key: ["invitation", "cancelled"] for key in all_of(people)}


def test_clock_that_was_down_tells_once_from_old_to_new(people: People) -> None:
    meeting = people.meeting()
    turn(people.store, LATER)
    people.store.write_at(LATER, scheduling.postpone, people.office, meeting.id, 1, "汛情")
    for day in (1, 2):
        opens_at = at(1440 * day)
        people.store.write_at(
            LATER, scheduling.reschedule, people.office, meeting.id, version(people, meeting),
            opens_at, opens_at + timedelta(hours=1),
        )  # fmt: skip
    turn(people.store, LATER + timedelta(hours=5))
    assert told(people.store) == {key: ["invitation", "change"] for key in all_of(people)}
    (change,) = last_data(people.store, "change")["changes"]
    assert (change["old"][0][:10], change["new"][0][:10]) == ("2026-03-10", "2026-03-12")


def test_meeting_that_is_over_is_never_told(people: People) -> None:
    people.meeting()
    turn(people.store, at(61))
    turn(people.store, at(2000))
    assert told(people.store) == {}


def test_meeting_of_before_there_were_notices_counts_as_told(people: People) -> None:
    meeting = people.meeting()
    with people.store.read() as work:
        expected = work.db.scalar(select(func.count()).select_from(Expected))
    people.store.write(lambda work: work.db.execute(update(Meeting).values(announced_at=BEFORE)) and None)
    turn(people.store, LATER)
    assert told(people.store) == {}
    edit(people, meeting, LATER, place="三楼")
    turn(people.store, LATER + timedelta(minutes=5))
    assert told(people.store) == {key: ["change"] for key in all_of(people)}
    assert expected == 4


def test_end_of_an_open_meeting_is_no_news_but_its_place_is(people: People) -> None:
    meeting = people.meeting()
    turn(people.store, LATER)
    people.store.write_at(at(10), conduct.extend, people.office, meeting.id, 1, timedelta(minutes=30))
    turn(people.store, at(15))
    assert told(people.store, "change") == {}
    edit(people, meeting, at(20), video_link="https://v.example/1")
    turn(people.store, at(25))
    assert told(people.store, "change") == {key: ["change"] for key in all_of(people)}


def test_change_overtakes_an_invitation_that_was_not_sent(people: People) -> None:
    people.store.write(lambda work: work.db.execute(update(Person).values(email="a@x.cn")) and None)
    meeting = people.meeting()
    turn(people.store, LATER)
    edit(people, meeting, LATER, place="三楼")
    turn(people.store, LATER + timedelta(minutes=5))
    with people.store.read() as work:
        rows = work.db.execute(
            select(Notice.kind, Delivery.state, func.count())
            .join(Delivery, Delivery.notice_id == Notice.id)
            .where(Delivery.channel == "email")
            .group_by(Notice.kind, Delivery.state)
        )
        assert {(kind, state): number for kind, state, number in rows} == {
            ("invitation", "void"): 4,
            ("change", "waiting"): 4,
        }


def test_group_is_invited_once_and_told_of_changes(people: People) -> None:
    def robot(work: Work) -> None:
        work.db.add(
            Robot(
                unit_id=people.cast.county, kind="wecom", name="委员群", url="https://x",
                kinds=["invitation", "change"], made_by=people.cast.office, made_at=work.now,
            )
        )  # fmt: skip

    people.store.write(robot)
    meeting = people.meeting(audience=Audience(also=(people.cast.seats[people.cast.li],)))
    turn(people.store, LATER)
    edit(people, meeting, LATER, audience=Audience(units=(people.cast.county,)))
    turn(people.store, LATER + timedelta(minutes=5))
    edit(people, meeting, LATER + timedelta(minutes=5), place="三楼")
    turn(people.store, LATER + timedelta(minutes=9))
    with people.store.read() as work:
        query = select(Notice.kind).where(Notice.robot_id.is_not(None)).order_by(Notice.id)
        assert list(work.db.scalars(query)) == ["invitation", "change"]


@pytest.mark.parametrize("dies_at", ["tell", "withdraw", "put", "plan"])
def test_look_that_dies_in_between_leaves_nothing_and_is_made_again(
    people: People, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    meeting = people.meeting()
    turn(people.store, LATER)
    edit(
        people, meeting, LATER, place="三楼", opens_at=at(30), audience=Audience(units=(people.cast.county,))
    )
    owner = reminders if dies_at == "plan" else announce
    whole = getattr(owner, dies_at)

    def die(*given: Any, **more: Any) -> None:
        whole(*given, **more)
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(owner, dies_at, die)
        turn(people.store, LATER + timedelta(minutes=5))
    assert told(people.store, "change") == {}
    assert announcements(people.store) == [1]
    turn(people.store, LATER + timedelta(minutes=6))
    assert told(people.store) == {key: ["invitation", "change"] for key in all_of(people)}


def test_clocks_at_once_tell_once(people: People, database_url: str) -> None:
    stores = [people.store, open_store(database_url)]
    try:
        for number in range(5):
            people.meeting(title=f"会议{number}")
        together = threading.Barrier(len(stores))

        def beat(store: Store) -> None:
            for _ in range(8):
                together.wait(60)
                with suppress(Busy):  # the other had the database for too long; a clock comes again
                    errand.turn(store, POLICY, LATER)

        clocks = [threading.Thread(target=beat, args=(store,)) for store in stores]
        for one in clocks:
            one.start()
        for one in clocks:
            one.join()
    finally:
        stores[1].close()
    errand.turn(people.store, POLICY, LATER)
    assert told(people.store) == dict.fromkeys(all_of(people), ["invitation"] * 5)
    with people.store.read() as work:
        assert work.db.scalar(select(func.count()).select_from(Announcement)) == 5
        assert work.db.scalar(select(func.count()).select_from(Reminder)) == 5  # 30 minutes before


def test_three_thousand_are_invited_in_as_many_statements_as_three(people: People) -> None:
    def crowd(work: Work) -> None:
        many = [Person(name=f"委员{n}", email=f"{n}@x.cn", created_at=work.now) for n in range(3000)]
        work.db.add_all(many)
        work.db.flush()
        work.db.add_all(
            Membership(
                unit_id=people.cast.other_county, person_id=one.id, number=f"N{one.id}", sector="农业界",
                from_day=BEFORE.date() - timedelta(days=99),
            )
            for one in many
        )  # fmt: skip

    few = people.meeting()
    said: list[str] = []
    event.listen(people.store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))

    def statements(meeting_id: int) -> int:
        said.clear()
        people.store.write_at(LATER, announce.look, POLICY, meeting_id)
        return len(said)

    expected = statements(few.id)
    people.store.write_at(BEFORE, crowd)
    plan = people.plan(audience=Audience(units=(people.cast.other_county,)))
    many = people.store.write_at(
        BEFORE, scheduling.schedule, people.actor("province_office"), people.cast.province, plan
    )
    assert statements(many.id) == expected
    with people.store.read() as work:
        assert work.db.scalar(select(func.count()).where(Notice.meeting_id == many.id)) == 3001


def test_look_with_nothing_new_writes_nothing(people: People) -> None:
    people.meeting()
    turn(people.store, LATER)
    said: list[str] = []
    event.listen(people.store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    turn(people.store, LATER + timedelta(seconds=30))
    assert [one for one in said if one.startswith(("INSERT", "UPDATE", "DELETE"))] == []


def test_stopping_errand_tells_no_more(people: People) -> None:
    people.meeting()
    errand.turn(people.store, POLICY, LATER, lambda: True)
    assert told(people.store) == {}


def test_edits_without_end_are_told_all_the_same(people: People) -> None:
    meeting = people.meeting()
    turn(people.store, LATER)
    for minute in range(1, 30):
        now = LATER + timedelta(minutes=minute)
        edit(people, meeting, now, place=f"{minute} 号会议室")
        turn(people.store, now + timedelta(seconds=30))
        expected = ["invitation"] if minute <= 20 else ["invitation", "change"]
        assert told(people.store)[people.cast.wang] == expected


def test_draft_that_was_edited_for_long_waits_as_others_do_once_it_is_on(people: People) -> None:
    draft = people.meeting(draft=True)
    now = LATER + timedelta(hours=2)
    people.store.write_at(now, scheduling.edit, people.office, draft.id, 1, people.plan(), put_on=True)
    turn(people.store, now)
    assert told(people.store) == {}
