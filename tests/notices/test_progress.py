"""How far the telling of a meeting is: before it begins, while mails go out, when it is over; for whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from consult.core import clock
from consult.core.store import Work
from consult.invitations import nudging
from consult.meetings import scheduling
from consult.meetings.models import Meeting
from consult.members.models import Person
from consult.notices.models import Delivery, DeliveryState, Notice
from consult.notices.progress import Progress, progress
from tests.meetings.people import People
from tests.notices.people import turn
from tests.support.visitor import Enter

MAILED = 3


@pytest.fixture
def meeting(people: People) -> Meeting:
    """A meeting of next week, just scheduled; three of its four people have a mail address."""
    people.store.write(_addresses, (people.cast.wang, people.cast.li, people.cast.zhao))
    opens = (clock.now() + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    plan = people.plan(opens_at=opens, closes_at=opens + timedelta(hours=1))
    return people.store.write(scheduling.schedule, people.office, people.cast.county, plan)


def _addresses(work: Work, who: tuple[int, ...]) -> None:
    for one in who:
        work.db.execute(update(Person).where(Person.id == one).values(email=f"p{one}@x.cn"))


def ended(people: People, state: DeliveryState, most: int = 99) -> None:
    """So many of the messages that wait have come to that end."""

    def end(work: Work) -> None:
        waiting = select(Delivery.id).where(Delivery.state == DeliveryState.WAITING).limit(most)
        ids = list(work.db.scalars(waiting))
        work.db.execute(update(Delivery).where(Delivery.id.in_(ids)).values(state=state))

    people.store.write(end)


def seen(people: People, meeting: Meeting) -> Progress | None:
    with people.store.read() as work:
        return progress(work, work.db.get_one(Meeting, meeting.id))


def announced(people: People) -> None:
    turn(people.store, clock.now() + timedelta(minutes=5))


def test_the_bar_goes_from_nobody_to_everybody_and_then_away(people: People, meeting: Meeting) -> None:
    assert seen(people, meeting) == Progress(4, 0, 4, 0, {})
    announced(people)
    found = seen(people, meeting)
    assert found == Progress(4, 4, MAILED, 0, {})
    assert found.done == 1
    ended(people, DeliveryState.SENT, 1)
    ended(people, DeliveryState.FAILED, 1)
    assert seen(people, meeting) == Progress(4, 4, 1, 1, {"email": 1})
    ended(people, DeliveryState.SENT)
    assert seen(people, meeting) is None


def test_a_nudge_of_many_has_its_own(people: People, meeting: Meeting) -> None:
    announced(people)
    ended(people, DeliveryState.SENT)
    later = clock.now() + timedelta(minutes=6)
    people.store.write_at(later, nudging.nudge, people.office, meeting.id)
    turn(people.store, later + timedelta(seconds=30))
    assert seen(people, meeting) == Progress(4, 4, MAILED, 0, {})


def test_nothing_is_on_its_way_of_a_draft_or_of_another_meeting(people: People, meeting: Meeting) -> None:
    plan = people.plan(opens_at=meeting.opens_at, closes_at=meeting.closes_at)
    draft = people.store.write(scheduling.schedule, people.office, people.cast.county, plan, draft=True)
    announced(people)
    assert seen(people, draft) is None


def test_many_are_counted_with_as_many_queries_as_few(people: People, meeting: Meeting) -> None:
    announced(people)
    said: list[object] = []
    numbers = []
    for more in (0, 500):
        people.store.write(_more, meeting.id, more)
        said.clear()
        event.listen(people.store.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
        found = seen(people, meeting)
        assert found is not None
        assert found.left == MAILED + more
        numbers.append(len(said) if not more else len(said) / 2)  # the first listener hears, too
    assert numbers[0] == numbers[1]


def _more(work: Work, meeting_id: int, number: int) -> None:
    like = work.db.scalars(select(Notice).where(Notice.meeting_id == meeting_id).limit(1)).one()
    same: dict[str, Any] = {
        name: getattr(like, name) for name in ("meeting_id", "subject", "kind", "version", "data", "made_at")
    }
    for one in range(number):
        notice = Notice(recipient=f"person:9{one}", person_id=like.person_id, **same)
        work.db.add(notice)
        work.db.flush()
        work.db.add(
            Delivery(
                notice_id=notice.id, channel="email", state=DeliveryState.WAITING, message_id=f"more.{one}",
                due_at=work.now,
            )
        )  # fmt: skip


def test_the_office_s_page_has_the_bar_and_scheduling_leads_there(
    sqlite_people: People, enter: Enter
) -> None:
    people = sqlite_people
    opens = clock.now() + timedelta(days=7)
    plan = people.plan(opens_at=opens, closes_at=opens + timedelta(hours=1))
    people.store.write(_addresses, (people.cast.wang,))
    draft = people.store.write(scheduling.schedule, people.office, people.cast.county, plan, draft=True)
    office, where = enter(people.cast.office), f"/meetings/{draft.id}/notices"
    assert "data-progress" not in office.get(where).text
    office.post(f"/meetings/{draft.id}/schedule", {"version": "1"})
    assert f'href="{where}">See who has been told</a>' in office.get(f"/meetings/{draft.id}").text
    page = office.get(where).text
    assert f'data-progress="{where}/progress"' in page
    assert "0 of 4 told · 4 left" in page
    announced(people)
    json = {"Accept": "application/json"}
    told = office.get(f"{where}/progress", headers=json).json
    words = "3 of 4 told · in the application: 4 · 1 left"
    assert told == {"ok": True, "ended": False, "done": 3, "total": 4, "words": words}
    ended(people, DeliveryState.SENT)
    assert office.get(f"{where}/progress", headers=json).json == {"ok": True, "ended": True}
    for stranger, status in ((people.other_office, 404), (people.reader, 403), (people.cast.wang, 403)):
        assert enter(stranger).get(f"{where}/progress", headers=json).status_code == status
