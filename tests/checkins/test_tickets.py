"""Checking in by a scan: whose, where, when, once; and leaving early. On both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from consult.attendance import ledger, settle
from consult.attendance.intervals import Channel
from consult.attendance.models import Outcome, Presence
from consult.attendance.present import present_now
from consult.checkins import codes, tickets, venue
from consult.checkins.codes import OldCode
from consult.checkins.models import Ticket
from consult.checkins.tickets import UsedTicket
from consult.core.errors import Missing, NotAllowed, NotNow
from consult.meetings import moves
from consult.meetings.models import Meeting
from consult.members.models import Person
from tests.meetings.people import People
from tests.support.cast import at

KEY = codes.key_of("k" * 40)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def scan(people: People, who: str, meeting: int, shown: datetime, scanned: datetime | None = None) -> Ticket:
    """Scans then what the screen showed at that time."""
    when = scanned or shown
    token = codes.token(KEY, meeting, shown)
    return people.store.write_at(when, tickets.scan, people.actor(who), KEY, token, when)


def use(people: People, who: str, ticket: Ticket, when: datetime) -> Ticket:
    return people.store.write_at(when, tickets.use, people.actor(who), ticket.id, None)


def check_in(people: People, who: str, meeting: int, when: datetime) -> None:
    use(people, who, scan(people, who, meeting, when), when + seconds(10))


def rows(people: People) -> list[tuple[str, datetime, datetime | None, str | None]]:
    with people.store.read() as work:
        found = work.db.scalars(select(Presence).order_by(Presence.id)).all()
        return [(row.channel, row.joined_at, row.left_at, row.ended) for row in found]


def test_a_check_in_counts_for_ones_seat_from_its_press_until_the_meeting_ends(people: People) -> None:
    meeting = people.cast.meeting()
    check_in(people, "wang", meeting, at(-10))
    assert rows(people) == [("qr", at(-10) + seconds(10), None, None)]
    with people.store.read() as work:
        row = work.db.scalars(select(Presence)).one()
        assert row.membership_id == people.cast.seats[people.cast.wang]
    people.store.write_at(at(61), moves.advance_due)
    people.store.write_at(at(61), ledger.sweep)
    assert rows(people) == [("qr", at(-10) + seconds(10), at(60), "closed")]


def test_slow_fingers_have_two_minutes_and_no_more(people: People) -> None:
    meeting = people.cast.meeting()
    slow = scan(people, "wang", meeting, at(1))
    use(people, "wang", slow, at(1) + seconds(119))
    late = scan(people, "li", meeting, at(1))
    with pytest.raises(OldCode):
        use(people, "li", late, at(3))
    assert len(rows(people)) == 1


def test_a_ticket_that_is_used_again_is_refused(people: People) -> None:
    meeting = people.cast.meeting()
    ticket = scan(people, "wang", meeting, at(1))
    use(people, "wang", ticket, at(1))
    people.store.write_at(at(1.5), venue.check_out, people.actor("wang"), meeting)
    with pytest.raises(UsedTicket):
        use(people, "wang", ticket, at(1.6))
    assert len(rows(people)) == 1


def test_a_double_press_is_one_check_in(people: People) -> None:
    ticket = scan(people, "wang", people.cast.meeting(), at(1))
    use(people, "wang", ticket, at(1))
    use(people, "wang", ticket, at(1) + seconds(1))
    assert len(rows(people)) == 1


def test_scanning_the_same_code_twice_is_one_ticket(people: People) -> None:
    meeting = people.cast.meeting()
    assert scan(people, "wang", meeting, at(1)).id == scan(people, "wang", meeting, at(1)).id
    assert scan(people, "wang", meeting, at(2)).id != scan(people, "li", meeting, at(2)).id


def test_a_picture_passed_on_after_half_a_minute_is_refused(people: People) -> None:
    meeting = people.cast.meeting()
    with pytest.raises(OldCode):
        scan(people, "li", meeting, shown=at(1), scanned=at(1) + seconds(35))
    with people.store.read() as work:
        assert work.db.scalar(select(func.count(Ticket.id))) == 0


def test_another_members_ticket_is_refused(people: People) -> None:
    ticket = scan(people, "wang", people.cast.meeting(), at(1))
    with pytest.raises(NotAllowed, match="another member's"):
        use(people, "li", ticket, at(1))
    use(people, "wang", ticket, at(1))
    assert len(rows(people)) == 1


def test_another_meetings_code_is_refused_and_checks_in_at_no_other(people: People) -> None:
    """A member of this county scans the other county's screen; and a ticket is of its own meeting alone."""
    own = people.cast.meeting()
    elsewhere = people.cast.meeting(host_id=people.cast.other_county, expected=[people.cast.outsider])
    with pytest.raises(NotAllowed, match="not among those called"):
        scan(people, "wang", elsewhere, at(1))
    check_in(people, "outsider", elsewhere, at(1))
    with people.store.read() as work:
        assert work.db.scalars(select(Presence.meeting_id)).all() == [elsewhere]
        assert venue.checked_in(work, people.cast.outsider, own) is None


