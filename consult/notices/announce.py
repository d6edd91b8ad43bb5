"""Announcing by comparing: what a meeting has become against what people were last told of it.

Nobody has to remember to tell anybody: the clock compares. A meeting whose version, revision or delegations
differ from those of its LookedAt row is looked at; what was told before stands in its last Announcement, who
was told, and of which sub-venue, in Informed. All that comes of one look is one transaction, so whatever is
killed, a look was made or it was not. Meetings that are over are not looked at: a history that is written
afterwards stays silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, func, or_, select

from consult.core.store import Work
from consult.meetings import invited, moves
from consult.meetings.lifecycle import Move, State
from consult.meetings.models import Delegation, Invitation, Meeting, Transition
from consult.members.models import AuditEntry
from consult.notices import delegations, reminders, sub_venues
from consult.notices.kinds import Kind
from consult.notices.known import CANCELLED, ON, OVER, about, changes, snapshot
from consult.notices.models import Announcement, Informed, LookedAt, Notice
from consult.notices.outbox import Telling, put, tell, tell_groups, withdraw
from consult.notices.policy import Policy
from consult.notices.wording import instant

LOOKED_AT = (State.SCHEDULED, State.LOBBY, State.OPEN, State.POSTPONED, State.CANCELLED)
OFF = (State.POSTPONED, State.CANCELLED)  # told at once
OVERTAKEN = (Kind.INVITATION, Kind.CHANGE, Kind.SUB_VENUE, Kind.POSTPONED, Kind.PLACE, Kind.NUDGE)


@dataclass(frozen=True)
class _Look:
    """One look at a meeting: what people know and what is, and who they are."""

    meeting: Meeting
    number: int
    before: dict[str, Any] | None
    now: dict[str, Any]

    @property
    def subject(self) -> str:
        return f"meeting:{self.meeting.id}"

    @property
    def invited(self) -> Select[int]:
        return select(Invitation.person_id).where(Invitation.meeting_id == self.meeting.id)

    @property
    def informed(self) -> Select[int]:
        return select(Informed.person_id).where(Informed.meeting_id == self.meeting.id)

    @property
    def new(self) -> Select[int]:
        return self.invited.where(Invitation.person_id.not_in(self.informed))

    @property
    def staying(self) -> Select[int]:
        return self.informed.where(Informed.person_id.in_(self.invited))

    @property
    def gone(self) -> Select[int]:
        return self.informed.where(Informed.person_id.not_in(self.invited))

    def telling(self, kind: Kind, data: dict[str, Any], useful_until: datetime) -> Telling:
        return Telling(
            kind, self.subject, self.number, data, self.meeting.id, instant(data["opens_at"]), useful_until
        )


def waiting(work: Work, policy: Policy, *where: ColumnElement[bool]) -> list[int]:
    """The meetings that are to be looked at now: changed since the last look, and left alone since."""
    edited_at = func.max(Delegation.updated_at)
    latest = select(edited_at).where(Delegation.meeting_id == Meeting.id).correlate(Meeting)
    rows = work.db.execute(
        select(Meeting, latest.scalar_subquery(), LookedAt.at)
        .outerjoin(LookedAt, LookedAt.meeting_id == Meeting.id)
        .where(Meeting.closes_at > work.now, Meeting.state.in_(LOOKED_AT), _differs(), *where)
        .order_by(Meeting.updated_at)
    )
    return [
        meeting.id
        for meeting, named_at, looked_at in rows
        if meeting.state in OFF
        or policy.told_from(max(meeting.updated_at, named_at or meeting.updated_at), meeting.opens_at)
        <= work.now
        or _edited_for_long(work, policy, meeting, looked_at)
    ]


def _edited_for_long(work: Work, policy: Policy, meeting: Meeting, looked_at: datetime | None) -> bool:
    """Whether people have not been told of an edit, by the office or by a unit below, for so long that they
    must be, though others go on."""
    since = work.now - policy.longest_quiet
    if looked_at is None:  # a draft's edits concern nobody until it is put on the calendar
        put_on = select(func.max(Transition.at)).where(Transition.meeting_id == meeting.id)
        return (work.db.scalar(put_on) or meeting.created_at) <= since
    below = work.db.scalars(select(Delegation.unit_id).where(Delegation.meeting_id == meeting.id)).all()
    subject = f"meeting:{meeting.id}"
    edit = (
        select(AuditEntry.id)
        .where(AuditEntry.unit_id.in_((meeting.host_id, *below)))
        .where(AuditEntry.at > looked_at, AuditEntry.at <= since)
        .where(AuditEntry.subject.in_((subject, *(f"{subject}:unit:{unit_id}" for unit_id in below))))
    )
    return work.db.scalar(edit.limit(1)) is not None


def pending(work: Work, meeting: Meeting) -> bool:
    """Whether the meeting has changed since people were last told of it, and the clock waits to tell them."""
    over = meeting.closes_at <= work.now or meeting.state not in LOOKED_AT
    row = work.db.execute(
        select(Meeting.id)
        .outerjoin(LookedAt, LookedAt.meeting_id == Meeting.id)
        .where(Meeting.id == meeting.id, _differs())
    ).first()
    return row is not None and not over


def look(work: Work, policy: Policy, meeting_id: int) -> None:
    """Tells each person what concerns him of what the meeting has become since he was last told."""
    # Another clock may have it in hand, or may just have been done with it.
    meeting = work.db.scalars(
        select(Meeting).where(Meeting.id == meeting_id).with_for_update(key_share=True, skip_locked=True)
    ).first()
    if meeting is None or not waiting(work, policy, Meeting.id == meeting_id):
        return
    last = last_announcement(work, meeting_id)
    if last is None and meeting.announced_at is not None:
        _adopt(work, policy, meeting)
    else:
        number = last.number + 1 if last else 1
        _tell(work, policy, _Look(meeting, number, last.snapshot if last else None, snapshot(work, meeting)))
    _looked_at(work, meeting)


def last_announcement(work: Work, meeting_id: int) -> Announcement | None:
    """What was last told of the meeting."""
    return work.db.scalars(
        select(Announcement)
        .where(Announcement.meeting_id == meeting_id)
        .order_by(Announcement.number.desc())
        .limit(1)
    ).first()


def _differs() -> ColumnElement[bool]:
    return or_(
        LookedAt.meeting_id.is_(None),
        LookedAt.meeting_version != Meeting.version,
        LookedAt.meeting_revision != Meeting.revision,
        LookedAt.delegations != invited.edits_below(),
    )


def _adopt(work: Work, policy: Policy, meeting: Meeting) -> None:
    """Takes what people were told by other ways, before there were notices, as told."""
    seen = _Look(meeting, 0, None, snapshot(work, meeting))
    _announced(work, seen)
    _inform(work, seen)
    reminders.plan(work, policy, meeting, 0)


def _tell(work: Work, policy: Policy, seen: _Look) -> None:
    status = seen.now["status"]
    if status == OVER or (seen.before is None and status != ON):
        return
    if status == ON:
        told = _on(work, policy, seen)
    elif seen.before is not None and seen.before["status"] != status:
        told = _off(work, policy, seen, seen.before)
    else:
        told = False  # it stays off: who is added, or what is changed, is told when it is on again
    if told:
        _announced(work, seen)
        seen.meeting.announced_at = seen.meeting.announced_at or work.now
        _inform(work, seen)
        if seen.before is None or _timed(seen.before) != _timed(seen.now):
            reminders.plan(work, policy, seen.meeting, seen.number)


def _on(work: Work, policy: Policy, seen: _Look) -> bool:
    """The meeting takes place: invites who is new, tells who knows of it what has changed, and who is not
    invited any more that he need not come. Says whether there was anything to tell."""
    meeting, before = seen.meeting, seen.before
    is_open = moves.state_now(meeting, work.now) is State.OPEN
    until = meeting.closes_at if is_open else meeting.opens_at
    facts = about(work, meeting)
    news = changes(before, seen.now, is_open=is_open) if before else []
    told = before is None or bool(news)
    if before is not None:
        known = {**facts, **{name: before[name] for name in ("title", "opens_at", "closes_at", "zone")}}
        withdraw(work, Notice.subject == seen.subject, Notice.person_id.in_(seen.gone))
        told |= tell(work, policy, seen.gone, seen.telling(Kind.WITHDRAWN, known, meeting.closes_at)) > 0
    if news:
        _overtake(work, seen)
        data = {**facts, "changes": news, "reason": _reason(work, seen)}
        tell(work, policy, seen.staying, seen.telling(Kind.CHANGE, data, until))
        tell_groups(work, policy, meeting.host_id, seen.telling(Kind.CHANGE, data, until))
    told |= sub_venues.tell_of(work, policy, meeting, seen.number, facts, until)
    invitation = seen.telling(Kind.INVITATION, facts, until)
    told |= tell(work, policy, seen.new, invitation) > 0
    if before is None:
        tell_groups(work, policy, meeting.host_id, invitation)
    delegations.tell_of(work, policy, meeting, facts)
    return told


def _off(work: Work, policy: Policy, seen: _Look, before: dict[str, Any]) -> bool:
    """The meeting is postponed or cancelled: tells those who know of it, by the times they know."""
    _overtake(work, seen)
    kind = Kind.CANCELLED if seen.now["status"] == CANCELLED else Kind.POSTPONED
    telling = seen.telling(kind, {**before, "reason": _reason(work, seen)}, instant(before["closes_at"]))
    tell(work, policy, seen.informed, telling)
    tell_groups(work, policy, seen.meeting.host_id, telling)
    return True


def _overtake(work: Work, seen: _Look) -> None:
    """What was told before and has not gone out goes out no more: what is told now says it all."""
    withdraw(work, Notice.subject == seen.subject, Notice.kind.in_(OVERTAKEN))


def _announced(work: Work, seen: _Look) -> None:
    work.db.add(
        Announcement(
            meeting_id=seen.meeting.id, number=seen.number, at=work.now, snapshot=seen.now,
            meeting_version=seen.meeting.version, meeting_revision=seen.meeting.revision,
        )
    )  # fmt: skip
    work.db.flush()


def _inform(work: Work, seen: _Look) -> None:
    """Writes down who knows now that he is invited, and where he sits. While the meeting is off, nobody else
    learns of it."""
    if seen.now["status"] != ON and seen.number:
        return
    work.db.execute(
        delete(Informed)
        .where(Informed.meeting_id == seen.meeting.id)
        .execution_options(synchronize_session=False)
    )
    put(work, Informed, ["meeting_id", "person_id", "sub_venue"], sub_venues.as_it_is(seen.meeting))


def _looked_at(work: Work, meeting: Meeting) -> None:
    row = work.db.get(LookedAt, meeting.id) or LookedAt(meeting_id=meeting.id)
    row.meeting_version, row.meeting_revision, row.at = meeting.version, meeting.revision, work.now
    row.delegations = work.db.scalar(select(invited.edits_below()).where(Meeting.id == meeting.id)) or 0
    work.db.add(row)


def _timed(known: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(known[name] for name in ("status", "opens_at", "answer_by"))


def _reason(work: Work, seen: _Look) -> str:
    """Why the office has moved the meeting since it was last announced, as it said with that move."""
    last = select(func.max(Announcement.meeting_revision)).where(Announcement.meeting_id == seen.meeting.id)
    reason = work.db.scalar(
        select(Transition.reason)
        .where(Transition.meeting_id == seen.meeting.id, Transition.revision > last.scalar_subquery())
        .where(Transition.move.in_((Move.RESCHEDULE, Move.POSTPONE, Move.CANCEL)))
        .order_by(case((Transition.reason == "", 1), else_=0), Transition.revision.desc())
        .limit(1)
    )
    return reason or ""
