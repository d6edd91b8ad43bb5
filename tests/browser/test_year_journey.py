"""An organizer's year in real browsers: from a call for topics to the reminder, with real mail and a real
webhook, and a server that is killed while it sends."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from consult.core import clock
from consult.core.store import open_store
from consult.members.models import Person
from consult.notices.kinds import EMAIL
from consult.notices.models import Delivery, DeliveryState, Notice, Reminder
from tests.browser import letters
from tests.browser.story import (
    ARRIVES,
    COUNTY,
    OTHER,
    Story,
    add_the_group,
    addresses,
    come_to_the_offices,
    fill_times,
    found,
    hashed_password,
    in_the_group,
    number_in,
    open_story,
    press,
    soon_after_the_minute,
    tab,
    tomorrow,
    unread,
)  # fmt: skip
from tests.browser.story_topics import (
    TOPIC,
    call_for_topics,
    decide,
    in_the_plan,
    propose_and_second,
    see_what_became_of_it,
)  # fmt: skip
from tests.browser.words import zh
from tests.files import samples
from tests.support.mail import MailServer
from tests.support.receiver import receiver
from tests.support.server import Server
from tests.support.wait import until

TITLE, JOINT = f"{TOPIC}远程协商", "全省农村饮水安全协商会"
ROOM, OTHER_ROOM = "县政协三楼会议室", "县图书馆报告厅"
MATERIAL = "供水情况说明.pdf"
QUIET = 15  # seconds; a burst of edits is made faster
REMINDED = timedelta(minutes=30)
SOON = timedelta(seconds=50)  # until the reminder, at least
DUE = 120  # seconds until it, at most: the editor knows whole minutes
ONCE_MORE = 240  # seconds; what a killed sender had in hand is taken over after three minutes

pytestmark = pytest.mark.slow


@pytest.fixture
def story(
    start_server: Callable[..., Server], sqlite_url: str, new_page: Callable[..., Page], tmp_path: Path
) -> Iterator[Story]:
    store, mail = open_store(sqlite_url), MailServer().start()
    store.write(found, hashed_password())
    server = start_server(
        DATABASE_URL=sqlite_url,
        SECRET_KEY="the same before and after it was killed",
        SMTP_URL=mail.box.url,
        MAIL_FROM=f"{COUNTY}办公室 <office@example.com>",
        CHANGE_QUIET_SECONDS=str(QUIET),
        REMINDERS="30m",
        QUIET_FROM="00:00",
        QUIET_UNTIL="00:00",
    )
    with receiver() as group:
        made = open_story(server, store, mail, group, new_page)
        yield made
        for number, page in enumerate((made.province, made.office, made.other, *made.phones), 1):
            page.screenshot(path=tmp_path / f"at-the-end-{number}.png", full_page=True)
    mail.stop()
    store.close()


def test_a_year_from_the_call_for_topics_to_the_reminder(story: Story) -> None:
    come_to_the_offices(story)
    add_the_group(story)
    call_for_topics(story)
    propose_and_second(story)
    decide(story)
    see_what_became_of_it(story)
    meeting = draft_the_meeting(story)
    prepare(story, meeting)
    invite(story, meeting)
    accept_and_read(story, meeting)
    ask_for_leave(story, meeting)
    nudge(story, meeting)
    joint = ask_counties_to_name(story)
    name_participants(story, joint)
    move_in_a_burst_of_edits(story, meeting)
    kill_while_it_sends(story)
    answer_once_more(story, meeting)
    put_off_and_call_off(story, joint)
    be_reminded(story, meeting)
    all_is_told_once(story)


def draft_the_meeting(story: Story) -> int:
    """For tomorrow at ten, from the topic's line in the plan."""
    page, opens = story.office, tomorrow(10)
    in_the_plan(page).get_by_role("link", name="Schedule").click()
    page.get_by_label("Name of the meeting").fill(TITLE)
    page.get_by_label("Hybrid").check()
    page.get_by_label("Place", exact=False).first.fill(ROOM)
    fill_times(page, opens)
    page.get_by_label("Answers until").select_option(label="Until the meeting opens")
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.get_by_text("The draft is kept.")).to_be_visible()
    return number_in(page.url)


