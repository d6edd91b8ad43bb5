"""What of a person stands where, and what of it goes with his name; and what goes by its age alone.

tests/retention/decided.py says of every column that holds words what becomes of it, and why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, Update, cast, delete, func, or_, select, tuple_, update

from consult.attendance.models import Correction, Objection, Outcome, VideoSheet
from consult.calendars.models import CalendarFeed
from consult.core.store import Work
from consult.invitations.models import LeaveRequest
from consult.issued.freezing import ROWS_DROPPED
from consult.issued.models import IssuedReport
from consult.meetings.models import Content, Entry, Expected, Meeting
from consult.members.models import (
    AuditEntry,
    Charge,
    Membership,
    Person,
    RosterImport,
    SignIn,
    SignInLink,
)
from consult.notices.models import Delivery, Notice, Unwanted
from consult.records.models import RecordImport, RecordPerson

OLD_AT_ONCE = 500  # notices that are deleted in one transaction


def drop(work: Work, ids: Sequence[int], nameless: str, since: datetime) -> None:
    """Takes these people's names, and what else speaks of them alone, out of every table. The trail keeps
    who did what; in what is older than `since`, and in what records of theirs went through, it loses their
    names."""
    names = list(work.db.scalars(select(Person.name).where(Person.id.in_(ids)).distinct()))
    _drop_from_trail(work, ids, names, nameless, since)
    for statement in _emptied(work, ids, nameless):
        work.db.execute(statement.execution_options(synchronize_session=False))
    _delete_notices(work, list(work.db.scalars(select(Notice.id).where(Notice.person_id.in_(ids)))))
    for table in (SignInLink, Charge, CalendarFeed, Unwanted):
        theirs = delete(table).where(table.person_id.in_(ids))
        work.db.execute(theirs.execution_options(synchronize_session=False))
    work.db.expire_all()


def drop_old(work: Work, since: datetime) -> int:
    """Drops what speaks of people and is of no use after so long, whosoever it is: notices, what video
    platforms' sheets said, the rows behind issued reports, uploads that were never imported. Says how many
    things it was."""
    done = _delete_notices(work, _old_notices(work, since))
    sheets = update(VideoSheet).where(VideoSheet.id.in_(_old_sheets(since))).values(lines=[])
    uploads = (delete(kept).where(kept.made_at < since, kept.applied_at.is_(None)) for kept in _UPLOADS)
    reports = update(IssuedReport).where(_old_report(since)).values(rows=ROWS_DROPPED)
    for statement in (sheets, reports, *uploads):
        changed = work.db.execute(statement.execution_options(synchronize_session=False))
        done += changed.rowcount  # type: ignore[attr-defined]
    return done


def is_left(work: Work, since: datetime) -> bool:
    """Whether there is anything for `drop_old`."""
    uploads = (select(kept.id).where(kept.made_at < since, kept.applied_at.is_(None)) for kept in _UPLOADS)
    looked = (_old_sheets(since), select(IssuedReport.id).where(_old_report(since)), *uploads)
    return bool(_old_notices(work, since)) or any(work.db.scalar(one.limit(1)) is not None for one in looked)


_UPLOADS = (RosterImport, RecordImport)


def _emptied(work: Work, ids: Sequence[int], nameless: str) -> list[Update]:
    """By table: what is no longer told. What figures are made of (sector, committees, party, outcomes,
    times, kinds of leave) stays."""
    seats = select(Membership.id).where(Membership.person_id.in_(ids))
    theirs = select(Entry.meeting_id, Entry.seq).where(Entry.person_id.in_(ids))
    said = tuple_(Content.meeting_id, Content.seq).in_(theirs)
    ended = func.coalesce(SignIn.ended_at, work.now)
    account: dict[str, Any] = {"account": None, "password_hash": None, "language": None}
    return [
        update(Person)
        .where(Person.id.in_(ids))
        .values(
            name=nameless, sex="", ethnic_group="", phone="", email="", **account,
            nameless_at=work.now, disabled_at=work.now,
        ),
        update(Membership).where(Membership.person_id.in_(ids)).values(number="", post=""),
        update(Outcome).where(Outcome.person_id.in_(ids)).values(name=nameless, excused_reason=""),
        update(RecordPerson).where(RecordPerson.person_id.in_(ids)).values(name=nameless, number=""),
        update(Expected).where(Expected.person_id.in_(ids)).values(excused_reason=""),
        update(LeaveRequest).where(LeaveRequest.person_id.in_(ids)).values(reason="", decision=""),
        update(Objection).where(Objection.person_id.in_(ids)).values(text="", answer=""),
        update(Correction).where(Correction.membership_id.in_(seats)).values(reason="", ended_reason=""),
        # The entry keeps the hash; without the salt nobody can try names against it.
        update(Content).where(said).values(name=nameless, salt="", hidden_reason=""),
        update(SignIn).where(SignIn.person_id.in_(ids)).values(device="", browser_id=None, ended_at=ended),
    ]  # fmt: skip


def _drop_from_trail(
    work: Work, ids: Sequence[int], names: Sequence[str], nameless: str, since: datetime
) -> None:
    persons = [f"person:{person_id}" for person_id in ids]
    in_records = select(RecordPerson.record_id).where(RecordPerson.person_id.in_(ids)).distinct()
    records = [f"record:{record_id}" for record_id in work.db.scalars(in_records)]
    text = cast(AuditEntry.details, String)
    held = or_(*(text.contains(json.dumps(name)[1:-1], autoescape=True) for name in names))
    whole = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names))
    for entry in work.db.scalars(
        select(AuditEntry).where(
            or_(
                AuditEntry.subject.in_(persons),
                held & or_(AuditEntry.at < since, AuditEntry.subject.in_(records)),
            )
        )
    ):
        kept = entry.details if entry.subject not in persons else _without_account(entry.details)
        entry.details = _replaced(kept, whole, nameless)
    work.db.flush()


def _without_account(details: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in details.items() if key != "account"}


def _replaced(value: Any, whole: re.Pattern[str], nameless: str) -> Any:
    match value:
        case str():
            return whole.sub(lambda _found: nameless, value)
        case list():
            return [_replaced(one, whole, nameless) for one in value]
        case dict():
            return {key: _replaced(one, whole, nameless) for key, one in value.items()}
    return value


def _old_notices(work: Work, since: datetime) -> list[int]:
    """Some notices from before then; the first rows are the oldest."""
    first = select(Notice.id, Notice.made_at).order_by(Notice.id).limit(OLD_AT_ONCE)
    return [notice_id for notice_id, made_at in work.db.execute(first) if made_at < since]


def _delete_notices(work: Work, ids: Sequence[int]) -> int:
    work.db.execute(delete(Delivery).where(Delivery.notice_id.in_(ids)))
    work.db.execute(delete(Notice).where(Notice.id.in_(ids)))
    return len(ids)


def _old_report(since: datetime) -> ColumnElement[bool]:
    return (IssuedReport.at < since) & (IssuedReport.rows != ROWS_DROPPED)


def _old_sheets(since: datetime) -> Any:
    return (
        select(VideoSheet.id)
        .join(Meeting, Meeting.id == VideoSheet.meeting_id)
        .where(Meeting.closes_at < since, cast(VideoSheet.lines, String) != "[]")
    )
