"""The outbox: who is told once is not told twice, and what carries it goes by what each person wants."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from consult.core.i18n import in_language
from consult.core.store import Store, Work
from consult.members.models import Person
from consult.notices import outbox
from consult.notices.kinds import EMAIL, PERSONAL, ROBOT, SMS, Kind, path, worded
from consult.notices.models import Delivery, Notice, Robot, Unwanted
from consult.notices.outbox import Telling, tell, tell_groups
from consult.notices.policy import Policy
from tests.support.cast import NINE, Cast, at, cast

POLICY = Policy(
    channels=frozenset((*PERSONAL, ROBOT)),
    change_quiet=timedelta(minutes=2),
    reminders=(4320, 1440, 30),
    quiet_from=time(22),
    quiet_until=time(7, 30),
    zone="Asia/Shanghai",
)
DATA = {
    "meeting": 9, "title": "推进城乡供水一体化", "host": "清河县政协", "zone": "Asia/Shanghai",
    "opens_at": NINE.isoformat(), "closes_at": at(60).isoformat(), "mode": "remote", "place": "",
    "link": False, "attending": "mandatory", "answer_by": None,
}  # fmt: skip


def telling(**given: Any) -> Telling:
    return Telling(**{"kind": Kind.INVITATION, "subject": "meeting:9", "version": 1, "data": DATA, **given})


def count(store: Store, table: type) -> int:
    with store.read() as work:
        return work.db.scalar(select(func.count()).select_from(table)) or 0


def deliveries(store: Store) -> dict[tuple[str, str], tuple[str, datetime]]:
    """State and due time by recipient and channel."""
    with store.read() as work:
        rows = work.db.execute(
            select(Notice.recipient, Delivery.channel, Delivery.state, Delivery.due_at).join(
                Delivery, Delivery.notice_id == Notice.id
            )
        )
        return {(recipient, channel): (state, due_at) for recipient, channel, state, due_at in rows}


@pytest.fixture
def people(store: Store) -> Cast:
    return cast(store)


def test_telling_twice_tells_once(store: Store, people: Cast) -> None:
    for expected in (2, 0):
        assert store.write_at(NINE, tell, POLICY, [people.wang, people.li], telling()) == expected
    assert store.write_at(NINE, tell, POLICY, [people.wang, people.zhao], telling()) == 1
    assert store.write_at(NINE, tell, POLICY, [people.wang], telling(version=2)) == 1
    assert (count(store, Notice), count(store, Delivery)) == (4, 8)


def test_each_channel_goes_by_address_and_wish(store: Store, people: Cast) -> None:
    def set_up(work: Work) -> None:
        work.db.execute(update(Person).where(Person.id == people.wang).values(email="w@x.cn", phone="139"))
        work.db.add(Unwanted(person_id=people.wang, channel=SMS, at=work.now))
        work.db.get_one(Person, people.zhao).disabled_at = work.now

    store.write(set_up)
    store.write_at(NINE, tell, POLICY, [people.wang, people.li, people.zhao], telling())
    assert deliveries(store) == {
        (f"person:{people.wang}", EMAIL): ("waiting", NINE),
        (f"person:{people.wang}", SMS): ("skipped", NINE),
        (f"person:{people.li}", EMAIL): ("skipped", NINE),
        (f"person:{people.li}", SMS): ("skipped", NINE),
    }


def test_groups_are_told_what_their_robots_want(store: Store, people: Cast) -> None:
    def set_up(work: Work) -> None:
        for unit_id, kinds, removed in (
            (people.county, ["invitation"], None),
            (people.county, ["report"], None),
            (people.county, ["invitation"], work.now),
            (people.other_county, ["invitation"], None),
        ):
            work.db.add(
                Robot(
                    unit_id=unit_id, kind="wecom", name="委员群", url="https://x", kinds=kinds,
                    made_by=people.office, made_at=work.now, removed_at=removed,
                )
            )  # fmt: skip

    store.write(set_up)
    assert store.write_at(NINE, tell_groups, POLICY, people.county, telling()) == 1
    assert store.write_at(NINE, tell_groups, POLICY, people.county, telling()) == 0
    assert store.write_at(NINE, tell_groups, POLICY, people.county, telling(kind=Kind.WITHDRAWN)) == 0
    assert [key[1] for key in deliveries(store)] == [ROBOT]


def test_three_thousand_are_told_in_as_many_statements_as_three(store: Store, people: Cast) -> None:
    def many(work: Work) -> list[int]:
        people = [Person(name=f"委员{n}", email=f"{n}@x.cn", created_at=work.now) for n in range(3000)]
        work.db.add_all(people)
        work.db.flush()
        return [person.id for person in people]

    ids = store.write(many)
    said: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))

    def statements(recipients: list[int], version: int) -> int:
        said.clear()
        asked = select(Person.id).where(Person.id.between(recipients[0], recipients[-1]))
        assert store.write_at(NINE, tell, POLICY, asked, telling(version=version)) == len(recipients)
        return len(said)

    assert statements(ids[:3], 1) == statements(ids, 2)


def test_what_waits_is_dropped_once_it_is_of_no_use(store: Store, people: Cast) -> None:
    def address(work: Work) -> None:
        work.db.execute(update(Person).values(email="a@x.cn"))

    store.write(address)
    store.write_at(at(-30), tell, POLICY, [people.wang, people.li], telling(useful_until=NINE))
    store.write_at(at(-30), tell, POLICY, [people.wang], telling(version=2))

    def hold(work: Work) -> None:
        mine = select(Notice.id).where(Notice.person_id == people.li)
        work.db.execute(
            update(Delivery).where(Delivery.notice_id.in_(mine)).values(held_until=at(1), held_by="sender")
        )

    store.write(hold)
    with store.read(at(-1)) as work:
        assert not outbox.too_late(work)
    with store.read(NINE) as work:
        assert outbox.too_late(work)
    store.write_at(NINE, outbox.drop_late)
    with store.read() as work:
        rows = work.db.execute(
            select(Notice.person_id, Notice.version, Delivery.state)
            .join(Delivery, Delivery.notice_id == Notice.id)
            .where(Delivery.channel == EMAIL)
        )
        assert {(who, version): state for who, version, state in rows} == {
            (people.wang, 1): "void",
            (people.wang, 2): "waiting",
            (people.li, 1): "void",  # though a sender has it in hand
        }


@pytest.mark.parametrize(
    ("told_at", "begins_at", "sent_at"),
    [
        ("21:59", None, "21:59"),
        ("22:00", None, "07:30+1"),
        ("07:29", None, "07:30"),
        ("07:30", None, "07:30"),
        ("23:00", "09:29+1", "23:00"),
        ("23:00", "09:30+1", "07:30+1"),
    ],
)
def test_night_is_quiet_but_for_what_can_not_wait(told_at: str, begins_at: str | None, sent_at: str) -> None:
    def instant(text: str) -> datetime:
        clock, _, days = text.partition("+")
        day = datetime.fromisoformat(f"2026-03-10T{clock}+08:00")
        return (day + timedelta(days=int(days or 0))).astimezone(UTC)

    begins = instant(begins_at) if begins_at else None
    assert POLICY.send_at(instant(told_at), begins).astimezone(UTC) == instant(sent_at)
    assert POLICY.send_at(instant(told_at), begins, urgent=True) == instant(told_at)


def test_burst_may_last_shorter_before_a_meeting_that_is_near() -> None:
    assert POLICY.told_from(NINE, at(60)) - NINE == timedelta(minutes=2)
    assert POLICY.told_from(NINE, at(10)) - NINE == timedelta(minutes=1)
    assert POLICY.told_from(NINE, at(-10)) == NINE


MORE: dict[Kind, dict[str, Any]] = {
    Kind.CHANGE: {
        "reason": "场地调整",
        "changes": [
            {"what": "time", "old": [NINE.isoformat(), at(60).isoformat(), "Asia/Shanghai"],
             "new": [at(1440).isoformat(), at(1500).isoformat(), "Asia/Shanghai"]},
            {"what": "title", "old": "旧题", "new": "新题"},
            {"what": "place", "old": "", "new": "三楼会议室"},
            {"what": "mode", "old": "remote", "new": "on_site"},
            {"what": "link", "old": False, "new": True},
            {"what": "agenda", "old": None, "new": None},
            {"what": "answer_by", "old": None, "new": [NINE.isoformat(), "Asia/Shanghai"]},
            {"what": "held", "old": None, "new": None},
        ]
    },
    Kind.POSTPONED: {"reason": "汛情"},
    Kind.CANCELLED: {"reason": ""},
    Kind.LEAVE_ASKED: {"name": "王秀兰", "reason": "出差"},
    Kind.LEAVE_DECIDED: {"status": "remote", "reason": ""},
    Kind.REMINDER: {"ask": False},
    Kind.REPORT: {"office": True},
    Kind.SUB_VENUE: {"old": "", "new": "县会堂"},
    Kind.NAMING: {"unit": "白塔县政协", "places": 3},
    Kind.NAMED: {"unit": "白塔县政协", "people": 2},
    Kind.MATERIALS: {"count": 7, "files": ["方案.pdf"]},
    Kind.MINUTES: {"count": 1, "files": ["纪要.pdf"]},
    Kind.CALL: {"call": 2},
    Kind.CALL_MOVED: {"call": 2, "was": at(600).isoformat(), "over": False},
    Kind.OBJECTION: {"name": "赵敏", "text": "我在分会场", "objection": 3},
    Kind.OBJECTION_ANSWERED: {"accepted": True, "answer": "签到表上有您"},
    Kind.TOPIC_DECIDED: {"topic": 4, "state": "merged", "reason": "", "into": "供水"},
}  # fmt: skip


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_has_words_in_both_languages(kind: Kind) -> None:
    data = {**DATA, **MORE.get(kind, {})}
    with in_language("zh_CN"):
        chinese = worded(kind, data)
    with in_language("en"):
        english = worded(kind, data)
    for words, other in ((chinese, english), (english, chinese)):
        assert all((words.title, words.lines, words.short))
        assert (words.title == other.title, words.short == other.short) == (False, False)
        assert "%(" not in words.title + words.text + words.short
    assert path(kind, data).startswith("/")


TO_ROOM = {
    Kind.INVITATION, Kind.CHANGE, Kind.POSTPONED, Kind.CANCELLED, Kind.LEAVE_DECIDED, Kind.NUDGE,
    Kind.REMINDER, Kind.PLACE, Kind.MATERIALS, Kind.OPEN, Kind.SUB_VENUE,
}  # fmt: skip


@pytest.mark.parametrize("kind", list(Kind))
def test_what_a_member_with_a_seat_is_told_of_a_meeting_leads_to_its_room(kind: Kind) -> None:
    data = {**DATA, **MORE.get(kind, {})}
    room = f"/meetings/{DATA['meeting']}/room"
    assert (path(kind, data, seated=True) == room) is (kind in TO_ROOM)
    assert (path(kind, data) == room) is (kind is Kind.OPEN)


def test_change_says_old_and_new() -> None:
    with in_language("zh_CN"):
        text = worded(Kind.CHANGE, {**DATA, **MORE[Kind.CHANGE]}).text
    for part in ("3月10日", "3月11日", "旧题", "新题", "三楼会议室", "无"):
        assert part in text
