"""The numbered log of a meeting: 1, 2, 3 … without gaps, in commit order. The only truth about the room."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, true, update

from consult.core import clock
from consult.core.store import Work
from consult.meetings.models import Content, Entry, Kind, LogHead

PAGE = 200  # entries given at once


@dataclass(frozen=True)
class Rung:
    """Something was appended to this meeting's log: look there. Carries no content."""

    meeting_id: int


@dataclass(frozen=True)
class Said:
    """An entry with what it says; `content` is None for entries without words."""

    entry: Entry
    content: Content | None


def append(
    work: Work,
    meeting_id: int,
    kind: Kind,
    *,
    at: datetime,
    person_id: int | None = None,
    key: str | None = None,
    of_seq: int | None = None,
    late: bool = False,
    content: Content | None = None,
) -> Entry:
    """Gives the next number and writes the entry with its content; the room is told after COMMIT."""
    head = update(LogHead).where(LogHead.meeting_id == meeting_id).values(seq=LogHead.seq + 1)
    seq = work.db.execute(head.returning(LogHead.seq)).scalar_one()
    entry = Entry(
        meeting_id=meeting_id,
        seq=seq,
        kind=kind,
        at=at,
        person_id=person_id,
        key=key,
        of_seq=of_seq,
        late=late,
    )
    if content is not None:
        content.meeting_id, content.seq = meeting_id, seq
        entry.content_hash = content_hash(content)
        work.db.add(content)
    work.db.add(entry)
    work.db.flush()
    work.record(Rung(meeting_id))
    return entry


def content_hash(content: Content) -> str:
    """SHA-256 over what an entry says, salted, so that an erased short text can't be guessed from it."""
    said = [content.salt, content.text, content.name, content.unit, content.sector, content.office]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def new_content(
    *, text: str, name: str = "", unit: str = "", sector: str = "", office: bool = False
) -> Content:
    """What an entry will say, with a salt of its own."""
    return Content(text=text, name=name, unit=unit, sector=sector, office=office, salt=secrets.token_hex(16))


def after(work: Work, meeting_id: int, seq: int, limit: int = PAGE) -> list[Said]:
    """The entries with a number above `seq`, in order, at most `limit`."""
    return _said(work, meeting_id, Entry.seq > seq, limit, newest=False)


def before(work: Work, meeting_id: int, seq: int | None = None, limit: int = PAGE) -> list[Said]:
    """The last `limit` entries with a number below `seq` (of all when None), in order."""
    return _said(work, meeting_id, Entry.seq < seq if seq is not None else true(), limit, newest=True)


def head(work: Work, meeting_id: int) -> LogHead:
    """The meeting's log head."""
    return work.db.execute(select(LogHead).where(LogHead.meeting_id == meeting_id)).scalar_one()


def _said(work: Work, meeting_id: int, where: object, limit: int, *, newest: bool) -> list[Said]:
    query = (
        select(Entry, Content)
        .outerjoin(Content, (Content.meeting_id == Entry.meeting_id) & (Content.seq == Entry.seq))
        .where(Entry.meeting_id == meeting_id, where)  # type: ignore[arg-type]
        .order_by(Entry.seq.desc() if newest else Entry.seq)
        .limit(limit)
    )
    rows: Iterable[Said] = (Said(entry, content) for entry, content in work.db.execute(query))
    return list(rows)[::-1] if newest else list(rows)


def plain(said: Said) -> dict[str, object]:
    """An entry as it goes over the wire and into exports: the same for every viewer.

    `{seq, kind, at}` and, by kind: comment `by {id, name, unit, sector, office}`, `text` (or `hidden: true`
    instead of both), `late`; state `state`; hide, show, pin, unpin `of`.
    """
    entry, content = said.entry, said.content
    out: dict[str, object] = {"seq": entry.seq, "kind": entry.kind, "at": clock.iso(entry.at)}
    if entry.of_seq is not None:
        out["of"] = entry.of_seq
    if entry.kind == Kind.STATE and content is not None:
        out["state"] = content.text
    if entry.kind == Kind.COMMENT:
        if entry.late:
            out["late"] = True
        if content is None or content.hidden_at is not None:
            out["hidden"] = True
        else:
            by = {"id": entry.person_id, "name": content.name, "unit": content.unit, "sector": content.sector}
            out["by"] = {**by, "office": True} if content.office else by
            out["text"] = content.text
    return out
