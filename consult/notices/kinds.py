"""The kinds of notices: where each leads, which channels carry it. Pure: no database, no clock.

A notice keeps `data`, from which its words are made when it is shown or sent, in the reader's language:
call `worded` within `core.i18n.in_language` (a page already speaks its reader's). See wording.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message
from consult.notices import wording
from consult.notices.wording import Data, Words

EMAIL, SMS, ROBOT = "email", "sms", "robot"
PERSONAL = (EMAIL, SMS)
"""The channels that reach one person."""


class Kind(enum.StrEnum):
    """What a notice is about."""

    INVITATION = "invitation"
    CHANGE = "change"
    SUB_VENUE = "sub_venue"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    LEAVE_ASKED = "leave_asked"
    LEAVE_DECIDED = "leave_decided"
    NUDGE = "nudge"
    REMINDER = "reminder"
    OPEN = "open"
    REPORT = "report"
    PLACE = "place"
    NAMING = "naming"
    NAMED = "named"
    MATERIALS = "materials"
    MINUTES = "minutes"
    CALL = "call"
    CALL_MOVED = "call_moved"
    TOPIC_DECIDED = "topic_decided"
    OBJECTION = "objection"
    OBJECTION_ANSWERED = "objection_answered"

    @property
    def label(self) -> Message:
        return _KINDS[self].label

    @property
    def channels(self) -> tuple[str, ...]:
        """What carries it to a person, beside the application itself."""
        return _KINDS[self].channels

    @property
    def for_groups(self) -> bool:
        """Whether a group may be told by its robot."""
        return _KINDS[self].for_groups


@dataclass(frozen=True)
class _Of:
    label: Message
    words: Callable[[Data], Words]
    path: Callable[[Data], str]  # for who has no seat, and for a group
    channels: tuple[str, ...] = PERSONAL
    for_groups: bool = False
    to_room: bool = False  # leads who has a seat to the room


def worded(kind: str, data: Data, sub_venue: str = "") -> Words:
    """The notice in words, in the language that is spoken now. Where it says where to go, it names the
    `sub_venue` in which its reader sits as well."""
    words = _KINDS[Kind(kind)].words(data)
    return wording.seated(words, sub_venue) if sub_venue and kind in SAYS_WHERE else words


def path(kind: str, data: Data, *, seated: bool = False) -> str:
    """The path of the page that the notice leads to. Who is `seated` at a meeting that is on (see seats)
    finds all that he is told and asked in its room; others read of it on the meeting's page."""
    of = _KINDS[Kind(kind)]
    return f"/meetings/{data['meeting']}/room" if seated and of.to_room else of.path(data)


def _to(form: str, key: str = "meeting") -> Callable[[Data], str]:
    return lambda data: form.format(data[key])


def _to_report(data: Data) -> str:
    return f"/meetings/{data['meeting']}/report" if data["office"] else "/my/attendance"


def _to_own_attendance(_data: Data) -> str:
    return "/my/attendance"


_MEETING = _to("/meetings/{}")
_NAMING = _to("/meetings/{}/delegations")
_PAPERS = _to("/meetings/{}/materials")
_CALL = _to("/topics/calls/{}", "call")

_KINDS: Mapping[Kind, _Of] = {
    Kind.INVITATION: _Of(_l("Invitation"), wording.invitation, _MEETING, for_groups=True, to_room=True),
    Kind.CHANGE: _Of(_l("Change"), wording.change, _MEETING, for_groups=True, to_room=True),
    Kind.SUB_VENUE: _Of(_l("Sub-venue moved"), wording.sub_venue, _MEETING, to_room=True),
    Kind.POSTPONED: _Of(_l("Postponement"), wording.postponed, _MEETING, for_groups=True, to_room=True),
    Kind.CANCELLED: _Of(_l("Cancellation"), wording.cancelled, _MEETING, for_groups=True, to_room=True),
    Kind.WITHDRAWN: _Of(_l("No longer expected"), wording.withdrawn, _MEETING),
    Kind.LEAVE_ASKED: _Of(_l("Request for leave"), wording.leave_asked, _to("/leave"), (EMAIL,)),
    Kind.LEAVE_DECIDED: _Of(_l("Leave decided"), wording.leave_decided, _MEETING, to_room=True),
    Kind.NUDGE: _Of(_l("Answer awaited"), wording.nudge, _MEETING, to_room=True),
    Kind.REMINDER: _Of(_l("Reminder"), wording.reminder, _MEETING, for_groups=True, to_room=True),
    Kind.OPEN: _Of(_l("Open now"), wording.open, _to("/meetings/{}/room"), for_groups=True),
    Kind.REPORT: _Of(_l("Report"), wording.report, _to_report, (EMAIL,), for_groups=True),
    Kind.PLACE: _Of(_l("Place on the list"), wording.place, _MEETING, to_room=True),
    Kind.NAMING: _Of(_l("Participants to name"), wording.naming, _NAMING, (EMAIL,)),
    Kind.NAMED: _Of(_l("Participants named"), wording.named, _NAMING, (EMAIL,)),
    Kind.MATERIALS: _Of(
        _l("New materials"), wording.materials, _PAPERS, (EMAIL,), for_groups=True, to_room=True
    ),
    Kind.MINUTES: _Of(_l("Minutes"), wording.minutes, _PAPERS, (EMAIL,), for_groups=True),
    Kind.CALL: _Of(_l("Call for topics"), wording.call, _CALL, for_groups=True),
    Kind.CALL_MOVED: _Of(_l("New end of a call for topics"), wording.call_moved, _CALL, for_groups=True),
    Kind.TOPIC_DECIDED: _Of(
        _l("Decision on a topic"), wording.topic_decided, _to("/topics/{}", "topic"), (EMAIL,)
    ),
    Kind.OBJECTION: _Of(_l("Objection"), wording.objection, _to("/objections/{}", "objection"), (EMAIL,)),
    Kind.OBJECTION_ANSWERED: _Of(_l("Objection answered"), wording.objection_answered, _to_own_attendance),
}

SAYS_WHERE = (Kind.INVITATION, Kind.CHANGE, Kind.REMINDER, Kind.PLACE)
"""The kinds that say where the meeting is."""
FOR_GROUPS = tuple(kind for kind in Kind if kind.for_groups)
"""The kinds that a robot may be asked to carry."""
