"""What is flagged for review: two devices at a time, one for several accounts; looked at by whom; no more."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from consult.attendance import ledger
from consult.attendance.intervals import Channel, Ended
from consult.checkins import flags, oddities
from consult.checkins.oddities import Kind, Stay
from consult.core.errors import Missing, NotAllowed
from consult.members import sign_in_links, sign_ins
from consult.members.models import AuditEntry, SignIn
from tests.meetings.people import People
from tests.support.cast import at
from tests.support.visitor import Enter

WANG, LI = 1, 2
PHONE, COMPUTER = 10, 11


def stay(person: int, browser: int, start: float, end: float) -> Stay:
    return Stay(person, f"n{person}", browser, "phone", Channel.BROWSER, at(start), at(end))


def kinds(*stays: Stay) -> list[tuple[Kind, int]]:
    return [(flag.kind, flag.subject) for flag in oddities.found(stays)]


def test_two_devices_of_one_account_at_a_time_are_flagged_with_how_long() -> None:
    rows = [stay(WANG, PHONE, 0, 30), stay(WANG, COMPUTER, 20, 40), stay(LI, 12, 0, 40)]
    (flag,) = oddities.found(rows)
    assert (flag.kind, flag.subject, flag.names) == (Kind.TWO_DEVICES, WANG, ("n1",))
    assert flag.together == timedelta(minutes=10)
    assert flag.since == at(20)
    assert flag.stays == (rows[0], rows[1])


def test_three_devices_share_their_time_once() -> None:
    rows = [stay(WANG, browser, 0, 30) for browser in (PHONE, COMPUTER, 12)]
    (flag,) = oddities.found(rows)
    assert flag.together == timedelta(minutes=30)


@pytest.mark.parametrize(
    "rows",
    [
        [stay(WANG, PHONE, 0, 30), stay(WANG, COMPUTER, 30, 40)],
        [stay(WANG, PHONE, 0, 30), stay(WANG, COMPUTER, 29.5, 40)],
        [stay(WANG, PHONE, 0, 30), stay(WANG, PHONE, 10, 40)],
        [stay(WANG, PHONE, 0, 30), stay(LI, COMPUTER, 0, 30)],
        [],
    ],
    ids=["one after the other", "changing over", "two tabs", "two people", "nobody"],
)
def test_what_is_not_odd(rows: list[Stay]) -> None:
    assert oddities.found(rows) == []


def test_one_device_for_two_accounts_is_flagged_whenever_they_were_there() -> None:
    assert kinds(stay(WANG, PHONE, 0, 10), stay(LI, PHONE, 20, 30)) == [(Kind.ONE_DEVICE, PHONE)]


# From the rows.


def browser_of(people: People, person: int, device: str = "phone", before: int | None = None) -> int:
    """A sign-in of that person's; in the browser of the one before, if it is given."""

    def begin(work) -> int:
        begun = sign_ins.begin(work, person, sign_ins.new_token(), device)
        if before is not None:
            sign_ins.follow(work, begun.id, before)
        return begun.id

    return people.store.write(begin)


def was_there(people: People, meeting: int, who: str, sign_in: int, start: float, end: float | None) -> None:
    actor = people.actor(who)
    row = people.store.write_at(at(start), ledger.join, actor, meeting, Channel.BROWSER, "web-1", sign_in)
    if end is not None:
        people.store.write_at(at(end), ledger.leave, row, at(end), Ended.LEFT)


def shown(people: People, meeting: int, when: datetime) -> list[flags.Shown]:
    with people.store.read(when) as work:
        return flags.of_meeting(work, people.office, meeting)


def two_devices(people: People) -> int:
    """Wang from minute 1 by phone, and still, and from 10 to 20 by a computer, too."""
    meeting = people.cast.meeting()
    phone, computer = (browser_of(people, people.cast.wang, device) for device in ("phone", "computer"))
    was_there(people, meeting, "wang", phone, 1, None)
    was_there(people, meeting, "wang", computer, 10, 20)
    return meeting


def test_a_second_device_is_shown_with_its_facts(people: People) -> None:
    (one,) = shown(people, two_devices(people), at(30))
    assert (one.flag.kind, one.flag.names, one.open) == (Kind.TWO_DEVICES, ("王秀兰",), True)
    assert [(each.device, each.start, each.end) for each in one.flag.stays] == [
        ("phone", at(1), at(30)),
        ("computer", at(10), at(20)),
    ]


