"""Checking in by the six digits on the screen, for who can't scan: each try is counted and written down."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from consult.attendance.intervals import Channel
from consult.checkins import codes, venue
from consult.core.errors import Invalid
from consult.core.store import Store, Work
from consult.members import audit, throttle
from consult.members.access import Actor

FREE, LONGEST = 5, timedelta(minutes=5)


def enter(
    store: Store,
    now: datetime,
    actor: Actor,
    key: bytes,
    meeting_id: int,
    typed: str,
    sign_in_id: int | None,
) -> int:
    """Checks the actor in by what he typed at that time; returns his presence.

    Refuses: Invalid (field `code`); TooFast, after FREE wrong tries in a row; NotAllowed, NotNow.
    """
    code = _plain(typed)
    if len(code) != 6:
        raise Invalid(_l("Please type the six digits that stand on the big screen."), field="code")
    if not store.write_at(now, _tried, actor, key, meeting_id, code):
        raise Invalid(
            _l("These are not the digits on the screen now. They change each minute: please look again."),
            field="code",
        )
    return store.write_at(now, _entered, actor, meeting_id, sign_in_id)


def _tried(work: Work, actor: Actor, key: bytes, meeting_id: int, code: str) -> bool:
    """Counts the try, whatever comes of it, and says whether the digits are right."""
    meeting, _seat = venue.meeting_of(work, actor, meeting_id)
    venue.require_counting(work, meeting)
    throttle.attempt(work, [_limit(meeting_id, actor)])
    right = codes.right_digits(key, meeting_id, code, work.now)
    action = "checkin.code" if right else "checkin.wrong_code"
    audit.note(work, actor, action, f"meeting:{meeting_id}", meeting.host_id)
    return right


def _entered(work: Work, actor: Actor, meeting_id: int, sign_in_id: int | None) -> int:
    throttle.succeeded(work, [_limit(meeting_id, actor)])
    return venue.check_in(work, actor, meeting_id, Channel.CODE, sign_in_id)


def _plain(typed: str) -> str:
    """The digits of what was typed, full-width ones and ones with blanks between, too."""
    return "".join(char for char in unicodedata.normalize("NFKC", typed[:40]) if char in "0123456789")


def _limit(meeting_id: int, actor: Actor) -> throttle.Limit:
    return throttle.Limit(f"checkin:{meeting_id}:{actor.person_id}", FREE, LONGEST)
