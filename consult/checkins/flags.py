"""What an organizer should look at in a meeting, and that he has: facts from the ledger, never a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from consult.attendance.intervals import Channel
from consult.attendance.models import Presence
from consult.checkins import oddities, prompts
from consult.checkins.models import Looked
from consult.checkins.oddities import Flag, Kind, Stay
from consult.core.errors import Missing
from consult.core.store import Work
from consult.meetings.access import managed_by
from consult.meetings.models import Meeting
from consult.members import audit
from consult.members.access import Actor
from consult.members.models import Person, SignIn


@dataclass(frozen=True)
class Shown:
    """A flag, and who looked at it when; `again`: more has come since."""

    flag: Flag
    looked_by: str | None
    looked_at: datetime | None

    @property
    def again(self) -> bool:
        return self.looked_at is not None and self.looked_at < self.flag.since

    @property
    def open(self) -> bool:
        return self.looked_at is None or self.again


def of_meeting(work: Work, actor: Actor, meeting_id: int) -> list[Shown]:
    """The meeting's flags, those that nobody has looked at first. Refuses: Missing, NotAllowed."""
    meeting = managed_by(work, actor, meeting_id)
    looked = {
        (row.kind, row.subject): (name, row.at)
        for row, name in work.db.execute(
            select(Looked, Person.name)
            .outerjoin(Person, Person.id == Looked.by_id)
            .where(Looked.meeting_id == meeting_id)
        )
    }
    shown = [
        Shown(flag, *looked.get((flag.kind.value, flag.subject), (None, None)))
        for flag in (*oddities.found(_stays(work, meeting)), *_unanswered(work, meeting_id))
    ]
    return sorted(shown, key=lambda one: not one.open)


def look(work: Work, actor: Actor, meeting_id: int, kind: str, subject: int) -> None:
    """The actor has looked at a flag. Refuses: Missing (also when there is no such flag), NotAllowed."""
    shown = of_meeting(work, actor, meeting_id)
    if not any(one.flag.kind == kind and one.flag.subject == subject for one in shown):
        raise Missing
    row = work.db.get(Looked, (meeting_id, kind, subject))
    if row is None:
        row = Looked(meeting_id=meeting_id, kind=kind, subject=subject)
        work.db.add(row)
    row.at, row.by_id = work.now, actor.person_id or None
    host_id = work.db.get_one(Meeting, meeting_id).host_id
    audit.note(work, actor, "flag.looked_at", f"meeting:{meeting_id}", host_id, kind=kind, about=subject)


def _unanswered(work: Work, meeting_id: int) -> list[Flag]:
    missed = prompts.unanswered(work, meeting_id)
    people = select(Person).where(Person.id.in_(missed)).order_by(Person.name)
    return [
        Flag(
            Kind.UNANSWERED, one.id, (one.name,), (), missed[one.id][-1].at,
            asked=tuple(prompt.at for prompt in missed[one.id]),
        )
        for one in work.db.scalars(people)
    ]  # fmt: skip


def _stays(work: Work, meeting: Meeting) -> Sequence[Stay]:
    until = meeting.closed_at or work.now
    rows = work.db.execute(
        select(
            Presence.person_id,
            Person.name,
            func.coalesce(SignIn.browser_id, SignIn.id),
            SignIn.device,
            Presence.channel,
            Presence.joined_at,
            func.coalesce(Presence.left_at, until, type_=Presence.left_at.type),
        )
        .join(Person, Person.id == Presence.person_id)
        .join(SignIn, SignIn.id == Presence.sign_in_id)
        .where(Presence.meeting_id == meeting.id, Presence.voided_at.is_(None))
        .order_by(Presence.id)
    )
    return [
        Stay(person_id, name, browser, device, Channel(channel), start, max(start, end))
        for person_id, name, browser, device, channel, start, end in rows
    ]