@pytest.mark.parametrize("who", ["outsider", "office", "other_office", "administrator"])
def test_who_has_no_seat_at_the_meeting_is_refused(people: People, who: str) -> None:
    with pytest.raises(NotAllowed, match="not among those called"):
        scan(people, who, people.cast.meeting(), at(1))


@pytest.mark.parametrize(("minutes", "words"), [(-16, "begins at"), (60, "has ended"), (600, "has ended")])
def test_nobody_checks_in_before_the_lobby_or_after_the_end(
    people: People, minutes: float, words: str
) -> None:
    with pytest.raises(NotNow, match=words):
        scan(people, "wang", people.cast.meeting(), at(minutes))


def test_a_ticket_does_not_outlast_its_meeting(people: People) -> None:
    meeting = people.cast.meeting()
    ticket = scan(people, "wang", meeting, at(59.9))
    with pytest.raises(NotNow, match="has ended"):
        use(people, "wang", ticket, at(60))
    with people.store.read() as work:
        assert work.db.get_one(Ticket, ticket.id).used_at is None


def test_a_cancelled_meeting_takes_no_check_in(people: People) -> None:
    with pytest.raises(NotNow, match="not held"):
        scan(people, "wang", people.cast.meeting(state="cancelled"), at(1))


def test_nobody_is_checked_in_before_he_has_agreed_to_what_is_recorded(people: People) -> None:
    ticket = scan(people, "wang", people.cast.meeting(), at(1))

    def withdraw(work) -> None:
        work.db.get_one(Person, people.cast.wang).consented_at = None

    people.store.write(withdraw)
    with pytest.raises(NotAllowed, match="agree"):
        use(people, "wang", ticket, at(1))


def test_there_is_no_ticket_that_was_never_made(people: People) -> None:
    with pytest.raises(Missing):
        people.store.write_at(at(1), tickets.use, people.actor("wang"), 999, None)


def test_who_is_not_expected_but_of_the_unit_checks_in_unlisted(people: People) -> None:
    meeting = people.cast.meeting(expected=[people.cast.wang])
    check_in(people, "li", meeting, at(1))
    assert len(rows(people)) == 1


def test_checking_in_again_while_one_is_checked_in_begins_nothing(people: People) -> None:
    meeting = people.cast.meeting()
    check_in(people, "wang", meeting, at(1))
    check_in(people, "wang", meeting, at(5))
    assert len(rows(people)) == 1


def test_leaving_early_ends_the_check_in_and_one_may_come_back(people: People) -> None:
    meeting = people.cast.meeting()
    check_in(people, "wang", meeting, at(1))
    people.store.write_at(at(20), venue.check_out, people.actor("wang"), meeting)
    with pytest.raises(NotNow, match="not checked in"):
        people.store.write_at(at(21), venue.check_out, people.actor("wang"), meeting)
    check_in(people, "wang", meeting, at(30))
    assert [left for _channel, _joined, left, _ended in rows(people)] == [at(20), None]


def test_web_page_check_in_and_venue_are_counted_once(people: People) -> None:
    """In the live number and in the settlement: 5–25 on the web, 10 to the end by QR, 30–40 on site."""
    meeting = people.cast.meeting()
    wang = people.actor("wang")
    on_page = people.store.write_at(at(5), ledger.join, wang, meeting, Channel.BROWSER, "web-1", None)
    check_in(people, "wang", meeting, at(10) - seconds(10))
    by_staff = people.store.write_at(at(30), ledger.join, wang, meeting, Channel.VENUE, "", None)
    with people.store.read(at(31)) as work:
        assert present_now(work, work.db.get_one(Meeting, meeting)).people == 1
    people.store.write_at(at(40), ledger.leave, by_staff, at(40), "left")
    people.store.write_at(at(40), ledger.leave, on_page, at(25), "left")
    people.store.write_at(at(60), moves.advance_due)
    people.store.write_at(at(63), settle.settle_due)
    with people.store.read() as work:
        outcome = work.db.scalars(
            select(Outcome).where(Outcome.membership_id == people.cast.seats[people.cast.wang])
        ).one()
    assert outcome.seconds == 55 * 60
    assert [span["channels"] for span in outcome.spans] == [
        ["browser"], ["browser", "qr"], ["qr"], ["qr", "venue"], ["qr"],
    ]  # fmt: skip
