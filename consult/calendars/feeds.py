"""Personal calendar addresses: a secret that a calendar program fetches a person's meetings with.

The address needs no sign-in, so whoever has it reads what its owner is called to, and nothing else. One
person has one at a time; a new one makes the earlier void.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from hmac import compare_digest

from sqlalchemy import false, or_, select, update

from consult.calendars import entries, ics
from consult.calendars.models import CalendarFeed
from consult.core.errors import Missing, SignInRequired
from consult.core.store import Work
from consult.meetings.lifecycle import State
from consult.meetings.models import Meeting
from consult.members import audit
from consult.members.access import READING, Actor, actor_of
from consult.members.models import Unit
from consult.members.sign_ins import token_hash

PAST = timedelta(days=183)  # how far back a feed reaches; what is to come is all in it
CANCELLED_FOR = timedelta(days=30)  # how long after its time a cancelled meeting is still told to be off
MOST = 1000  # meetings in one feed, the latest
FETCHED_EVERY = timedelta(minutes=10)  # how exactly we note when a feed was last fetched


def renew(work: Work, actor: Actor) -> str:
    """Gives the person a new secret; an earlier one is void from now. It is returned this once: only its hash
    is kept."""
    _end(work, actor)
    token = secrets.token_urlsafe(32)
    work.db.add(CalendarFeed(person_id=actor.person_id, token_hash=token_hash(token), made_at=work.now))
    audit.note(work, actor, "calendar.address_made", f"person:{actor.person_id}")
    return token


def revoke(work: Work, actor: Actor) -> None:
    """Makes the person's address void. Without one, nothing happens."""
    if _end(work, actor):
        audit.note(work, actor, "calendar.address_revoked", f"person:{actor.person_id}")


def current(work: Work, actor: Actor) -> CalendarFeed | None:
    """The person's own address, as far as it is known: when it was made and last fetched."""
    return work.db.scalars(
        select(CalendarFeed).where(
            CalendarFeed.person_id == actor.person_id, CalendarFeed.revoked_at.is_(None)
        )
    ).first()


def opened(work: Work, token: str) -> tuple[CalendarFeed, Actor]:
    """The feed of that secret and its owner as he is now. Refuses: Missing, also where the account is
    disabled."""
    wanted = token_hash(token)
    feed = work.db.scalars(select(CalendarFeed).where(CalendarFeed.token_hash == wanted)).first()
    if feed is None or feed.revoked_at is not None or not compare_digest(feed.token_hash, wanted):
        raise Missing
    try:
        return feed, actor_of(work, feed.person_id)
    except SignInRequired:
        raise Missing from None


def meetings(work: Work, actor: Actor, site: str) -> list[ics.Event]:
    """What is in the person's feed: the meetings he is called to, and those that the offices host in which he
    works; of these the latest MOST since PAST."""
    hosted = or_(false(), *(Unit.path == path for path in actor.paths(*READING)))
    rows = work.db.execute(
        select(Meeting, Unit.name)
        .join(Unit, Unit.id == Meeting.host_id)
        .where(Meeting.state != State.DRAFT, or_(entries.called(actor.person_id), hosted))
        .where(Meeting.opens_at >= work.now - PAST)
        .where((Meeting.state != State.CANCELLED) | (Meeting.opens_at >= work.now - CANCELLED_FOR))
        .order_by(Meeting.opens_at.desc(), Meeting.id.desc())
        .limit(MOST)
    ).all()
    return entries.events(work, actor.person_id, [(meeting, host) for meeting, host in reversed(rows)], site)


def fetched(work: Work, feed_id: int) -> None:
    """Notes that the feed was fetched now, for its owner to see."""
    work.db.execute(update(CalendarFeed).where(CalendarFeed.id == feed_id).values(fetched_at=work.now))


def _end(work: Work, actor: Actor) -> bool:
    ended = work.db.execute(
        update(CalendarFeed)
        .where(CalendarFeed.person_id == actor.person_id, CalendarFeed.revoked_at.is_(None))
        .values(revoked_at=work.now)
        .returning(CalendarFeed.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(ended)
