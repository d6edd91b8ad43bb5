"""Nudging (催办) those who have not answered: a row that the notices make messages of."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import func, select

from consult.core.errors import NotNow, TooFast
from consult.core.i18n import local
from consult.core.store import Work
from consult.invitations import standing
from consult.invitations.models import Nudge
from consult.invitations.standing import ANSWERING, Stand, deadline_of
from consult.meetings import access, moves
from consult.meetings.changes import not_now
from consult.meetings.models import Invitation, Meeting
from consult.members import audit
from consult.members.access import Actor

APART = timedelta(hours=1)
"""How long after a nudge the next one may come."""


def nudge(work: Work, actor: Actor, meeting_id: int) -> Nudge:
    """Asks once more whoever has not answered, for the host's office.

    Refuses: Missing, NotAllowed; NotNow, after the deadline, outside ANSWERING and when all have answered;
    TooFast, less than APART after the last time.
    """
    meeting = standing.locked(work, actor, meeting_id)
    access.managed_by(work, actor, meeting_id)
    state = moves.state_now(meeting, work.now)
    if state not in ANSWERING or work.now >= deadline_of(meeting):
        raise not_now(state) if state not in ANSWERING else NotNow(_l("The time for answers is over."))
    last = last_of(work, meeting_id)
    if last is not None and work.now < last.at + APART:
        raise TooFast(
            _l(
                "They were asked less than an hour ago. You can ask them again from %(when)s.",
                when=LazyString(local, last.at + APART, meeting.zone, "time"),
            ),
            retry_after=(last.at + APART - work.now).total_seconds(),
        )
    asked = _unanswered(work, meeting)
    if not asked:
        raise NotNow(_l("Everybody has answered."))
    made = Nudge(
        meeting_id=meeting_id, number=last.number + 1 if last else 1, at=work.now,
        by_id=actor.person_id or None, asked=asked,
    )  # fmt: skip
    work.db.add(made)
    audit.note(work, actor, "invitation.nudged", f"meeting:{meeting_id}", meeting.host_id, asked=asked)
    work.db.flush()
    return made


def last_of(work: Work, meeting_id: int) -> Nudge | None:
    """The meeting's last nudge."""
    return work.db.scalars(
        select(Nudge).where(Nudge.meeting_id == meeting_id).order_by(Nudge.number.desc()).limit(1)
    ).first()


def _unanswered(work: Work, meeting: Meeting) -> int:
    stands = standing.stand_in_rows()
    query = select(func.count()).where(Invitation.meeting_id == meeting.id, stands == Stand.NONE.value)
    return work.db.scalar(query) or 0