def prepare(story: Story, meeting: int) -> None:
    """The agenda, with a member who speaks, and something to read."""
    page = story.office
    tab(page, "Agenda")
    for title, speaker, minutes in (("情况介绍", story.members[2].name, "20"), ("协商议政", "", "60")):
        page.get_by_label("What is on the agenda").fill(title)
        page.get_by_label("Speaker").fill(speaker)
        page.get_by_label("How many minutes").fill(minutes)
        page.get_by_role("button", name="Add an item").click()
        expect(page.locator("ol.agenda")).to_contain_text(title)
    tab(page, "Materials")
    page.get_by_label("Add files").set_input_files(
        {"name": MATERIAL, "mimeType": "application/pdf", "buffer": samples.PDF}
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.locator(".files")).to_contain_text(MATERIAL)


def invite(story: Story, meeting: int) -> None:
    """Once it is on the calendar each member is told once, by mail and in the application, and the group."""
    page = story.office
    before = {phone: unread_after_reload(phone) for phone in story.phones[:2]}
    story.go(page, f"/meetings/{meeting}")
    page.get_by_role("link", name="Put on the calendar").click()
    page.get_by_role("button", name="Put on the calendar").click()
    expect(page.get_by_text("The meeting is on the calendar.")).to_be_visible()
    invitations = story.all_told("Invitation: %(title)s", TITLE, addresses(story.members))
    assert {len(one) for one in invitations.values()} == {1}
    for (letter,) in invitations.values():
        assert letters.method(letter) == "REQUEST"
    for phone, count in before.items():
        expect(phone.locator("[data-unread]")).to_have_text(str(count + 1))
    (posted,) = in_the_group(story, "invitation")
    assert f"/meetings/{meeting}" in posted["link"]
    story.go(page, "/plans")
    page.get_by_label("Year").select_option("2027")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(in_the_plan(page)).to_contain_text("Scheduled")


def unread_after_reload(page: Page) -> int:
    page.reload()
    return unread(page)


def accept_and_read(story: Story, meeting: int) -> None:
    """The mail leads to the room, once he has agreed to what it records; a large button there answers. What
    is to be read is new until it is opened."""
    phone, who = story.phones[2], story.members[2]
    press(phone, letters.link(story.told("Invitation: %(title)s", TITLE)[who.email][0]), who)
    room = f"/meetings/{meeting}/room"
    expect(phone).to_have_url(f"{story.server.url}/consent?next={room}")
    phone.locator("#main form").get_by_role("button").click()
    expect(phone).to_have_url(f"{story.server.url}{room}")
    phone.get_by_role("button", name=zh("I attend"), exact=True).click()
    expect(phone.locator("[data-part=hall]")).to_contain_text(zh("You have answered: I attend."))
    story.go(phone, f"/meetings/{meeting}/materials")
    material = phone.locator(".files li", has_text=MATERIAL)
    expect(material).to_contain_text(zh("New to you"))
    with phone.expect_popup() as opened:
        material.get_by_role("link").click()
    opened.value.close()
    phone.reload()
    expect(material).not_to_contain_text(zh("New to you"))


def ask_for_leave(story: Story, meeting: int) -> None:
    """Who decides is asked, decides, and the member is told."""
    phone, who, page = story.phones[1], story.members[1], story.office
    story.go(phone, f"/meetings/{meeting}/answer")
    phone.get_by_role("link", name=zh("Ask for leave")).click()
    phone.get_by_label(zh("Illness")).check()
    phone.get_by_role("button", name=zh("Send the request")).click()
    expect(phone.locator("#main")).to_contain_text(zh("Withdraw my request"))
    story.go(page, "/")
    page.locator(".needs").get_by_role("link", name="Decide").click()
    request = page.locator(".decision", has_text=who.name)
    request.get_by_role("button", name="Grant leave").click()
    granted = story.all_told("Your leave is granted: %(title)s", TITLE, {who.email})
    assert len(granted[who.email]) == 1
    phone.reload()
    expect(phone.locator("#main")).to_contain_text(zh("You are on leave for this meeting."))


def nudge(story: Story, meeting: int) -> None:
    """The office sees at a glance who has said nothing, and asks just them."""
    page = story.office
    story.go(page, f"/meetings/{meeting}")
    tab(page, "Answers")
    silent = addresses(story.members) - {one.email for one in story.members[1:3]}
    figure = page.locator(".figures div", has_text="No answer")
    expect(figure).to_contain_text(str(len(silent)))
    ask = page.locator("details.confirm", has_text="Ask them once more")
    ask.locator("summary").click()
    ask.get_by_role("button").click()
    expect(page.get_by_text(f"{len(silent)} people are asked once more.")).to_be_visible()
    nudged = story.all_told("Your answer is awaited: %(title)s", TITLE, silent)
    assert {len(one) for one in nudged.values()} == {1}


