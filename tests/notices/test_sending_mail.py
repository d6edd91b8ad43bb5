"""Sending mail to a real server: what arrives, what is tried again, what is given up, what is void."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage

import pytest
from icalendar import Calendar
from sqlalchemy import func, select

from consult.core import clock
from consult.core.store import Store, Work
from consult.meetings.lifecycle import State
from consult.meetings.models import Delegation, Invitation, Meeting
from consult.members.models import Person, SignInLink
from consult.notices import letters, outbox, own, queue, retry, sender
from consult.notices.carrying import Reason
from consult.notices.kinds import Kind
from consult.notices.models import Channel, Delivery, DeliveryState, Notice
from tests.notices.post import SITE, Post, mailing, settings
from tests.support.mail import Mailbox, MailServer, mail_server


@pytest.fixture
def post(store: Store) -> Post:
    return Post(store)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def links(post: Post) -> int:
    with post.store.read() as work:
        return work.db.scalar(select(func.count()).select_from(SignInLink)) or 0


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_mail_arrives_once_and_its_delivery_says_so(post: Post, box: Mailbox) -> None:
    one = post.tell(post.people.wang)
    assert post.send(mailing(box)) == 1
    assert post.send(mailing(box)) == 0
    [mail] = box.to("wang@example.com")
    row = post.delivery(one)
    assert (row.state, row.tries, row.held_by, row.error) == (DeliveryState.SENT, 1, None, "")
    assert row.sent_at is not None
    assert mail["Message-ID"] == f"<{row.message_id}@consult.example>"
    assert "推进城乡供水一体化" in mail["Subject"]


def test_many_mails_go_through_one_connection(post: Post, box: Mailbox) -> None:
    for version in range(30):
        post.tell(post.people.wang, version=version)
    assert post.send(mailing(box)) == 30
    assert box.connections == 1
    assert len(set(box.ids)) == 30


def test_what_is_urgent_goes_first(post: Post, box: Mailbox) -> None:
    post.tell(post.people.li, version=1)
    post.tell(post.people.wang, Kind.REMINDER, urgent=True, version=2)
    post.send(mailing(box))
    assert [to for to, _mail in box.received] == ["wang@example.com", "li@example.com"]


def test_what_is_not_due_waits(post: Post, box: Mailbox) -> None:
    post.tell(post.people.wang, due_at=clock.now() + timedelta(hours=1))
    assert post.send(mailing(box)) == 0
    assert post.states() == ["waiting"]


def test_a_member_gets_a_link_of_his_own_and_staff_the_plain_address(post: Post, box: Mailbox) -> None:
    post.tell(post.people.wang)
    post.tell(post.people.office)
    post.send(mailing(box))
    [to_member], [to_office] = box.to("wang@example.com"), box.to("office@example.com")
    assert f"{SITE}/s/" in text_of(to_member)
    assert f"{SITE}/meetings/{post.meeting}" in text_of(to_office)
    assert "/s/" not in text_of(to_office)
    assert links(post) == 1
    with post.store.read() as work:
        link = work.db.scalars(select(SignInLink)).one()
        meeting = work.db.get_one(Meeting, post.meeting)
    assert (link.person_id, link.destination) == (post.people.wang, f"/meetings/{post.meeting}/room")
    assert link.expires_at == meeting.closes_at + timedelta(days=1)


def test_a_retry_carries_the_same_id_and_the_same_link(post: Post, box: Mailbox) -> None:
    one = post.tell(post.people.wang)
    box.drop_after_data = 1
    post.send(mailing(box))
    assert post.delivery(one).state == DeliveryState.WAITING
    post.due_now(one)
    post.send(mailing(box))
    first, second = box.to("wang@example.com")
    assert first["Message-ID"] == second["Message-ID"]
    assert text_of(first) == text_of(second)
    assert links(post) == 1
    assert post.states() == ["sent"]


def test_an_address_that_does_not_exist_fails_at_once_and_stops_nobody(post: Post, box: Mailbox) -> None:
    wrong, right = post.tell(post.people.wang), post.tell(post.people.li)
    box.refuse = lambda address: "550 no such user" if address.startswith("wang") else None
    post.send(mailing(box))
    row = post.delivery(wrong)
    assert (row.state, row.tries, row.reason, row.error) == (
        DeliveryState.FAILED, 1, Reason.ADDRESS, "550 no such user",
    )  # fmt: skip
    assert post.delivery(right).state == DeliveryState.SENT


def test_a_busy_server_is_asked_again_later_and_later_and_then_no_more(post: Post, box: Mailbox) -> None:
    one = post.tell(post.people.wang)
    box.answer = lambda _address: "451 come back later"
    waits = []
    for tries in range(1, retry.MOST_TRIES + 1):
        post.send(mailing(box))
        row = post.delivery(one)
        assert row.tries == tries
        waits.append((row.due_at - clock.now()).total_seconds() / 60)
        post.due_now(one)
    row = post.delivery(one)
    assert (row.state, row.reason) == (DeliveryState.FAILED, Reason.BUSY)
    assert waits[0] < 2 < waits[2] < 20 < waits[-2]
    assert post.send(mailing(box)) == 0


def test_a_dead_server_burns_nobodys_tries_and_is_asked_by_one(post: Post) -> None:
    server = MailServer()
    deliveries = [post.tell(post.people.wang, version=version) for version in range(5)]
    config = mailing(server.box)
    post.send(config)
    assert {post.delivery(one).tries for one in deliveries} == {0}
    assert {post.delivery(one).held_by for one in deliveries} == {None}
    state = post.channel()
    assert state is not None
    assert (state.failures, state.reason) == (1, Reason.UNREACHABLE)
    assert state.failing_since is not None
    assert state.paused_until is not None
    assert state.paused_until > clock.now() + timedelta(seconds=10)

    server.start()
    assert post.send(config) == 0  # it is left alone for now
    assert server.box.connections == 0
    post.change(Channel, "email", paused_until=clock.now())
    assert post.send(config) == 5
    server.stop()
    state = post.channel()
    assert state is not None
    assert (state.failures, state.failing_since, state.paused_until) == (0, None, None)
    assert state.sent_at is not None


@pytest.mark.parametrize(("reply", "reason"), [("550 not you", Reason.SENDER), ("421 closing", Reason.BUSY)])
def test_what_concerns_all_counts_for_nobody(post: Post, box: Mailbox, reply: str, reason: Reason) -> None:
    one = post.tell(post.people.wang)
    box.mail_from = reply
    post.send(mailing(box))
    state = post.channel()
    assert state is not None
    assert (state.reason, post.delivery(one).tries) == (reason, 0)


def test_what_is_void_is_not_sent(post: Post, box: Mailbox) -> None:
    voided, over = post.tell(post.people.wang, version=1), post.tell(post.people.li, version=2)
    post.change(Notice, post.delivery(voided).notice_id, voided_at=clock.now())
    old = post.people.meeting(opens_at=clock.now() - timedelta(hours=2), closes_at=clock.now())
    late = post.tell(post.people.zhao, meeting=old, version=3)
    post.send(mailing(box))
    assert [post.delivery(one).state for one in (voided, over, late)] == ["void", "sent", "void"]
    assert [to for to, _mail in box.received] == ["li@example.com"]


def test_what_becomes_void_while_it_is_in_hand_is_not_sent(post: Post, box: Mailbox) -> None:
    first, second = post.tell(post.people.wang), post.tell(post.people.li)

    def void_the_second(_address: str) -> None:
        post.change(Notice, post.delivery(second).notice_id, voided_at=clock.now())

    box.refuse = void_the_second
    post.send(mailing(box))
    assert [post.delivery(one).state for one in (first, second)] == ["sent", "void"]


def test_what_is_withdrawn_while_it_is_in_hand_is_not_tried_again(post: Post, box: Mailbox) -> None:
    one, other = post.tell(post.people.wang), post.tell(post.people.li)

    def withdraw_and_be_busy(_address: str) -> str:
        post.store.write(outbox.withdraw, Notice.subject == f"meeting:{post.meeting}")
        return "451 busy"

    box.refuse = withdraw_and_be_busy
    post.send(mailing(box))
    assert [post.delivery(each).state for each in (one, other)] == ["void", "void"]
    box.refuse = lambda _address: None
    post.due_now(one, other)
    assert post.send(mailing(box)) == 0


def test_what_was_sent_before_it_was_withdrawn_counts_as_sent(post: Post) -> None:
    one = post.tell(post.people.wang)
    post.store.write(queue.take, "email", "one", 1, timedelta(minutes=1))
    post.store.write(outbox.withdraw, Notice.subject == f"meeting:{post.meeting}")
    post.store.write(queue.sent, one)
    assert post.delivery(one).state == DeliveryState.SENT


def test_a_closed_account_and_whoever_wants_no_mail_by_now_get_none(post: Post, box: Mailbox) -> None:
    closed, unwanted = post.tell(post.people.wang), post.tell(post.people.li)
    post.change(Person, post.people.wang, disabled_at=clock.now())
    post.store.write(own.unsubscribe, post.people.li, "email")
    post.change(Delivery, unwanted, state=DeliveryState.WAITING)  # as somebody's "try again" does
    assert post.send(mailing(box)) == 0
    assert [post.delivery(one).state for one in (closed, unwanted)] == ["void", "void"]


def test_a_number_given_anew_does_not_make_an_earlier_readers_link_good(post: Post) -> None:
    one = post.tell(post.people.wang)

    def code() -> str:
        with post.store.read() as work:
            link = letters.link_of(letters.packed(work, [one])[0], settings(), work.now)
        assert link is not None
        return link.code.text

    before = code()
    assert code() == before
    post.change(Delivery, one, message_id="another")  # as after a database was restored
    assert code() != before


def test_whom_a_unit_has_named_reads_where_it_sits(post: Post, box: Mailbox) -> None:
    def name(work: Work) -> None:
        county = post.people.other_county
        work.db.add(
            Delegation(
                meeting_id=post.meeting, unit_id=county, venue="县图书馆", address="二楼", updated_at=work.now
            )
        )
        seat = work.db.get_one(Invitation, (post.meeting, post.people.seats[post.people.wang]))
        seat.named_by_unit = county

    post.store.write(name)
    post.tell(post.people.wang)
    post.tell(post.people.zhao)
    post.send(mailing(box))
    said = ["县图书馆 二楼" in text_of(box.to(f"{who}@example.com")[0]) for who in ("wang", "zhao")]
    assert said == [True, False]


def test_a_report_is_told_when_the_meeting_is_over(post: Post, box: Mailbox) -> None:
    over = post.people.meeting(
        opens_at=clock.now() - timedelta(hours=2), closes_at=clock.now(), state=State.SETTLED
    )
    post.tell(post.people.wang, Kind.REPORT, meeting=over)
    assert post.send(mailing(box)) == 1


def test_without_a_mail_server_mails_are_left_out_and_say_why(post: Post) -> None:
    one = post.tell(post.people.wang)
    assert post.send(settings()) == 0
    assert (post.delivery(one).state, post.delivery(one).reason) == ("skipped", Reason.NOT_SET_UP)


def test_a_dead_senders_letters_are_taken_over_when_its_time_is_over(post: Post, box: Mailbox) -> None:
    one = post.tell(post.people.wang)
    post.change(Delivery, one, held_by="dead", held_until=clock.now() + timedelta(seconds=30))
    assert post.send(mailing(box)) == 0
    post.change(Delivery, one, held_until=clock.now())
    assert post.send(mailing(box)) == 1


def test_two_senders_at_once_send_each_mail_once(post: Post, box: Mailbox) -> None:
    for version in range(40):
        post.tell(post.people.wang, version=version)
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda name: post.send(mailing(box), as_=name), ("one", "two")))
    assert sum(sent) == 40
    assert len(box.ids) == len(set(box.ids)) == 40


def test_a_sender_that_is_told_to_stop_stops_between_two_mails(post: Post, box: Mailbox) -> None:
    for version in range(5):
        post.tell(post.people.wang, version=version)
    sent = sender.send_mails(post.store, mailing(box), "one", lambda: len(box.received) >= 2)
    assert sent == len(box.received) == 2
    assert post.states().count("waiting") == 3
    assert post.send(mailing(box)) == 3


def test_a_letter_that_can_not_be_written_stops_no_other(post: Post, box: Mailbox) -> None:
    broken, good = post.tell(post.people.wang), post.tell(post.people.li)
    post.change(Notice, post.delivery(broken).notice_id, data={})
    post.send(mailing(box))
    row = post.delivery(broken)
    assert (row.state, row.tries, row.reason) == ("waiting", 1, Reason.BROKEN)
    assert post.delivery(good).state == "sent"


def calendars_of(mail: EmailMessage) -> list[tuple[str, Calendar]]:
    """Each calendar part of the mail: the method its type names, and what is in it."""
    return [
        (str(part.get_param("method")), Calendar.from_ical(part.get_payload(decode=True)))
        for part in mail.walk()
        if part.get_content_type() == "text/calendar"
    ]


def test_a_mail_puts_the_meeting_into_the_calendar_and_takes_it_out(post: Post, box: Mailbox) -> None:
    post.tell(post.people.wang)
    post.send(mailing(box))
    post.change(
        Meeting, post.meeting, state=State.CANCELLED, due_move=None, due_at=None, version=5,
        updated_at=clock.now(),
    )  # fmt: skip
    post.tell(post.people.wang, Kind.CANCELLED)
    post.send(mailing(box))
    first, second = (calendars_of(mail) for mail in box.to("wang@example.com"))
    assert [method for method, _calendar in first + second] == ["REQUEST"] * 2 + ["CANCEL"] * 2
    put, taken = (calendars[0][1].walk("VEVENT")[0] for calendars in (first, second))
    assert put["UID"] == taken["UID"]
    assert taken["SEQUENCE"] > put["SEQUENCE"]
    assert (first[0][1]["METHOD"], second[0][1]["METHOD"]) == ("REQUEST", "CANCEL")
    assert put["ATTENDEE"] == "mailto:wang@example.com"
    assert put["ORGANIZER"] == "mailto:office@consult.example"


def test_a_reminder_leaves_the_calendar_alone(post: Post, box: Mailbox) -> None:
    post.tell(post.people.wang, Kind.REMINDER)
    post.send(mailing(box))
    assert calendars_of(box.to("wang@example.com")[0]) == []
