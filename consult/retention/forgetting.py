"""Dropping names: who has long had no seat and no role, and attended nothing since, becomes nameless.

Rows stay where they are and go on pointing to one and the same person, so every figure counts what it counted
before, distinct people included. What of a row goes is told in `traces.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

from flask_babel import gettext as _
from sqlalchemy import Select, String, cast, exists, literal, or_, select

from consult.attendance.models import Presence
from consult.config import Settings
from consult.core.i18n import in_language
from consult.core.store import Store, Work
from consult.members import audit
from consult.members.access import CONSOLE
from consult.members.models import AuditEntry, Membership, Person, RoleGrant
from consult.records.models import Record, RecordPerson
from consult.retention import traces

EVERY = 600  # seconds between two looks
AT_ONCE = 25  # people in one transaction


def run(store: Store, settings: Settings, _process: str, stopping: Callable[[], bool]) -> None:
    """Drops the names that are due, some at a time; in between others write."""
    years = settings.keep_names_years
    if not years:
        return
    with in_language(settings.default_language):
        nameless = _("(name removed)")
    while not stopping() and is_due(store, years) and store.write(forget, years, nameless):
        pass


def is_due(store: Store, years: int) -> bool:
    """Whether there is anything that `forget` would drop."""
    with store.read() as work:
        limit = day_of(work, years)
        someone = work.db.scalar(_due(work, limit).limit(1))
        return someone is not None or traces.is_left(work, _at(work, limit))


def forget(work: Work, years: int, nameless: str) -> int:
    """Makes some of those nameless who are due, each of them everywhere in this one transaction, and drops
    some of what speaks of people and is older than that. `nameless` is what stands for their names from now
    on. Says how many people, and things, it was."""
    limit = day_of(work, years)
    since = _at(work, limit)
    ids = list(work.db.scalars(_due(work, limit).with_for_update(skip_locked=True).limit(AT_ONCE)))
    if ids:
        traces.drop(work, ids, nameless, since)
        audit.note(work, CONSOLE, "names.dropped", "people", people=len(ids), years=years)
    return len(ids) + traces.drop_old(work, since)


def day_of(work: Work, years: int) -> date:
    """The day so many years ago: whose last seat or role had ended by then is due."""
    today = work.today
    leap_day = (today.month, today.day) == (2, 29)
    return today.replace(year=today.year - years, day=28 if leap_day else today.day)


def _due(work: Work, limit: date) -> Select[int]:
    """The ids of those whose names are due: what they last were here had ended by that day."""
    since = _at(work, limit)
    taken = select(AuditEntry.subject).where(AuditEntry.action == "role.revoked", AuditEntry.at >= since)
    seated = exists().where(
        Membership.person_id == Person.id, or_(Membership.to_day.is_(None), Membership.to_day > limit)
    )
    named = exists().where(
        RecordPerson.person_id == Person.id, RecordPerson.record_id == Record.id, Record.day >= limit
    )
    return (
        select(Person.id)
        .where(Person.nameless_at.is_(None), Person.created_at < since)
        .where(~seated, ~exists().where(RoleGrant.person_id == Person.id), ~named)
        .where(~exists().where(Presence.person_id == Person.id, Presence.seen_at >= since))
        .where((literal("person:") + cast(Person.id, String)).not_in(taken))
        .order_by(Person.id)
    )


def _at(work: Work, day: date) -> datetime:
    """The instant at which the day begins on the site's calendar."""
    return datetime.combine(day, time(), work.zone)
