"""A video platform's sheet becomes presences: a preview of whom it means, then all of it or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from consult.attendance.intervals import Channel, Ended, Interval, merged
from consult.attendance.models import Presence, VideoSheet
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Stale
from consult.core.store import Work
from consult.core.text import clean, line
from consult.meetings import moves
from consult.meetings.audience import Seat, people_called
from consult.meetings.lifecycle import State
from consult.members.access import Actor
from consult.members.models import Person
from consult.register.desk import Desk, desk_of, note
from consult.register.matching import Visitor, visitors
from consult.register.video_sheet import Line, Said

KEPT = timedelta(days=7)  # a preview nobody applies is forgotten then
NOBODY = "-"  # chosen for a name that means no member

Choices = Mapping[str, str]
"""By the name in the sheet, the member who is meant (name or number), or NOBODY."""


@dataclass(frozen=True)
class Preview:
    """A kept sheet, whom its names mean, and what of their time lies in the meeting; `mark` stands for
    exactly this."""

    sheet: VideoSheet
    desk: Desk
    visitors: list[Visitor]
    window: Interval
    mark: str

    @property
    def clear(self) -> list[Visitor]:
        """Those who are found."""
        return [one for one in self.visitors if one.seat]

    @property
    def unsure(self) -> list[Visitor]:
        """Those who may be one of several."""
        return [one for one in self.visitors if len(one.seats) > 1]

    @property
    def unknown(self) -> list[Visitor]:
        """Those who are called like no member: guests, departments, technicians."""
        return [one for one in self.visitors if not one.seats]

    def spans(self, visitor: Visitor) -> list[Interval]:
        """The visitor's time within the meeting."""
        return spans_of(visitor.lines, self.window)


def spans_of(lines: Sequence[Line], window: Interval) -> list[Interval]:
    """The times that the lines show somebody in the window, joined. What the platform counts as absence in
    between is taken off the end: the sheet doesn't say when it was, and no minute more may count than it has.
    """
    first, last = window
    return merged(
        (max(one.joined, first), min(one.left - timedelta(seconds=one.away), last)) for one in lines
    )


def preview(work: Work, actor: Actor, meeting_id: int, filename: str, said: Said) -> VideoSheet:
    """Keeps a sheet that was read, for its preview; forgets the actor's earlier one. Only the host's office
    may. Refuses: Missing, NotAllowed, NotNow."""
    desk = _hosting(work, actor, meeting_id)
    _require_opened(desk)
    mine = (VideoSheet.by_id == actor.person_id) & (VideoSheet.meeting_id == meeting_id)
    work.db.execute(
        delete(VideoSheet).where(
            VideoSheet.applied_at.is_(None), mine | (VideoSheet.made_at < work.now - KEPT)
        )
    )
    kept = VideoSheet(
        meeting_id=meeting_id,
        by_id=actor.person_id or None,
        filename=clean(filename)[-200:],
        lines=msgspec.to_builtins(said.lines),
        made_at=work.now,
    )
    work.db.add(kept)
    work.db.flush()
    return kept


def found(work: Work, actor: Actor, sheet_id: int) -> tuple[VideoSheet, Desk]:
    """A sheet of a meeting whose host the actor organizes. Refuses: Missing, NotAllowed."""
    kept = work.db.get(VideoSheet, sheet_id)
    if kept is None:
        raise Missing
    return kept, _hosting(work, actor, kept.meeting_id)


def look(work: Work, actor: Actor, sheet_id: int) -> Preview:
    """Whom the sheet means. Refuses: Missing, NotAllowed; NotNow, when it has been applied."""
    kept, desk = found(work, actor, sheet_id)
    if kept.applied_at is not None:
        raise NotNow(_l("This sheet has been imported already."))
    return _preview(work, kept, desk, desk.seats(work))


def apply(work: Work, actor: Actor, sheet_id: int, mark: str, chosen: Choices) -> VideoSheet:
    """Writes the presences of all who are found or chosen; once, however often it is asked. Times that the
    ledger has from an earlier sheet are not doubled.

    Refuses: Missing, NotAllowed, NotNow; Stale, when members have changed since the preview; Invalid, while
    it is not said which of several somebody is (field `choice`).
    """
    kept, desk = found(work, actor, sheet_id)
    work.db.refresh(kept, with_for_update=True)
    if kept.applied_at is not None:
        return kept
    _require_opened(desk)
    seats = desk.seats(work)
    shown = _preview(work, kept, desk, seats)
    if shown.mark != mark:
        raise Stale(_l("Members have been changed since this preview. Please look at it again."))
    meant = _meant(shown, seats, chosen)
    known = _known(work, desk.meeting.id)
    times: dict[int, list[Interval]] = {}
    for visitor, seat in meant:
        times.setdefault(seat.person_id, []).extend(shown.spans(visitor))
    seat_of = {seat.person_id: seat for _visitor, seat in meant}
    rows = [
        _presence(kept, actor, seat_of[person], span)
        for person, spans in times.items()
        for span in merged(spans)
        if (person, *span) not in known
    ]
    work.db.add_all(rows)
    kept.applied_at = work.now
    kept.result = {
        "people": len({person for person, spans in times.items() if spans}),
        "rows": len(rows),
        "nobody": len(shown.visitors) - len(meant),
    }
    note(work, actor, desk, "attendance.video_sheet", sheet=kept.id, **kept.result)
    return kept