def ask_counties_to_name(story: Story) -> int:
    """The province puts on a meeting to which each county sends two."""
    page = story.province
    page.get_by_role("link", name="Meetings").first.click()
    page.get_by_role("link", name="Schedule a meeting").first.click()
    page.get_by_label("Name of the meeting").fill(JOINT)
    fill_times(page, tomorrow(14, days=20))
    page.get_by_text("Units that name their own participants").click()
    naming = page.get_by_role("group", name="These units name their own participants")
    for unit in (COUNTY, OTHER):
        naming.get_by_label(unit).check()
    page.get_by_label("Places for each unit").fill("2")
    page.locator("button[data-commit]").click()
    expect(page.get_by_text("The meeting is on the calendar.")).to_be_visible()
    return number_in(page.url)


def name_participants(story: Story, joint: int) -> None:
    """Each office is asked, names its own, and they are invited; the province sees who has named whom."""
    chosen = addresses(story.members[3:5]) | addresses(story.fewer[:2])
    for page, rows, venue in (
        (story.office, story.members[3:5], ""),
        (story.other, story.fewer[:2], "县政协一楼"),
    ):
        expect(page.locator("[data-unread]")).to_be_visible(timeout=ARRIVES * 1000)
        story.go(page, "/")
        page.locator(".needs li", has_text=JOINT).get_by_role("link", name="Name participants").click()
        page.get_by_label("Participants").fill("、".join(row.number for row in rows))
        if venue:
            page.get_by_label("Sub-venue").fill(venue)
        page.get_by_role("button", name="Name them").click()
        expect(page.get_by_text("The participants are named.")).to_be_visible()
    invitations = story.all_told("Invitation: %(title)s", JOINT, chosen)
    assert {len(one) for one in invitations.values()} == {1}
    at_venue = letters.event(invitations[story.fewer[0].email][0])
    assert "县政协一楼" in at_venue.text("LOCATION")
    story.go(story.province, f"/meetings/{joint}/delegations")
    expect(story.province.locator("#main")).to_contain_text("2 of 2 have named")


def move_in_a_burst_of_edits(story: Story, meeting: int) -> None:
    """Another room, then another day: soon the members are told of both at once."""
    page = story.office
    opens = soon_after_the_minute(clock.now() + REMINDED + SOON)
    story.mail.box.delay = 0.3
    story.go(page, f"/meetings/{meeting}/edit")
    page.get_by_label("Place", exact=False).first.fill(OTHER_ROOM)
    page.get_by_role("button", name="Save", exact=True).click()
    story.go(page, f"/meetings/{meeting}/reschedule")
    fill_times(page, opens)
    page.get_by_label("Reason").fill("报告厅明天另有安排")
    page.get_by_role("button", name="Reschedule").click()
    expect(page.get_by_text("The meeting is rescheduled.")).to_be_visible()


def kill_while_it_sends(story: Story) -> None:
    """As a power cut would; it is started again at once."""
    until(lambda: len(story.told("Changed: %(title)s", TITLE)) >= 3, ARRIVES, "some letters of the change")
    story.server.kill9()
    assert len(story.told("Changed: %(title)s", TITLE)) < len(story.members)
    story.mail.box.delay = 0
    story.server.start()


def put_off_and_call_off(story: Story, joint: int) -> None:
    """The province's meeting is postponed, and cancelled once all know: each of that is told once."""
    page, chosen = story.province, addresses(story.members[3:5]) | addresses(story.fewer[:2])
    for act, done, text, how in (
        ("postpone", "The meeting is postponed.", "Postponed: %(title)s", "REQUEST"),
        ("cancel", "The meeting is cancelled.", "Cancelled: %(title)s", "CANCEL"),
    ):
        story.go(page, f"/meetings/{joint}/{act}")
        page.get_by_label("Reason").fill("与省里的会期相冲突")
        page.locator(".commit button").click()
        expect(page.get_by_text(done)).to_be_visible()
        told = story.all_told(text, JOINT, chosen)
        for invitation, (letter,) in ((one, told[one]) for one in chosen):
            first = letters.event(story.told("Invitation: %(title)s", JOINT)[invitation][0])
            now = letters.event(letter)
            assert letters.method(letter) == how
            assert now["UID"] == first["UID"]
            assert int(now["SEQUENCE"]) > int(first["SEQUENCE"])


