"""The agenda (议程) of a meeting: what comes in which order, who speaks, for how many minutes.

Changing it is a change of the meeting: it claims and grows the meeting's version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from consult.core.errors import Invalid, Missing
from consult.core.store import Work
from consult.core.text import line
from consult.meetings import access, moves
from consult.meetings.audience import people_called, seats_on, with_number
from consult.meetings.changes import claimed, done, not_now
from consult.meetings.lifecycle import Act, State
from consult.meetings.models import AgendaItem, Meeting
from consult.meetings.plan import plan_of
from consult.members.access import Actor
from consult.members.models import Membership, Person, Unit

MOST_ITEMS = 60
MOST_MINUTES = 600
LONGEST_TITLE = 120
LONGEST_SPEAKER = 80


@dataclass(frozen=True)
class Item:
    """An item as it was typed; `speaker` is a member by name or number, or anybody's name."""

    title: str
    speaker: str
    minutes: int

    def __post_init__(self) -> None:
        line(self.title, "title", longest=LONGEST_TITLE)
        line(self.speaker, "speaker", longest=LONGEST_SPEAKER, required=False)
        if not 0 <= self.minutes <= MOST_MINUTES:
            raise Invalid(_l("Between 0 and %(most)s minutes.", most=MOST_MINUTES), field="minutes")


@dataclass(frozen=True)
class Slot:
    """An item in its place: the running time at which it begins, and who speaks, by name."""

    item: AgendaItem
    begins_at: datetime
    speaker: str
    number: str  # of the member's seat; empty for others


def of_meeting(work: Work, meeting: Meeting) -> list[Slot]:
    """The agenda in its order. For who may see the meeting already."""
    rows = work.db.execute(
        select(AgendaItem, Person.name, Membership.number)
        .outerjoin(Membership, Membership.id == AgendaItem.speaker_id)
        .outerjoin(Person, Person.id == Membership.person_id)
        .where(AgendaItem.meeting_id == meeting.id)
        .order_by(AgendaItem.position)
    )
    slots, begins_at = [], meeting.opens_at
    for item, name, number in rows:
        slots.append(Slot(item, begins_at, name or item.speaker, number or ""))
        begins_at += timedelta(minutes=item.minutes)
    return slots


def over_by(meeting: Meeting, slots: Sequence[Slot]) -> int:
    """By how many minutes the agenda is longer than the meeting; 0 when it fits."""
    length = (meeting.closes_at - meeting.opens_at) // timedelta(minutes=1)
    return max(0, sum(slot.item.minutes for slot in slots) - length)


def add(work: Work, actor: Actor, meeting_id: int, version: int, typed: Item) -> AgendaItem:
    """A new item at the end. Refuses: Missing, NotAllowed, Stale, NotNow, Invalid (fields `title`, `speaker`,
    `minutes`)."""
    meeting = _claimed(work, actor, meeting_id, version)
    items = _items(work, meeting)
    if len(items) >= MOST_ITEMS:
        raise Invalid(_l("An agenda has at most %(most)s items.", most=MOST_ITEMS), field="title")
    item = AgendaItem(meeting_id=meeting.id, position=len(items) + 1, **_columns(work, meeting, typed))
    work.db.add(item)
    done(work, actor, meeting, "meeting.agenda", {"agenda": ("", typed.title)})
    return item


def change(work: Work, actor: Actor, meeting_id: int, version: int, item_id: int, typed: Item) -> AgendaItem:
    """Writes the item anew. Refuses as `add` does; Missing also for an item of another meeting."""
    meeting = _claimed(work, actor, meeting_id, version)
    item = _item(_items(work, meeting), item_id)
    before = item.title
    for name, value in _columns(work, meeting, typed).items():
        setattr(item, name, value)
    done(work, actor, meeting, "meeting.agenda", {"agenda": (before, typed.title)})
    return item


def move(work: Work, actor: Actor, meeting_id: int, version: int, item_id: int, by: int) -> None:
    """Moves the item one place up (-1) or down (1); at the end it stays. Refuses: Missing, NotAllowed, Stale,
    NotNow."""
    meeting = _claimed(work, actor, meeting_id, version)
    items = _items(work, meeting)
    item = _item(items, item_id)
    at = items.index(item)
    items.insert(min(max(at + by, 0), len(items) - 1), items.pop(at))
    _number(work, items)
    done(work, actor, meeting, "meeting.agenda", {"agenda": (item.title, item.title)})


def remove(work: Work, actor: Actor, meeting_id: int, version: int, item_id: int) -> None:
    """Takes the item off the agenda. Refuses: Missing, NotAllowed, Stale, NotNow."""
    meeting = _claimed(work, actor, meeting_id, version)
    items = _items(work, meeting)
    item = _item(items, item_id)
    items.remove(item)
    work.db.delete(item)
    work.db.flush()
    _number(work, items)
    done(work, actor, meeting, "meeting.agenda", {"agenda": (item.title, "")})


def copied(work: Work, of: Meeting, to: Meeting) -> None:
    """Gives a new meeting the agenda of another that its maker manages."""
    for item in _items(work, of):
        work.db.add(
            AgendaItem(
                meeting_id=to.id,
                position=item.position,
                title=item.title,
                minutes=item.minutes,
                speaker_id=item.speaker_id,
                speaker=item.speaker,
            )
        )


def item_of(work: Work, actor: Actor, meeting_id: int, item_id: int) -> Slot:
    """The item, to be changed. Refuses: Missing, NotAllowed."""
    meeting = access.managed_by(work, actor, meeting_id)
    for slot in of_meeting(work, meeting):
        if slot.item.id == item_id:
            return slot
    raise Missing


def _claimed(work: Work, actor: Actor, meeting_id: int, version: int) -> Meeting:
    meeting = claimed(work, actor, meeting_id, version)
    if not moves.allowed(meeting, work.now, Act.EDIT):
        raise not_now(State(meeting.state))
    return meeting


def _items(work: Work, meeting: Meeting) -> list[AgendaItem]:
    asked = select(AgendaItem).where(AgendaItem.meeting_id == meeting.id).order_by(AgendaItem.position)
    return list(work.db.scalars(asked))


def _item(items: Sequence[AgendaItem], item_id: int) -> AgendaItem:
    found = next((item for item in items if item.id == item_id), None)
    if found is None:
        raise Missing
    return found


def _number(work: Work, items: Sequence[AgendaItem]) -> None:
    """Numbers the items anew; by way of numbers that none has, for no two may have the same at any time."""
    for sign in (-1, 1):
        for position, item in enumerate(items, 1):
            item.position = sign * position
        work.db.flush()


def _columns(work: Work, meeting: Meeting, typed: Item) -> dict[str, object]:
    speaker_id, speaker = None, line(typed.speaker, "speaker", longest=LONGEST_SPEAKER, required=False)
    if speaker:
        host = work.db.get_one(Unit, meeting.host_id)
        found = people_called(seats_on(work, host, plan_of(meeting).day), speaker)
        if len(found) > 1:
            which = "、".join(with_number(seat) for seat in found[:5])
            raise Invalid(
                _l("“%(name)s” may be any of: %(which)s.", name=speaker, which=which), field="speaker"
            )
        if found:
            speaker_id, speaker = found[0].membership_id, ""
    title = line(typed.title, "title", longest=LONGEST_TITLE)
    return {"title": title, "minutes": typed.minutes, "speaker_id": speaker_id, "speaker": speaker}
