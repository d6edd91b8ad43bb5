"""One's own notices: read, counted, marked as read; and by which channels one wants to be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, delete, func, select, update

from consult.config import Settings
from consult.core.errors import Invalid, Missing
from consult.core.store import Work
from consult.meetings import invited
from consult.members.access import Actor
from consult.members.models import Person
from consult.notices import kinds
from consult.notices.kinds import PERSONAL
from consult.notices.models import Delivery, DeliveryState, Notice, Unwanted
from consult.notices.outbox import Told
from consult.notices.seats import seated

PER_PAGE = 50


@dataclass(frozen=True)
class Page:
    """Some of a person's notices, those not read first, and how many there are of each; with where he sits at
    the meetings that they are about, by meeting."""

    notices: list[Notice]
    sub_venues: Mapping[int, str]
    unread: int
    total: int


def listed(work: Work, actor: Actor, page: int) -> Page:
    """A page of the actor's notices: those not read, then the others, the newest first."""
    rows = work.db.scalars(
        select(Notice)
        .where(_of(actor.person_id))
        .order_by(Notice.read_at.is_not(None), Notice.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    total = work.db.scalar(select(func.count()).select_from(Notice).where(_of(actor.person_id))) or 0
    meeting_ids = {row.meeting_id for row in rows if row.meeting_id is not None}
    venues = invited.venues(work, actor.person_id, meeting_ids)
    where = {meeting_id: one.sub_venue for meeting_id, one in venues.items()}
    return Page(list(rows), where, unread(work, actor.person_id), total)


def unread(work: Work, person_id: int) -> int:
    """How many notices the person has not read."""
    return unread_of(work, [person_id]).get(person_id, 0)


def unread_of(work: Work, person_ids: Collection[int]) -> dict[int, int]:
    """How many notices each of these people has not read; those with none are left out."""
    counts = (
        select(Notice.person_id, func.count())
        .where(Notice.person_id.in_(person_ids), Notice.read_at.is_(None), Notice.voided_at.is_(None))
        .group_by(Notice.person_id)
    )
    return {person_id: count for person_id, count in work.db.execute(counts) if person_id is not None}


def newest(work: Work) -> int:
    """The number of the last notice of all."""
    return work.db.scalar(select(func.max(Notice.id))) or 0


def read(work: Work, actor: Actor, notice_id: int) -> str:
    """Marks one's own notice as read, and says where it leads. Refuses: Missing."""
    row = work.db.scalars(select(Notice).where(Notice.id == notice_id, _of(actor.person_id))).first()
    if row is None:
        raise Missing
    if row.read_at is None:
        row.read_at = work.now
        work.record(Told())
    own = select(seated(work.now)).where(Notice.id == row.id)
    return kinds.path(row.kind, row.data, seated=bool(work.db.scalar(own)))


def read_all(work: Work, actor: Actor, up_to: int) -> None:
    """Marks all that the actor was shown as read: those up to that number, not what has come since."""
    work.db.execute(
        update(Notice)
        .where(_of(actor.person_id), Notice.read_at.is_(None), Notice.id <= up_to)
        .values(read_at=work.now)
        .execution_options(synchronize_session=False)
    )
    work.record(Told())


def wanted(work: Work, person_id: int) -> tuple[str, ...]:
    """The channels by which the person wants to be told."""
    unwanted = set(work.db.scalars(select(Unwanted.channel).where(Unwanted.person_id == person_id)))
    return tuple(channel for channel in PERSONAL if channel not in unwanted)


def choose(work: Work, person_id: int, channels: Collection[str]) -> None:
    """Has the person told by these channels and no others; what is on its way by others is not sent.

    Refuses: Invalid, for what is no channel."""
    if not set(channels) <= set(PERSONAL):
        raise Invalid
    work.db.get_one(Person, person_id)
    for channel in set(wanted(work, person_id)) - set(channels):
        work.db.add(Unwanted(person_id=person_id, channel=channel, at=work.now))
        _keep_back(work, person_id, channel)
    work.db.execute(
        delete(Unwanted).where(Unwanted.person_id == person_id, Unwanted.channel.in_(channels))
    )  # fmt: skip


def unsubscribing(settings: Settings, person_id: int, channel: str) -> str:
    """The path of the page on which whoever has the link can end being told by the channel: for mails."""
    return f"/unsubscribe/{_signer(settings).dumps([person_id, channel])}"


def unsubscribed_by(settings: Settings, token: str) -> tuple[int, str]:
    """The person and the channel that such a link is for. Refuses: Missing."""
    try:
        person_id, channel = _signer(settings).loads(token)
    except BadSignature as error:
        raise Missing from error
    return person_id, channel


def unsubscribe(work: Work, person_id: int, channel: str) -> None:
    """Tells the person nothing more by the channel."""
    choose(work, person_id, set(wanted(work, person_id)) - {channel})


def _signer(settings: Settings) -> URLSafeSerializer:
    keys = [*reversed(settings.secret_key_fallbacks), settings.secret_key]
    return URLSafeSerializer(keys, salt="consult.unsubscribe")


def _of(person_id: int) -> ColumnElement[bool]:
    return (Notice.person_id == person_id) & Notice.voided_at.is_(None)


def _keep_back(work: Work, person_id: int, channel: str) -> None:
    mine = select(Notice.id).where(Notice.person_id == person_id)
    work.db.execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.WAITING, Delivery.channel == channel)
        .where(Delivery.notice_id.in_(mine))
        .values(state=DeliveryState.SKIPPED)
        .execution_options(synchronize_session=False)
    )
