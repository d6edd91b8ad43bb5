"""From a notice to the letter that is sent: whom it goes to, its words, its link, its calendar part."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from sqlalchemy import select

from consult.calendars import ics
from consult.calendars.ics import Party
from consult.config import Settings
from consult.core.store import Work
from consult.meetings import invited, moves
from consult.meetings.lifecycle import State, state_at
from consult.meetings.models import Delegation, Invitation, Meeting
from consult.members import sign_in_links
from consult.members.models import Membership, Person, Unit
from consult.members.sign_in_links import Carried
from consult.notices import kinds, own
from consult.notices.carrying import Calendar, Letter
from consult.notices.kinds import EMAIL, SMS, Kind
from consult.notices.models import Delivery, Notice, Robot
from consult.notices.seats import seated

AFTER_THE_END = timedelta(days=1)  # how long the link of a meeting's notice is good after it

MOVES_CALENDARS = (
    Kind.INVITATION, Kind.CHANGE, Kind.SUB_VENUE, Kind.POSTPONED, Kind.CANCELLED, Kind.WITHDRAWN, Kind.PLACE,
)  # fmt: skip


@dataclass(frozen=True)
class Parcel:
    """A delivery in hand, with all that its letter is made of."""

    delivery: Delivery
    notice: Notice
    person: Person | None
    robot: Robot | None
    meeting: Meeting | None
    host: str
    delegation: Delegation | None
    sequence: int | None
    seated: bool

    @property
    def path(self) -> str:
        return kinds.path(self.notice.kind, self.notice.data, seated=self.seated)


def packed(work: Work, delivery_ids: Sequence[int]) -> list[Parcel]:
    """These deliveries in the order given, in one statement however many."""
    rows = work.db.execute(
        select(
            Delivery,
            Notice,
            Person,
            Robot,
            Meeting,
            Unit.name,
            Delegation,
            invited.sequence(),
            seated(work.now),
        )
        .join(Notice, Notice.id == Delivery.notice_id)
        .outerjoin(Person, Person.id == Notice.person_id)
        .outerjoin(Robot, Robot.id == Notice.robot_id)
        .outerjoin(Meeting, Meeting.id == Notice.meeting_id)
        .outerjoin(Unit, Unit.id == Meeting.host_id)
        .outerjoin(
            Invitation,
            (Invitation.meeting_id == Notice.meeting_id) & (Invitation.person_id == Notice.person_id),
        )
        .outerjoin(Membership, Membership.id == Invitation.membership_id)
        .outerjoin(Delegation, invited.takes_part_by())
        .where(Delivery.id.in_(delivery_ids))
    )
    found = {row[0].id: Parcel(*row) for row in rows}
    return [found[one] for one in delivery_ids if one in found]


def overtaken(notice: Notice, meeting: Meeting | None, now: datetime) -> bool:
    """Whether there is no use in telling this any more: it was voided, it came too late, or it calls to a
    meeting that is off."""
    if notice.voided_at is not None or (notice.useful_until is not None and notice.useful_until <= now):
        return True
    calls = notice.kind in (Kind.REMINDER, Kind.NUDGE, Kind.OPEN)
    return calls and meeting is not None and meeting.state in (State.POSTPONED, State.CANCELLED)


def link_of(parcel: Parcel, settings: Settings, now: datetime) -> Carried | None:
    """The sign-in link that the parcel's letter carries if its reader may have one: the same at each try,
    another on each channel, so that the phone's works when the mail's is used up, and another when it is sent
    anew. It hangs on the message's name, which no other message ever has: after a database was restored, a
    number that was given before may stand for another person."""
    if parcel.person is None:
        return None
    code = sign_in_links.derived(settings.secret_key, parcel.delivery.message_id)
    good_until = now + timedelta(days=settings.link_days)
    if parcel.meeting is not None and parcel.meeting.closes_at > now:
        good_until = min(good_until, parcel.meeting.closes_at + AFTER_THE_END)
    return Carried(parcel.person.id, code, parcel.path, good_until)


def written(
    parcel: Parcel, settings: Settings, link: Carried | None, good: Collection[str], now: datetime
) -> Letter:
    """The letter. `good` are the codes that were issued: without his, the reader has the plain address. Its
    language must be spoken (i18n.in_language)."""
    delivery, notice, person = parcel.delivery, parcel.notice, parcel.person
    words = kinds.worded(notice.kind, notice.data, parcel.delegation.sub_venue if parcel.delegation else "")
    personal = link is not None and link.code.text in good
    address = f"/s/{link.code.text}" if link is not None and personal else parcel.path
    return Letter(
        id=delivery.message_id,
        to=_address(parcel),
        subject=words.title,
        lines=(words.short,) if delivery.channel == SMS else words.lines,
        link=settings.site + address,
        kind=notice.kind,
        language=language_of(parcel, settings),
        unsubscribe=_way_out(parcel, settings),
        calendar=_calendar(parcel, settings, now) if delivery.channel == EMAIL and person else None,
    )


def language_of(parcel: Parcel, settings: Settings) -> str:
    return (parcel.person.language if parcel.person else None) or settings.default_language


def _way_out(parcel: Parcel, settings: Settings) -> str:
    """Where a mail's reader can end being told by mail."""
    if parcel.person is None or parcel.delivery.channel != EMAIL:
        return ""
    return settings.site + own.unsubscribing(settings, parcel.person.id, EMAIL)


def _address(parcel: Parcel) -> str:
    if parcel.person is None:
        return parcel.robot.name if parcel.robot else ""
    return parcel.person.email if parcel.delivery.channel == EMAIL else parcel.person.phone


def _calendar(parcel: Parcel, settings: Settings, now: datetime) -> Calendar | None:
    meeting, person = parcel.meeting, parcel.person
    if meeting is None or person is None or parcel.notice.kind not in MOVES_CALENDARS:
        return None
    state = state_at(moves.schedule_of(meeting), now)
    if state is State.DRAFT:
        return None
    event = ics.event(meeting, state, parcel.host, settings.site, parcel.sequence or 0, parcel.delegation)
    organizer = Party(parseaddr(settings.mail_from)[1], parcel.host)
    file = ics.message(
        event, organizer, Party(person.email, person.name), off=parcel.notice.kind == Kind.WITHDRAWN
    )
    return Calendar(file, ics.method(file))