def take_back(work: Work, actor: Actor, sheet_id: int, reason: str) -> VideoSheet:
    """What the sheet brought counts no more; its rows stay. Refuses: Missing, NotAllowed, NotNow, Invalid
    (field `reason`)."""
    because = line(reason, "reason", longest=200)
    kept, desk = found(work, actor, sheet_id)
    _require_opened(desk)
    if kept.applied_at is None or kept.taken_back_at is not None:
        raise NotNow
    for row in work.db.scalars(
        select(Presence).where(Presence.sheet_id == kept.id, Presence.voided_at.is_(None))
    ):
        row.voided_at = work.now
    kept.taken_back_at = work.now
    note(work, actor, desk, "attendance.video_sheet_taken_back", sheet=kept.id, reason=because)
    return kept


def sheets_of(work: Work, desk: Desk) -> list[VideoSheet]:
    """The meeting's sheets that have been applied, the latest first."""
    return list(
        work.db.scalars(
            select(VideoSheet)
            .where(VideoSheet.meeting_id == desk.meeting.id, VideoSheet.applied_at.is_not(None))
            .order_by(VideoSheet.applied_at.desc())
        )
    )


def _hosting(work: Work, actor: Actor, meeting_id: int) -> Desk:
    desk = desk_of(work, actor, meeting_id)
    if not desk.hosting:
        raise Missing
    if not desk.writes:
        raise NotAllowed
    return desk


def _require_opened(desk: Desk) -> None:
    if desk.state not in (State.OPEN, State.CLOSED, State.SETTLED):
        raise NotNow(_l("The video’s attendance can be imported once the meeting has opened."))


def _preview(work: Work, kept: VideoSheet, desk: Desk, seats: Sequence[Seat]) -> Preview:
    people = {seat.person_id for seat in seats}
    phones = {
        person: phone
        for person, phone in work.db.execute(select(Person.id, Person.phone).where(Person.phone != ""))
        if person in people
    }
    lines = msgspec.convert(kept.lines, list[Line])
    who = visitors(lines, seats, phones)
    told = [(one.name, [seat.membership_id for seat in one.seats]) for one in who]
    mark = hashlib.sha256(msgspec.json.encode(told)).hexdigest()
    return Preview(kept, desk, who, _window(desk, work.now), mark)


def _window(desk: Desk, now: datetime) -> Interval:
    meeting = desk.meeting
    lobby = moves.schedule_of(meeting).lobby_at()
    return min(lobby, meeting.opened_at or lobby), min(now, meeting.closed_at or now)


def _meant(shown: Preview, seats: Sequence[Seat], chosen: Choices) -> list[tuple[Visitor, Seat]]:
    meant = []
    for visitor in shown.visitors:
        said = chosen.get(visitor.name, "")
        if said == NOBODY:
            continue
        if not said:
            if len(visitor.seats) > 1:
                raise Invalid(_l("Please say for each name which member is meant."), field="choice")
            people = list(visitor.seats)
        else:
            people = people_called(seats, said)
            if len(people) != 1:
                raise Invalid(_l("There is no member “%(name)s” here.", name=said), field="choice")
        meant += [(visitor, seat) for seat in people]
    return meant


def _known(work: Work, meeting_id: int) -> set[tuple[int, datetime, datetime | None]]:
    rows = work.db.execute(
        select(Presence.person_id, Presence.joined_at, Presence.left_at).where(
            Presence.meeting_id == meeting_id,
            Presence.channel == Channel.VIDEO,
            Presence.sheet_id.is_not(None),
            Presence.voided_at.is_(None),
        )
    )
    return {(person, joined, left) for person, joined, left in rows}


def _presence(kept: VideoSheet, actor: Actor, seat: Seat, span: Interval) -> Presence:
    start, end = span
    return Presence(
        meeting_id=kept.meeting_id,
        person_id=seat.person_id,
        membership_id=seat.membership_id,
        channel=Channel.VIDEO,
        joined_at=start,
        seen_at=end,
        left_at=end,
        ended=Ended.LEFT,
        process="",
        entered_by=actor.person_id or None,
        sheet_id=kept.id,
    )
