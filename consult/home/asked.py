"""What answers wait for: a member's own, and for an office leave to decide, names to give, people to ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from consult.attendance import objections
from consult.attendance.objections import Lodged
from consult.core.errors import Message
from consult.core.store import Work
from consult.invitations import standing, waiting
from consult.invitations.standing import Invited, deadline_of
from consult.meetings import invited
from consult.meetings.listing import Listed
from consult.meetings.models import Delegation, Invitation, Meeting
from consult.members.access import ORGANIZING, Actor, units_under

AHEAD = timedelta(days=7)  # how near the deadline for answers must be for missing ones to be shown
PRESSING = timedelta(days=2)
MOST = 5  # meetings of each kind


@dataclass(frozen=True)
class Own:
    """A member's meetings: the next one, those that wait for his answer, the later ones; with how he stands
    to each, and by which unit's delegation he takes part, by meeting."""

    next: Listed | None
    unanswered: Sequence[Listed]
    later: Sequence[Listed]
    stands: Mapping[int, Invited]
    venues: Mapping[int, Delegation]


@dataclass(frozen=True)
class Ask:
    """Something that waits for an office: what is the matter (pressing if `bad`), with what meeting, which
    page sees to it and what its button says."""

    matter: Message
    title: Message
    page: str
    button: Message
    meeting: Meeting | None = None
    unit_id: int | None = None
    bad: bool = False


def of_member(work: Work, actor: Actor, coming: Sequence[Listed]) -> Own:
    """The meetings to come that the actor is invited to, the next one first."""
    ids = [one.meeting.id for one in coming]
    invitations = standing.all_of(
        work, Invitation.person_id == actor.person_id, Invitation.meeting_id.in_(ids)
    )
    stands = {one.meeting.id: one for one in invitations}
    own = [one for one in coming if one.meeting.id in stands]
    following = next((one for one in own if one.mine and one.mine.excused_at is None), None)
    asked = [one for one in own if stands[one.meeting.id].unanswered]
    later = [one for one in own if one is not following and one not in asked]
    return Own(following, asked, later, stands, invited.venues(work, actor.person_id, stands))


def of_office(work: Work, actor: Actor) -> list[Ask]:
    """What waits for the actor's office, leave first."""
    units = units_under(work, actor, *ORGANIZING)
    ids = {unit.id for unit in units}
    asks = []
    if count := waiting.requests_for(work, actor):
        title = ngettext("%(num)s request for leave", "%(num)s requests for leave", count)
        asks.append(Ask(_l("To decide"), title, "invitations.leave", _l("Decide on leave")))
    asks += [
        Ask(
            _l("To answer"),
            ngettext("%(num)s objection to attendance", "%(num)s objections to attendance", len(said)),
            "outcomes.versions", _l("Answer"), said[0].meeting,
        )
        for said in _by_meeting(objections.open_to(work, actor))
    ]  # fmt: skip
    to_name = [pair for pair in waiting.without_names(work, units) if pair[0].host_id not in ids]
    asks += [
        Ask(
            _l("Not named yet"), unit.name, "invitations.naming", _l("Name participants"), meeting, unit.id,
            bad=_near(meeting, work.now, PRESSING),
        )
        for meeting, unit in to_name[:MOST]
    ]  # fmt: skip
    asks += [
        Ask(
            _l("Not named yet"),
            ngettext("%(num)s unit has named nobody", "%(num)s units have named nobody", one.count),
            "invitations.delegations", _l("See which"), one.meeting,
            bad=_near(one.meeting, work.now, PRESSING),
        )
        for one in waiting.units_to_name(work, units)[:MOST]
    ]  # fmt: skip
    asks += [
        Ask(
            _l("Answers missing"),
            ngettext("%(num)s person has not answered", "%(num)s people have not answered", one.count),
            "invitations.answers", _l("Ask them"), one.meeting, bad=_near(one.meeting, work.now, PRESSING),
        )
        for one in waiting.unanswered(work, units, work.now + AHEAD, MOST)
    ]  # fmt: skip
    return asks


def _by_meeting(said: Iterable[Lodged]) -> list[list[Lodged]]:
    found: dict[int, list[Lodged]] = {}
    for one in said:
        found.setdefault(one.meeting.id, []).append(one)
    return list(found.values())


def _near(meeting: Meeting, now: datetime, within: timedelta) -> bool:
    return deadline_of(meeting) < now + within
