"""Files of meetings: new materials, published minutes. What comes in one go is told once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import func, select

from consult.core.store import Work
from consult.files.models import Purpose, StoredFile
from consult.files.owners import key, read_key
from consult.meetings import materials, moves
from consult.meetings.models import Meeting
from consult.notices.kinds import Kind
from consult.notices.known import ON, about, status_of
from consult.notices.models import Notice
from consult.notices.outbox import Telling, tell, tell_groups
from consult.notices.policy import Policy
from consult.notices.sources import Burst, Source, last

NAMED = 5  # files whose names are told


def _brought(purpose: Purpose, kind: Kind) -> Callable[[Work, int], Sequence[Burst]]:
    """Those of the purpose that came since people were last told of their meeting's, by meeting; of none that
    they do not know of, and none that the invitation has led to already."""

    def untold(work: Work, up_to: int) -> Sequence[Burst]:
        files = work.db.scalars(
            select(StoredFile)
            .where(StoredFile.id > up_to, StoredFile.purpose == purpose, StoredFile.removed_at.is_(None))
            .order_by(StoredFile.id)
        ).all()
        told = _told_up_to(work, kind, {file.owner for file in files})
        meetings = select(Meeting).where(Meeting.id.in_({read_key(file.owner)[1] for file in files}))
        announced = {key(materials.KIND, one.id): one.announced_at for one in work.db.scalars(meetings)}
        came: dict[str, list[StoredFile]] = {}
        for file in files:
            known_since = announced.get(file.owner)
            if known_since and file.added_at >= known_since and file.id > told.get(file.owner, 0):
                came.setdefault(file.owner, []).append(file)
        return [
            Burst(read_key(owner)[1], new[-1].id, new[0].added_at, new[-1].added_at)
            for owner, new in came.items()
        ]

    return untold


def _tell_materials(work: Work, policy: Policy, brought: Burst) -> None:
    meeting = work.db.get_one(Meeting, brought.of)
    if status_of(moves.state_now(meeting, work.now)) == ON:
        _tell(work, policy, meeting, brought, Kind.MATERIALS)


def _tell_minutes(work: Work, policy: Policy, brought: Burst) -> None:
    _tell(work, policy, work.db.get_one(Meeting, brought.of), brought, Kind.MINUTES)


def _tell(work: Work, policy: Policy, meeting: Meeting, brought: Burst, kind: Kind) -> None:
    """Tells whoever may open them; a group only how many there are."""
    purpose, owner = PURPOSES[kind], key(materials.KIND, meeting.id)
    told = _told_up_to(work, kind, [owner]).get(owner, 0)
    names = work.db.scalars(
        select(StoredFile.name)
        .where(StoredFile.owner == owner, StoredFile.purpose == purpose, StoredFile.removed_at.is_(None))
        .where(StoredFile.id > told, StoredFile.id <= brought.version)
        .order_by(StoredFile.id)
    ).all()
    if not names:
        return
    useful_until = meeting.closes_at if kind is Kind.MATERIALS else None

    def telling(files: Sequence[str]) -> Telling:
        data = {**about(work, meeting), "count": len(names), "files": list(files)}
        return Telling(kind, owner, brought.version, data, meeting.id, meeting.opens_at, useful_until)

    tell(work, policy, materials.audience(meeting.id, purpose), telling(names[:NAMED]))
    tell_groups(work, policy, meeting.host_id, telling(()))


def _told_up_to(work: Work, kind: Kind, owners: Collection[str]) -> dict[str, int]:
    """The last file of each of these owners that people were told of."""
    rows = work.db.execute(
        select(Notice.subject, func.max(Notice.version))
        .where(Notice.subject.in_(owners), Notice.kind == kind)
        .group_by(Notice.subject)
    )
    return dict(iter(rows))


PURPOSES = {Kind.MATERIALS: Purpose.MATERIAL, Kind.MINUTES: Purpose.MINUTES}
SOURCES = (
    Source(
        "materials", last(StoredFile.id), _brought(Purpose.MATERIAL, Kind.MATERIALS), _tell_materials,
        bursts=True,
    ),
    Source(
        "minutes", last(StoredFile.id), _brought(Purpose.MINUTES, Kind.MINUTES), _tell_minutes, bursts=True
    ),
)  # fmt: skip