def answer_once_more(story: Story, meeting: int) -> None:
    """Who had said yes had said it to another time."""
    phone = story.phones[2]
    story.go(phone, f"/meetings/{meeting}/answer")
    expect(phone.locator("#main")).to_contain_text(zh("The meeting has been moved since you answered."))
    phone.get_by_role("button", name=zh("I attend"), exact=True).click()
    expect(phone.locator("#main")).to_contain_text(zh("You have answered: I attend."))


def be_reminded(story: Story, meeting: int) -> None:
    """Of the new time, once: by mail and in the group. The reminder of the old time is void."""
    comes, excused = story.members[2].email, story.members[1].email
    until(lambda: story.told("Reminder: %(title)s", TITLE), DUE + ARRIVES, "the reminder to fall due")
    reminded = story.all_told("Reminder: %(title)s", TITLE, {comes})
    assert len(reminded[comes]) == 1
    asked = story.told("Your answer is awaited: %(title)s", TITLE)
    silent = addresses(story.members) - {comes, excused}
    until(lambda: all(len(asked_of(story)[one]) == 2 for one in silent), ARRIVES, "the silent to be reminded")
    assert excused not in asked
    (posted,) = in_the_group(story, "reminder")
    assert TITLE in posted["subject"]
    with story.store.read() as work:
        rows = work.db.scalars(select(Reminder).where(Reminder.meeting_id == meeting).order_by(Reminder.id))
        old, new = rows.all()
    assert (old.given_at, old.due_at) == (None, None)
    assert old.voided_at is not None
    assert new.given_at is not None


def asked_of(story: Story) -> dict[str, list[EmailMessage]]:
    return story.told("Your answer is awaited: %(title)s", TITLE)


def the_change_is_one(story: Story) -> None:
    """Old and new in one letter; calendars take it as the same meeting, elsewhere in time."""
    changed = story.all_told("Changed: %(title)s", TITLE, addresses(story.members))
    assert {len(one) for one in changed.values()} == {1}
    for to, (letter,) in changed.items():
        text, first = letters.words(letter), letters.event(story.told("Invitation: %(title)s", TITLE)[to][0])
        for said in (ROOM, OTHER_ROOM, "10:00–11:30", "报告厅明天另有安排"):
            assert said in text
        now = letters.event(letter)
        assert letters.method(letter) == "REQUEST"
        assert now["UID"] == first["UID"]
        assert int(now["SEQUENCE"]) > int(first["SEQUENCE"])
        assert now["DTSTART"] != first["DTSTART"]
    (posted,) = in_the_group(story, "change")
    assert any(OTHER_ROOM in line for line in posted["lines"])


def all_is_told_once(story: Story) -> None:
    """Whatever was killed: a row each, every letter at least once, and those that came twice are the same."""
    until(lambda: not waiting(story), ONCE_MORE, "the last letters")
    the_change_is_one(story)
    with story.store.read() as work:
        notices = work.db.scalars(select(Notice)).all()
        sent = work.db.execute(
            select(Delivery.message_id, Delivery.state, Person.email)
            .join(Notice, Notice.id == Delivery.notice_id)
            .join(Person, Person.id == Notice.person_id)
            .where(Delivery.channel == EMAIL)
        ).all()
    once = Counter((one.recipient, one.subject, one.kind, one.version) for one in notices)
    assert set(once.values()) == {1}
    of_meetings = Counter((one.recipient, one.subject, one.kind) for one in notices if one.meeting_id)
    assert set(of_meetings.values()) == {1}
    assert {(state, bool(email)) for _id, state, email in sent} == {
        (DeliveryState.SENT, True),
        (DeliveryState.SKIPPED, False),
    }
    copies: dict[str, list[EmailMessage]] = defaultdict(list)
    for _to, letter in story.mail.box.received:
        copies[letter["Message-ID"].strip("<>").partition("@")[0]].append(letter)
        assert not letters.calendars(letter) or letters.method(letter)
    assert set(copies) == {
        message_id.partition("@")[0] for message_id, state, _email in sent if state == DeliveryState.SENT
    }
    for same in copies.values():
        assert len({letters.content(one) for one in same}) == 1


def waiting(story: Story) -> bool:
    with story.store.read() as work:
        some = select(Delivery.id).where(Delivery.state == DeliveryState.WAITING).limit(1)
        return work.db.execute(some).first() is not None
