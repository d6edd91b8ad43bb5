"""A meeting as an iCalendar file (RFC 5545, 5546), so that it moves in other calendars when it moves here.

The same state of a meeting gives the same bytes. Times are UTC: Outlook, Apple and Google all show them by
the reader's clocks, and there is no time zone's definition that one of them could misread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from icalendar import Calendar, vCalAddress, vText, vUri
from icalendar import Event as VEvent

from consult.meetings.lifecycle import State
from consult.meetings.models import Delegation, Meeting, Mode

MIMETYPE = "text/calendar"
PRODUCT = "-//Consult//Meetings//EN"
UID_DOMAIN = "meetings.consult"  # ours for ever, whatever the site is called: a changed UID is a second event
NO_MAILBOX = "invalid:nomail"  # what calendar programs write for an organizer whom no mail reaches
ASK_AGAIN = timedelta(hours=1)  # how often we'd like a subscribed calendar to be fetched

_STATUS = {
    **dict.fromkeys(
        (State.SCHEDULED, State.LOBBY, State.OPEN, State.CLOSED, State.SETTLED, State.ARCHIVED), "CONFIRMED"
    ),
    State.POSTPONED: "TENTATIVE",
    State.CANCELLED: "CANCELLED",
}

_REMOTE = _l("Remote")
_ABOUT = _l("Host: %(host)s\nMeeting page: %(url)s")
# Not all programs show the status, so it stands before the title.
_SUMMARY = {
    State.POSTPONED: _l("[Postponed] %(title)s"),
    State.CANCELLED: _l("[Cancelled] %(title)s"),
}


@dataclass(frozen=True)
class Party:
    """Somebody with a mailbox: who calls the meeting, or who is called to it."""

    address: str
    name: str = ""


@dataclass(frozen=True)
class Event:
    """What a calendar is told of a meeting. `sequence` grows with each change, made at `stamped`."""

    uid: str
    sequence: int
    stamped: datetime
    starts: datetime
    ends: datetime
    title: str
    place: str
    host: str
    url: str
    state: State


def event(
    meeting: Meeting, state: State, host: str, site: str, sequence: int, delegation: Delegation | None = None
) -> Event:
    """The meeting for one reader: `delegation` is the one by which he takes part, if he does by any;
    `sequence` is as meetings.invited counts it.

    A draft has no event; asking for one is a fault of ours.
    """
    if state is State.DRAFT:
        raise ValueError("a draft is on nobody's calendar")
    return Event(
        uid=uid(meeting),
        sequence=sequence,
        stamped=max(meeting.updated_at, delegation.updated_at) if delegation else meeting.updated_at,
        starts=meeting.opens_at,
        ends=meeting.closes_at,
        title=meeting.title,
        place=place(meeting, delegation),
        host=host,
        url=address(site, meeting.id),
        state=state,
    )


def uid(meeting: Meeting) -> str:
    """The meeting's name in all calendars for ever, through each change of it and of the site's."""
    return f"{meeting.created_at:%Y%m%dT%H%M%S%fZ}-{meeting.id}@{UID_DOMAIN}"


def address(site: str, meeting_id: int) -> str:
    """The meeting's page: a plain address, which lets nobody in who may not enter."""
    return f"{site}/meetings/{meeting_id}"


def place(meeting: Meeting, delegation: Delegation | None = None) -> str:
    """Where the reader goes: his unit's sub-venue, the meeting's place, or nowhere."""
    if delegation is not None and delegation.sub_venue:
        return delegation.sub_venue
    if meeting.mode == Mode.REMOTE:
        return str(_REMOTE)
    return meeting.place or str(_REMOTE)


def message(event: Event, organizer: Party, attendee: Party, *, off: bool = False) -> bytes:
    """The file for a mail to that person: puts the meeting into his calendar, moves it there, or takes it out
    when it is cancelled, or when he is no longer invited (`off`)."""
    off = off or event.state is State.CANCELLED
    entry = _entry(event, organizer, status="CANCELLED" if off else _STATUS[event.state])
    entry.add("attendee", _party(attendee, role="REQ-PARTICIPANT", partstat="NEEDS-ACTION", rsvp="FALSE"))
    return _written(_calendar("CANCEL" if off else "REQUEST", [entry]))


def published(events: Iterable[Event], organizer: Party | None = None, name: str = "") -> bytes:
    """The file to fetch or to download: these meetings, for whoever reads it."""
    entries = [_entry(event, organizer, status=_STATUS[event.state]) for event in events]
    calendar = _calendar("PUBLISH", entries)
    if name:
        calendar.add("x-wr-calname", vText(name))
        calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    return _written(calendar)


def method(data: bytes) -> str:
    """The method of such a file, which a mail's Content-Type has to name, too."""
    return str(Calendar.from_ical(data)["METHOD"])


def _calendar(method: str, entries: Iterable[VEvent]) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for entry in entries:
        calendar.add_component(entry)
    return calendar


def _written(calendar: Calendar) -> bytes:
    data: bytes = calendar.to_ical()
    return data


def _entry(event: Event, organizer: Party | None, status: str) -> VEvent:
    entry = VEvent()
    entry.add("uid", event.uid)
    entry.add("sequence", event.sequence)
    entry.add("dtstamp", event.stamped)
    entry.add("dtstart", event.starts)
    entry.add("dtend", event.ends)
    entry.add("summary", str(_SUMMARY.get(event.state, "%(title)s")) % {"title": event.title})
    entry.add("location", event.place)
    entry.add("description", str(_ABOUT) % {"host": event.host, "url": event.url})
    entry.add("url", vUri(event.url))
    entry.add("status", status)
    entry.add("transp", "OPAQUE" if status == "CONFIRMED" else "TRANSPARENT")
    entry.add("organizer", _party(organizer or Party("", event.host)))
    return entry


def _party(party: Party, **parameters: str) -> vCalAddress:
    found = vCalAddress(f"mailto:{party.address}" if party.address else NO_MAILBOX)
    if party.name:
        found.params["CN"] = party.name.replace('"', "'")  # escaped, not all programs read it
    for name, value in parameters.items():
        found.params[name.upper()] = value
    return found
