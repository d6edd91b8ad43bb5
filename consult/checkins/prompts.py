"""“Are you still here?”, asked of those on the web page at moments that nobody knows beforehand.

Off unless a meeting's organizer sets how often. An answer is a row; what comes of none is that an organizer
may look at it, and nothing else.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from consult.attendance.intervals import Channel
from consult.attendance.models import Presence
from consult.checkins.models import Prompt, PromptAnswer, Prompting
from consult.core.errors import Invalid, Missing, NotNow
from consult.core.store import Work
from consult.meetings.access import managed_by, seen_by
from consult.meetings.lifecycle import State
from consult.meetings.models import Meeting
from consult.members import audit
from consult.members.access import Actor

MOST = 6  # times in one meeting
LASTS = timedelta(minutes=2)  # to answer in
CALM = timedelta(minutes=5)  # after the opening and before the end, in which nobody is asked
ON_THE_PAGE = (Channel.BROWSER, Channel.HTTP)


@dataclass(frozen=True)
class Asked:
    """The members of this meeting are asked whether they are there."""

    meeting_id: int


def instant(seed: str, number: int, times: int, opened: datetime, closes: datetime) -> datetime:
    """When the question of that number (from 0) of so many comes: somewhere in its part of the time."""
    first, last = opened + CALM, closes - CALM
    drawn = int.from_bytes(hashlib.sha256(f"{seed}|{number}".encode()).digest()[:6]) / 2**48
    return first + max(last - first, timedelta()) * ((number + drawn) / times)


def times_of(work: Work, meeting_id: int) -> int:
    """How often the meeting asks; 0: never."""
    row = work.db.get(Prompting, meeting_id)
    return row.times if row else 0


def set_times(work: Work, actor: Actor, meeting_id: int, times: int) -> None:
    """Sets how often the meeting asks, from now on. Refuses: Missing, NotAllowed, Invalid (field `times`)."""
    meeting = managed_by(work, actor, meeting_id)
    if not 0 <= times <= MOST:
        raise Invalid(_l("Please choose from 0 to %(most)s times.", most=MOST), field="times")
    row = work.db.get(Prompting, meeting_id)
    if row is None:
        row = Prompting(meeting_id=meeting_id, seed=secrets.token_hex(16))
        work.db.add(row)
    row.times = times
    audit.note(work, actor, "meeting.prompts", f"meeting:{meeting_id}", meeting.host_id, times=times)


def something_is_asked(work: Work) -> bool:
    """Whether any meeting that is open asks at all."""
    asks = select(Meeting.id).join(Prompting, Prompting.meeting_id == Meeting.id)
    return work.db.scalar(asks.where(Meeting.state == State.OPEN, Prompting.times > 0).limit(1)) is not None


def ask_due(work: Work) -> int:
    """Asks where it is time to; says in how many meetings."""
    asked = 0
    rows = work.db.execute(
        select(Meeting, Prompting)
        .join(Prompting, Prompting.meeting_id == Meeting.id)
        .where(Meeting.state == State.OPEN, Prompting.times > 0)
        .with_for_update(of=Prompting, skip_locked=True)  # another clock has those in hand
    ).all()
    for meeting, prompting in rows:
        before = select(func.count(), func.max(Prompt.until)).where(Prompt.meeting_id == meeting.id)
        number, until = work.db.execute(before).one()
        if number >= prompting.times or meeting.opened_at is None or (until and until > work.now):
            continue
        at = instant(prompting.seed, number, prompting.times, meeting.opened_at, meeting.closes_at)
        if at <= work.now < meeting.closes_at - LASTS:
            prompt = Prompt(meeting_id=meeting.id, number=number, at=work.now, until=work.now + LASTS)
            work.db.add(prompt)
            work.record(Asked(meeting.id))
            asked += 1
    return asked


def current(work: Work, meeting_id: int) -> Prompt | None:
    """The question that can be answered now."""
    return work.db.scalars(
        select(Prompt).where(Prompt.meeting_id == meeting_id, Prompt.at <= work.now, Prompt.until > work.now)
    ).first()


def waiting_for(work: Work, person_id: int, meeting_id: int) -> Prompt | None:
    """The question that the person can answer and has not."""
    prompt = current(work, meeting_id)
    if prompt is not None and work.db.get(PromptAnswer, (prompt.id, person_id)) is None:
        return prompt
    return None


def answer(work: Work, actor: Actor, meeting_id: int, prompt_id: int) -> None:
    """He is here; saying it twice is the same. Refuses: Missing; NotNow, when the time for it is over."""
    seen_by(work, actor, meeting_id)
    prompt = work.db.get(Prompt, prompt_id)
    if prompt is None or prompt.meeting_id != meeting_id:
        raise Missing
    if not prompt.at <= work.now < prompt.until:
        raise NotNow(_l("The time for this answer is over. Nothing is lost by it: your presence counts on."))
    if work.db.get(PromptAnswer, (prompt_id, actor.person_id)) is None:
        work.db.add(PromptAnswer(prompt_id=prompt_id, person_id=actor.person_id, at=work.now))
        work.db.flush()


def unanswered(work: Work, meeting_id: int) -> dict[int, list[Prompt]]:
    """The questions that were over before a person answered, whose page was there from first to last."""
    prompts = work.db.scalars(
        select(Prompt).where(Prompt.meeting_id == meeting_id, Prompt.until <= work.now).order_by(Prompt.at)
    ).all()
    if not prompts:
        return {}
    answered = {
        (prompt_id, person_id)
        for prompt_id, person_id in work.db.execute(
            select(PromptAnswer.prompt_id, PromptAnswer.person_id).where(
                PromptAnswer.prompt_id.in_([one.id for one in prompts])
            )
        )
    }
    rows = work.db.execute(
        select(Presence.person_id, Presence.joined_at, Presence.left_at)
        .where(Presence.meeting_id == meeting_id, Presence.channel.in_(ON_THE_PAGE))
        .where(Presence.membership_id.is_not(None), Presence.voided_at.is_(None))
    ).all()
    found: dict[int, list[Prompt]] = {}
    for prompt in prompts:
        at_first, at_last = (
            {who for who, since, left in rows if since <= when and (left is None or left >= when)}
            for when in (prompt.at, prompt.until)
        )
        for person_id in at_first & at_last:
            if (prompt.id, person_id) not in answered:
                found.setdefault(person_id, []).append(prompt)
    return found
