"""Keeping files: bringing, listing, opening and taking away; who has read them, and who has not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from consult.core.errors import Invalid, Missing
from consult.core.store import Work
from consult.files import owners
from consult.files.kinds import clean_name, recognised
from consult.files.models import FileContent, FileReading, Purpose, StoredFile
from consult.files.owners import Owner
from consult.members import audit
from consult.members.access import Actor
from consult.members.models import Membership, Person, Unit

MB = 1 << 20


@dataclass(frozen=True)
class Brought:
    """A file that somebody sends, looked through. Make it with `brought`, outside of any verb."""

    name: str
    media_type: str
    sha256: str
    data: bytes


@dataclass(frozen=True)
class Listed:
    """A file in a list: by whom it was brought, whether the reader has opened it, and how many have."""

    file: StoredFile
    by: str
    unread: bool
    readers: int


@dataclass(frozen=True)
class Count:
    """How many files there are, and how many of them one has not opened."""

    files: int = 0
    unread: int = 0


@dataclass(frozen=True)
class Reader:
    """Somebody who is to read a file, and when he first opened it."""

    name: str
    unit: str
    at: datetime | None


def brought(filename: str, data: bytes, megabytes: int) -> Brought:
    """A file as it came, looked through. Refuses: Invalid (field `file`), naming it."""
    name = clean_name(filename)
    if len(data) > megabytes * MB:
        message = _l("“%(name)s” is larger than %(megabytes)s MB.", name=name, megabytes=megabytes)
        raise Invalid(message, field="file")
    return Brought(name, recognised(name, data).media_type, hashlib.sha256(data).hexdigest(), data)


def add(
    work: Work,
    actor: Actor,
    kind: str,
    owner_id: int,
    purpose: Purpose,
    sent: Brought,
    most: int,
    form_key: str | None = None,
) -> StoredFile:
    """Keeps the file with its owner, which has at most `most` of them; the same form sent twice keeps one.

    Refuses: Missing, NotAllowed, NotNow; Invalid, when the owner has that very file already, or too many.
    """
    owner = owners.managed_by(work, actor, kind, owner_id, purpose)
    # Whoever adds to a unit's things waits for others who do, so that what is counted here stays true.
    work.db.execute(select(Unit.id).where(Unit.id == owner.unit_id).with_for_update(key_share=True))
    there = work.db.scalars(
        select(StoredFile).where(StoredFile.owner == owner.key, StoredFile.removed_at.is_(None))
    ).all()
    same = next((one for one in there if one.sha256 == sent.sha256), None)
    if same is not None:
        if form_key is not None and same.form_key == form_key and same.added_by == actor.person_id:
            return same
        message = _l("“%(name)s” is here already, as “%(there)s”.", name=sent.name, there=same.name)
        raise Invalid(message, field="file")
    if len(there) >= most:
        message = _l("There can be at most %(most)s files here. Please remove one first.", most=most)
        raise Invalid(message, field="file")
    file = StoredFile(
        owner=owner.key, purpose=purpose, name=sent.name, media_type=sent.media_type, size=len(sent.data),
        sha256=sent.sha256, added_by=actor.person_id or None, added_at=work.now, form_key=form_key,
    )  # fmt: skip
    work.db.add(file)
    work.db.flush()
    work.db.add(FileContent(file_id=file.id, data=sent.data))
    if actor.person_id:  # who brings it knows it
        work.db.add(FileReading(file_id=file.id, person_id=actor.person_id, at=work.now))
    audit.note(work, actor, "file.added", owner.key, owner.unit_id, file=file.id, name=file.name)
    work.db.flush()
    return file


def remove(work: Work, actor: Actor, file_id: int) -> StoredFile:
    """Takes a file away: its bytes go, its row stays. Once is enough.

    Refuses: Missing, NotAllowed, NotNow.
    """
    file = work.db.get(StoredFile, file_id, with_for_update=True)
    if file is None:
        raise Missing
    kind, owner_id = owners.read_key(file.owner)
    purpose = Purpose(file.purpose)
    owners.seen_by(work, actor, kind, owner_id, purpose)  # who may not open it does not learn of it
    owner = owners.managed_by(work, actor, kind, owner_id, purpose)
    if file.removed_at is None:
        file.removed_at, file.removed_by = work.now, actor.person_id or None
        work.db.execute(delete(FileContent).where(FileContent.file_id == file.id))
        audit.note(work, actor, "file.removed", owner.key, owner.unit_id, file=file.id, name=file.name)
    return file


def managed(work: Work, actor: Actor, file_id: int) -> tuple[StoredFile, Owner]:
    """A file that the actor may take away, and its owner. Refuses: Missing, NotAllowed, NotNow."""
    file, owner = seen_by(work, actor, file_id)
    owners.managed_by(work, actor, owner.kind, owner.id, Purpose(file.purpose))
    return file, owner


def seen_by(work: Work, actor: Actor, file_id: int) -> tuple[StoredFile, Owner]:
    """The file and its owner, if the actor may open it. Refuses: Missing."""
    file = work.db.get(StoredFile, file_id)
    if file is None or file.removed_at is not None:
        raise Missing
    return file, owners.seen_by(work, actor, *owners.read_key(file.owner), Purpose(file.purpose))


def content(work: Work, file: StoredFile) -> bytes:
    """The bytes of a file that one may see. Refuses: Missing, when they have just been taken away."""
    data = work.db.scalar(select(FileContent.data).where(FileContent.file_id == file.id))
    if data is None:
        raise Missing
    return data


def opened(work: Work, actor: Actor, file_id: int) -> None:
    """Writes down that the actor has opened the file, the first time. Refuses: Missing."""
    file, _owner = seen_by(work, actor, file_id)
    if not has_opened(work, actor, file.id):
        work.db.add(FileReading(file_id=file.id, person_id=actor.person_id, at=work.now))


def has_opened(work: Work, actor: Actor, file_id: int) -> bool:
    """Whether the actor has opened the file before."""
    return work.db.get(FileReading, (file_id, actor.person_id)) is not None


def listed(work: Work, actor: Actor, kind: str, owner_id: int, purpose: Purpose) -> list[Listed]:
    """The files of the owner, of that purpose, in the order they came. Refuses: Missing.

    `readers` counts those of its audience who have opened a file; where it has none, whoever has.
    """
    owner = owners.seen_by(work, actor, kind, owner_id, purpose)
    counts = select(FileReading.file_id, func.count().label("readers")).group_by(FileReading.file_id)
    audience = owners.rule_for(kind).audience
    if audience is not None:
        counts = counts.where(FileReading.person_id.in_(audience(owner.id, purpose)))
    ids = select(StoredFile.id).where(
        StoredFile.owner == owner.key, StoredFile.purpose == purpose, StoredFile.removed_at.is_(None)
    )
    read = counts.where(FileReading.file_id.in_(ids)).subquery()
    rows = work.db.execute(
        select(StoredFile, Person.name, FileReading.at, read.c.readers)
        .outerjoin(Person, Person.id == StoredFile.added_by)
        .outerjoin(
            FileReading,
            (FileReading.file_id == StoredFile.id) & (FileReading.person_id == actor.person_id),
        )
        .outerjoin(read, read.c.file_id == StoredFile.id)
        .where(StoredFile.id.in_(ids))
        .order_by(StoredFile.id)
    )
    return [Listed(file, by or "", at is None, readers or 0) for file, by, at, readers in rows]


def unread(work: Work, person_id: int, keys: Iterable[str]) -> dict[str, Count]:
    """How many files each of these owners has (`owners.key`), and how many the person has not opened.

    Permission to see them is the caller's to ask for.
    """
    rows = work.db.execute(
        select(StoredFile.owner, func.count(), func.count(FileReading.file_id))
        .outerjoin(FileReading, (FileReading.file_id == StoredFile.id) & (FileReading.person_id == person_id))
        .where(StoredFile.owner.in_(list(keys)), StoredFile.removed_at.is_(None))
        .group_by(StoredFile.owner)
    )
    return {owner: Count(files, files - read) for owner, files, read in rows}


def readers(work: Work, actor: Actor, file_id: int) -> Sequence[Reader]:
    """Who has opened the file, for who manages it: those who have not come first, then by unit and name.

    Where the owner has no audience, those who have opened it. Refuses: Missing, NotAllowed, NotNow.
    """
    file, owner = managed(work, actor, file_id)
    rule = owners.rule_for(owner.kind)
    read = (FileReading.person_id == Person.id) & (FileReading.file_id == file.id)
    first = select(func.min(Membership.id)).where(Membership.person_id == Person.id)
    seat = rule.seat(owner.id) if rule.seat else first.correlate(Person).scalar_subquery()
    query = (
        select(Person.name, Unit.name, FileReading.at)
        .outerjoin(FileReading, read)
        .outerjoin(Membership, Membership.id == seat)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .order_by(FileReading.at.is_not(None), Unit.path, Person.name, Person.id)
    )
    if rule.audience is None:
        query = query.where(FileReading.at.is_not(None))
    else:
        query = query.where(Person.id.in_(rule.audience(owner.id, Purpose(file.purpose))))
    return [Reader(name, unit or "", at) for name, unit, at in work.db.execute(query)]
