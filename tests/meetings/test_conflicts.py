"""What is in a meeting's way: people at two tiers, the host's own, speakers, leave, quiet periods."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event, insert, select

from consult.core import clock
from consult.core.errors import Invalid, Missing, NotAllowed, Refusal
from consult.core.store import Work
from consult.meetings import agenda, conduct, conflicts, invited, quiet, scheduling
from consult.meetings.audience import Audience, seats_on
from consult.meetings.conflicts import Conflicting, Conflicts
from consult.meetings.lifecycle import State
from consult.meetings.models import Answer, Attending, Expected, Invitation, Meeting, QuietPeriod
from consult.members.models import Membership, Person, Unit
from tests.meetings.people import BEFORE, People
from tests.support.cast import NINE, at
from tests.support.visitor import Enter


def found(people: People, role: str = "office", besides: int | None = None, **given: Any) -> Conflicts:
    with people.store.read(BEFORE) as work:
        host = work.db.get_one(Unit, people.cast.county)
        return conflicts.of_plan(work, people.actor(role), host, people.plan(**given), besides)


def provincial(people: People, **given: Any) -> Meeting:
    """A meeting of the province at which the member with two seats is expected for his seat there."""
    plan = people.plan(**{"title": "省里的会", "audience": Audience(units=(people.cast.province,)), **given})
    actor = people.actor("province_office")
    return people.store.write_at(BEFORE, scheduling.schedule, actor, people.cast.province, plan)


def test_a_member_of_two_tiers_is_expected_above(people: People) -> None:
    provincial(people, opens_at=at(30), closes_at=at(90))
    (taken,) = found(people).people
    assert (taken.name, taken.person_id) == ("买买提·艾力", people.both)
    (other,) = taken.elsewhere
    assert (other.host, other.opens_at, other.closes_at) == ("岭南省政协", at(30), at(90))


def test_what_one_may_not_see_has_a_host_and_a_time_and_no_title(people: People) -> None:
    """The county's office sees the province's meeting by its member's invitation, the neighbour's not."""
    outside = people.plan(title="白塔的会", audience=Audience(units=(people.cast.other_county,)))
    actor = people.actor("other_office")
    elsewhere = people.store.write_at(BEFORE, scheduling.schedule, actor, people.cast.other_county, outside)

    def wang_is_expected_there(work: Work) -> None:
        work.db.add(
            Expected(
                meeting_id=elsewhere.id,
                membership_id=people.cast.seats[people.cast.wang],
                person_id=people.cast.wang,
            )
        )

    people.store.write(wang_is_expected_there)
    (taken,) = found(people).people
    assert [(one.host, one.title) for one in taken.elsewhere] == [("白塔县政协", "")]
    (seen,) = found(people, "province_office").people
    assert [one.title for one in seen.elsewhere] == ["白塔的会"]


def test_meetings_that_only_touch_are_not_in_the_way(people: People) -> None:
    provincial(people, opens_at=at(60), closes_at=at(120))
    provincial(people, opens_at=at(-60), closes_at=NINE)
    assert not found(people).open


@pytest.mark.parametrize("state", ["draft", "postponed", "cancelled"])
def test_meetings_that_are_not_on_take_nobodys_time(sqlite_people: People, state: str) -> None:
    people = sqlite_people
    meeting = provincial(people)
    if state == "draft":
        people.store.write_at(
            BEFORE, lambda work: setattr(work.db.get_one(Meeting, meeting.id), "state", State.DRAFT)
        )
    else:
        verb = scheduling.postpone if state == "postponed" else scheduling.cancel
        people.store.write_at(BEFORE, verb, people.actor("province_office"), meeting.id, 1, "雨雪")
    assert not found(people).open


def test_the_hosts_own_and_the_same_place(people: People) -> None:
    people.meeting(place="三楼会议室", audience=Audience())
    people.meeting(place="五楼", audience=Audience())
    apart = found(people, audience=Audience(), place="一楼")
    assert (len(apart.own), apart.same_place) == (2, ())
    same = found(people, audience=Audience(), place=" 三楼会议室")
    assert [one.place for one in same.same_place] == ["三楼会议室"]
    assert same.open


def test_a_meeting_is_not_in_its_own_way(people: People) -> None:
    meeting = people.meeting(place="三楼")
    assert not found(people, besides=meeting.id, place="三楼").open


def test_leave_of_that_day_is_told(people: People) -> None:
    meeting = provincial(people, opens_at=at(300), closes_at=at(360))
    seat = next(row for row in expected_at(people, meeting) if row.person_id == people.both)
    people.store.write_at(
        BEFORE, conduct.excuse, people.actor("province_office"), meeting.id, seat.membership_id, "住院"
    )
    (taken,) = found(people, "province_office").people
    assert (taken.elsewhere, len(taken.on_leave)) == ((), 1)


def test_leave_from_a_meeting_that_one_may_not_see_is_not_known_as_leave(people: People, app: Flask) -> None:
    plan = people.plan(
        title="白塔的会", opens_at=at(300), closes_at=at(360),
        audience=Audience(units=(people.cast.other_county,)),
    )  # fmt: skip
    actor = people.actor("other_office")
    elsewhere = people.store.write_at(BEFORE, scheduling.schedule, actor, people.cast.other_county, plan)

    def wang_has_leave_there(work: Work) -> None:
        work.db.add(
            Expected(
                meeting_id=elsewhere.id, membership_id=people.cast.seats[people.cast.wang],
                person_id=people.cast.wang, excused_at=work.now, excused_reason="住院",
            )
        )  # fmt: skip

    people.store.write(wang_has_leave_there)
    (hidden,) = found(people).people
    assert (hidden.person_id, hidden.elsewhere, hidden.on_leave) == (people.cast.wang, (), ())
    assert hidden.unavailable
    (seen,) = found(people, "province_office").people
    assert ([one.title for one in seen.on_leave], seen.unavailable) == (["白塔的会"], False)
    with app.test_request_context(headers={"Accept-Language": "en"}):
        template = app.jinja_env.from_string(
            '{% from "meetings/_clashes.html" import in_the_way %}{{ in_the_way(told, "Asia/Shanghai") }}'
        )
        for taken, leave in ((seen, True), (hidden, False)):
            page = template.render(told=Conflicts(people=(taken,)))
            assert ("leave" in page, "Not available that day" in page) == (leave, not leave)


def expected_at(people: People, meeting: Meeting) -> list[Expected]:
    with people.store.read() as work:
        return list(work.db.query(Expected).filter_by(meeting_id=meeting.id))


def test_speakers_who_are_elsewhere(people: People) -> None:
    mine = people.meeting(audience=Audience())
    people.store.write_at(BEFORE, agenda.add, people.office, mine.id, 1, agenda.Item("发言", "王秀兰", 8))
    assert not found(people, besides=mine.id, audience=Audience()).open
    other = people.meeting(audience=Audience())
    people.store.write_at(BEFORE, agenda.add, people.office, other.id, 1, agenda.Item("发言", "王秀兰", 8))
    (taken,) = found(people, besides=mine.id, audience=Audience()).speakers
    assert (taken.name, [one.meeting_id for one in taken.elsewhere]) == ("王秀兰", [other.id])


def test_where_people_sign_up_nobody_is_in_the_way(people: People) -> None:
    provincial(people)
    assert not found(people, attending=Attending.SIGN_UP).people


def signs_up(meeting: Meeting, person_id: int, answer: Answer) -> Callable[[Work], None]:
    def answered(work: Work) -> None:
        row = work.db.query(Invitation).filter_by(meeting_id=meeting.id, person_id=person_id).one()
        row.answer, row.answered_at = answer, work.now

    return answered


@pytest.mark.parametrize(("answer", "taken"), [("accepted", 1), ("remote", 1), ("waiting", 0), ("none", 0)])
def test_who_has_signed_up_is_wanted_at_a_meeting(people: People, answer: str, taken: int) -> None:
    mine = people.meeting(attending=Attending.SIGN_UP)
    provincial(people)
    people.store.write_at(BEFORE, signs_up(mine, people.both, Answer(answer)))
    told = found(people, besides=mine.id, attending=Attending.SIGN_UP).people
    assert [one.person_id for one in told] == [people.both] * taken


def test_whom_a_unit_below_has_named_is_in_the_way_and_stays(people: People) -> None:
    county, province = people.cast.county, people.actor("province_office")
    people.meeting(audience=Audience(units=(county,)))
    plan = people.plan(title="省里的会", audience=Audience(naming=(county,)))
    above = people.store.write_at(BEFORE, scheduling.schedule, province, people.cast.province, plan)
    seats = {people.cast.wang: people.cast.seats[people.cast.wang]}

    def named(work: Work) -> None:
        meeting = work.db.get_one(Meeting, above.id)
        invited.add(work, meeting, seats, named_by=county)
        invited.keep_in_step(work, meeting)

    people.store.write_at(BEFORE, named)
    with people.store.read(BEFORE) as work:
        host = work.db.get_one(Unit, people.cast.province)
        told = conflicts.of_plan(work, province, host, plan, above.id)
    assert [(one.name, one.named_by) for one in told.people] == [("王秀兰", "清河县政协")]
    assert told.without({people.cast.wang}).people == told.people
    moved = (above.id, 1, at(15), at(75))
    with pytest.raises(Conflicting):
        people.store.write_at(BEFORE, scheduling.reschedule, province, *moved, careful=True)


def test_people_who_are_moved_out_are_no_longer_in_the_way(people: People) -> None:
    provincial(people)
    told = found(people)
    assert told.open
    assert not told.without({people.both}).open


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Urumqi", "America/New_York"])
def test_quiet_periods_and_free_days_are_those_of_the_meetings_clocks(people: People, zone: str) -> None:
    where = ZoneInfo(zone)
    day = date(2026, 10, 10)  # a Saturday that is worked
    for first, reason in ((day, "全会"), (day + timedelta(days=1), "次日")):
        people.store.write_at(
            BEFORE, quiet.add, people.actor("province_office"), people.cast.province, first, first, reason
        )
    opens = datetime(2026, 10, 10, 23, 0, tzinfo=where)
    told = found(people, opens_at=opens, closes_at=opens + timedelta(hours=1), zone=zone)
    assert ([one.reason for one in told.quiet], told.free_days) == (["全会"], ())
    told = found(people, opens_at=opens, closes_at=opens + timedelta(hours=2), zone=zone)
    assert [one.reason for one in told.quiet] == ["全会", "次日"]
    assert told.free_days == ((date(2026, 10, 11), None),)
    holiday = datetime(2026, 10, 1, 9, 0, tzinfo=where)
    told = found(people, opens_at=holiday, closes_at=holiday + timedelta(hours=1), zone=zone)
    assert [str(name) for _, name in told.free_days] == ["National Day"]
    assert not told.open


def test_one_must_say_so_to_schedule_all_the_same(people: People) -> None:
    provincial(people)
    schedule, county = scheduling.schedule, people.cast.county
    with pytest.raises(Conflicting) as refusal:
        people.store.write_at(BEFORE, schedule, people.office, county, people.plan(), careful=True)
    assert [one.name for one in refusal.value.conflicts.people] == ["买买提·艾力"]
    assert refusal.value.field == "despite"
    people.store.write_at(BEFORE, schedule, people.office, county, people.plan(), draft=True, careful=True)
    meeting = people.meeting(opens_at=at(600), closes_at=at(660))
    moved = (meeting.id, 1, at(30), at(60))
    with pytest.raises(Conflicting):
        people.store.write_at(BEFORE, scheduling.reschedule, people.office, *moved, careful=True)
    people.store.write_at(BEFORE, scheduling.reschedule, people.office, *moved)
    title = people.plan(opens_at=at(30), closes_at=at(60), title="改个名字")
    people.store.write_at(BEFORE, scheduling.edit, people.office, meeting.id, 2, title, careful=True)


# Many


def crowd(work: Work, people: People, members: int, meetings: int, together: bool) -> None:
    """So many members in the county, all of them expected at each of so many meetings of the other county."""
    work.db.execute(
        insert(Person),
        [{"id": 1000 + one, "name": f"委员{one}", "created_at": NINE} for one in range(members)],
    )
    work.db.execute(
        insert(Membership),
        [
            {
                "id": 1000 + one, "unit_id": people.cast.county, "person_id": 1000 + one, "number": f"N{one}",
                "sector": "农业界", "committees": [], "post": "", "from_day": date(2022, 1, 1),
            }
            for one in range(members)
        ],
    )  # fmt: skip
    for number in range(meetings):
        start = at(0 if together or number == 0 else number * 60 * 24)
        meeting = Meeting(
            host_id=people.cast.other_county, title=f"会{number}", form="remote", mode="remote",
            zone="Asia/Shanghai", opens_at=start, closes_at=start + timedelta(hours=1), lobby_minutes=15,
            grace_seconds=120, rule={}, audience={}, state=State.SCHEDULED, created_by=people.cast.office,
            created_at=NINE, updated_at=NINE,
        )  # fmt: skip
        work.db.add(meeting)
    work.db.flush()
    work.db.execute(
        insert(Expected).from_select(
            ["meeting_id", "membership_id", "person_id"],
            select(Meeting.id, Membership.id, Membership.person_id)
            .select_from(Meeting)
            .join(Membership, Membership.id >= 1000),
        )
    )


def counted(people: People, look: Callable[[Work], object]) -> int:
    """How many queries it takes."""
    asked: list[str] = []

    def listen(*given: Any) -> None:
        asked.append(given[2])

    event.listen(people.store.engine, "before_cursor_execute", listen)
    with people.store.read(BEFORE) as work:
        look(work)
    event.remove(people.store.engine, "before_cursor_execute", listen)
    return len(asked)


def look(people: People) -> Callable[[Work], Conflicts]:
    office = people.office

    def all_in_the_county(work: Work) -> Conflicts:
        host = work.db.get_one(Unit, people.cast.county)
        seats = seats_on(work, host, date(2026, 3, 10))
        return conflicts.conflicts_of(
            work, office, conflicts.Proposal(host, seats, NINE, at(60), "Asia/Shanghai", "三楼")
        )

    return all_in_the_county


def test_more_people_and_meetings_take_no_more_queries(sqlite_people: People) -> None:
    people = sqlite_people
    people.meeting()
    few = counted(people, look(people))
    people.store.write(crowd, people, 200, 20, True)
    assert counted(people, look(people)) == few


@pytest.mark.slow
def test_three_thousand_people_at_a_hundred_meetings_at_once_take_no_more_queries(people: People) -> None:
    people.meeting()
    few = counted(people, look(people))
    people.store.write(crowd, people, 3000, 100, True)
    assert counted(people, look(people)) == few
    with people.store.read(BEFORE) as work:
        taken = look(people)(work).people
    assert (len(taken), {len(one.elsewhere) for one in taken if one.person_id >= 1000}) == (3004, {101})


# Quiet periods


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        ("office", None), ("administrator", None), ("province_office", None), ("reader", NotAllowed),
        ("wang", Missing), ("other_office", Missing),
    ],
)  # fmt: skip
def test_who_may_keep_quiet_periods(sqlite_people: People, role: str, refused: type[Refusal] | None) -> None:
    people, day = sqlite_people, date(2026, 4, 1)
    made = people.store.write_at(BEFORE, quiet.add, people.office, people.cast.county, day, day, "全会")
    actor = people.actor(role)
    verbs: list[Callable[[], object]] = [
        lambda: people.store.write_at(BEFORE, quiet.add, actor, people.cast.county, day, day, "又一个"),
        lambda: people.store.write_at(BEFORE, quiet.remove, actor, made.id),
    ]
    for verb in verbs:
        if refused is None:
            verb()
        else:
            with pytest.raises(refused):
                verb()
    with people.store.read() as work:
        assert [one.reason for one in work.db.query(QuietPeriod)] == (["全会"] if refused else ["又一个"])


@pytest.mark.parametrize(
    ("days", "reason", "field"),
    [(-1, "全会", "to_day"), (120, "全会", "to_day"), (0, "", "reason"), (0, "长" * 121, "reason")],
)
def test_what_can_not_be_a_quiet_period(sqlite_people: People, days: int, reason: str, field: str) -> None:
    first = date(2026, 4, 1)
    with pytest.raises(Invalid) as refusal:
        sqlite_people.store.write_at(
            BEFORE, quiet.add, sqlite_people.office, sqlite_people.cast.county, first,
            first + timedelta(days=days), reason,
        )  # fmt: skip
    assert refusal.value.field == field


# Pages


def tomorrow(hours: int = 24 * 20) -> datetime:
    return (clock.now() + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)


def typed(opens: datetime) -> dict[str, object]:
    there = opens.astimezone(ZoneInfo("Asia/Shanghai"))
    return {
        "title": "协商会", "day": there.date().isoformat(), "opens_at": f"{there:%H:%M}",
        "closes_at": f"{there:%H}:59", "do": "schedule",
    }  # fmt: skip


def test_conflicts_are_decided_in_the_editor(sqlite_people: People, enter: Enter) -> None:
    people, opens = sqlite_people, tomorrow()
    plan = people.plan(
        title="省里的会", opens_at=opens, closes_at=opens + timedelta(hours=1),
        audience=Audience(units=(people.cast.province,)),
    )  # fmt: skip
    people.store.write(scheduling.schedule, people.actor("province_office"), people.cast.province, plan)
    office = enter(people.cast.office)
    form = {**office.form("/meetings/new"), **typed(opens)}
    refused = office.post("/meetings/new", form)
    assert refused.status_code == 409
    assert "Schedule all the same" in refused.text
    seat = next(
        row.membership_id
        for row in found(people, opens_at=opens, closes_at=opens + timedelta(hours=1)).people
    )
    ahead = office.post("/meetings/preview", {**form, "out": str(seat)}).get_json()
    assert (ahead["people"], ahead["minus"]) == (3, "买买提·艾力")
    assert "Schedule all the same" not in ahead["conflicts"]
    back = office.post("/meetings/preview", {**form, "minus": "买买提·艾力", "keep": str(seat)}).get_json()
    assert (back["people"], back["minus"]) == (4, "")
    page = office.post("/meetings/new", {**form, "out": str(seat)})
    assert (page.status_code, "买买提·艾力</textarea>" in page.text) == (200, True)
    assert office.post("/meetings/new", {**form, "minus": "买买提·艾力"}).status_code == 302
    ticked = {
        **form,
        "form_key": "k" * 20,
        "opens_at": f"{opens.astimezone(ZoneInfo('Asia/Shanghai')):%H}:30",
    }
    assert office.post("/meetings/new", ticked).status_code == 409
    assert office.post("/meetings/new", {**ticked, "despite": "y"}).status_code == 302


def test_rescheduling_asks_once_more(sqlite_people: People, enter: Enter) -> None:
    people, opens = sqlite_people, tomorrow()
    plan = people.plan(opens_at=opens, closes_at=opens + timedelta(hours=1), place="三楼")
    people.store.write(scheduling.schedule, people.office, people.cast.county, plan)
    later = people.plan(opens_at=tomorrow(700), closes_at=tomorrow(701), place="三楼")
    meeting = people.store.write(scheduling.schedule, people.office, people.cast.county, later)
    office, path = enter(people.cast.office), f"/meetings/{meeting.id}/reschedule"
    form = {**office.form(path), **typed(opens)}
    refused = office.post(path, form)
    assert refused.status_code == 409
    assert "The same place is taken at that time" in refused.text
    assert office.post(path, {**form, "despite": "y"}).status_code == 302


def test_the_office_keeps_quiet_periods_on_its_page(sqlite_people: People, enter: Enter) -> None:
    people = sqlite_people
    office, path = enter(people.cast.office), f"/units/{people.cast.county}/quiet"
    day = tomorrow().date()
    sent = {"from_day": day.isoformat(), "to_day": day.isoformat(), "reason": "全体会议"}
    assert office.post(path, sent).status_code == 302
    page = office.get(path).text
    assert "全体会议" in page
    assert office.post(path, {**sent, "to_day": "2026-02-30"}).status_code == 400
    assert enter(people.reader).get(path).status_code == 200
    assert enter(people.cast.wang).get(path).status_code == 404
    assert office.post("/quiet/1/remove").status_code == 302
    assert "全体会议" not in office.get(path).text