def test_a_phone_that_is_handed_on_is_shown_also_after_signing_out(people: People) -> None:
    meeting = people.cast.meeting()
    wangs = browser_of(people, people.cast.wang)
    was_there(people, meeting, "wang", wangs, 1, 5)
    lis = browser_of(people, people.cast.li, before=wangs)
    was_there(people, meeting, "li", lis, 6, 9)
    zhaos = browser_of(people, people.cast.zhao, before=lis)
    was_there(people, meeting, "zhao", zhaos, 10, 12)
    (one,) = shown(people, meeting, at(30))
    assert (one.flag.kind, one.flag.subject) == (Kind.ONE_DEVICE, wangs)
    assert one.flag.names == ("王秀兰", "李建国", "赵敏")
    with people.store.read() as work:
        ended = work.db.scalars(select(SignIn.ended_at).order_by(SignIn.id)).all()
        assert [bool(at_) for at_ in ended] == [True, True, False]


def test_looking_is_noted_by_name_until_more_comes(people: People) -> None:
    meeting = two_devices(people)
    people.store.write_at(at(30), flags.look, people.office, meeting, "two_devices", people.cast.wang)
    (one,) = shown(people, meeting, at(31))
    assert (one.looked_by, one.looked_at, one.open) == ("清河县政协办公室", at(30), False)
    was_there(people, meeting, "wang", browser_of(people, people.cast.wang), 40, 45)
    (one,) = shown(people, meeting, at(50))
    assert (one.again, one.open) == (True, True)
    with people.store.read() as work:
        entry = work.db.scalars(select(AuditEntry).where(AuditEntry.action == "flag.looked_at")).one()
        assert entry.details == {"kind": "two_devices", "about": people.cast.wang}


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("wang", NotAllowed), ("reader", NotAllowed), ("outsider", Missing), ("other_office", Missing)],
)
def test_flags_are_the_offices(people: People, who: str, refusal: type[Exception]) -> None:
    meeting = two_devices(people)
    with people.store.read(at(30)) as work, pytest.raises(refusal):
        flags.of_meeting(work, people.actor(who), meeting)
    with pytest.raises(refusal):
        people.store.write_at(at(30), flags.look, people.actor(who), meeting, "two_devices", people.cast.wang)


def test_nobody_has_looked_at_what_is_not_there(people: People) -> None:
    meeting = two_devices(people)
    for kind, subject in (("two_devices", people.cast.li), ("one_device", people.cast.wang)):
        with pytest.raises(Missing):
            people.store.write_at(at(30), flags.look, people.office, meeting, kind, subject)


# On pages.


def test_the_office_reads_and_ticks_flags_and_is_led_to_them(enter: Enter, sqlite_people: People) -> None:
    meeting = two_devices(sqlite_people)
    office = enter(sqlite_people.cast.office)
    assert f'href="/meetings/{meeting}/flags"' in office.get(f"/meetings/{meeting}/checkin/desk").text
    page = office.get(f"/meetings/{meeting}/flags").text
    assert "王秀兰" in page
    assert "two devices at a time" in page
    done = office.post(f"/meetings/{meeting}/flags/two_devices", {"subject": sqlite_people.cast.wang})
    assert done.location == f"/meetings/{meeting}/flags"
    assert "清河县政协办公室 looked at it" in office.get(done.location).text
    for who in (sqlite_people.cast.wang, sqlite_people.reader):
        assert enter(who).get(f"/meetings/{meeting}/flags").status_code == 403


@pytest.mark.parametrize("signs_out", [True, False])
def test_a_browser_in_which_another_signs_in_is_known_again(
    enter: Enter, sqlite_people: People, signs_out: bool
) -> None:
    code = sign_in_links.mint()
    asked = sqlite_people.office, [sqlite_people.cast.li], [code], timedelta(days=1)
    sqlite_people.store.write(sign_in_links.make, *asked)
    handed_on = enter(sqlite_people.cast.wang)
    if signs_out:
        handed_on.post("/sign-out")
    page = handed_on.get(f"/s/{code.text}").text
    fields = dict(re.findall(r'name="(csrf_token|press)"[^>]* value="([^"]+)"', page))
    assert handed_on.client.post(f"/s/{code.text}", data=fields).status_code == 302
    with sqlite_people.store.read() as work:
        wangs, lis = work.db.scalars(select(SignIn).order_by(SignIn.id)).all()
    assert (lis.person_id, lis.browser_id) == (sqlite_people.cast.li, wangs.id)
    assert wangs.ended_at is not None
