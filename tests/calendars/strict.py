"""A reader of iCalendar that forgives nothing, written from RFC 5545 and 5546 and not from any library."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

WIDEST = 75  # octets of a line without its end
LINE = re.compile(
    r"(?P<name>[A-Z-]+)"
    r'(?P<parameters>(;[A-Z-]+=("[^"\x00-\x1f]*"|[^";:,\x00-\x1f]+))*)'
    r":(?P<value>[^\x00-\x08\x0a-\x1f\x7f]*)"
)
PARAMETER = re.compile(r';([A-Z-]+)=("[^"]*"|[^";:,]+)')
UTC = re.compile(r"\d{8}T\d{6}Z")
TEXT = re.compile(r"([^\\,;]|\\[\\,;nN])*")
ONCE = ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "ORGANIZER", "SEQUENCE", "STATUS")  # and must be
TEXTS = ("SUMMARY", "LOCATION", "DESCRIPTION", "UID")
TIMES = ("DTSTAMP", "DTSTART", "DTEND")
ATTENDEES = {"PUBLISH": 0, "REQUEST": 1, "CANCEL": 1}


@dataclass
class Component:
    """BEGIN to END: its properties with their parameters, in order, and what is inside."""

    name: str
    properties: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    inside: list[Component] = field(default_factory=list)

    def every(self, name: str) -> list[str]:
        return [value for one, _parameters, value in self.properties if one == name]

    def __getitem__(self, name: str) -> str:
        (value,) = self.every(name)
        return value

    def text(self, name: str) -> str:
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], self[name])


def read(data: bytes) -> Component:
    """The calendar. AssertionError, where it breaks a rule."""
    lines = _unfolded(data)
    assert lines[0] == "BEGIN:VCALENDAR"
    calendar, rest = _component(lines)
    assert rest == []
    _check_calendar(calendar)
    return calendar


def only(data: bytes) -> Component:
    """The one event of the calendar."""
    (event,) = read(data).inside
    return event


def _unfolded(data: bytes) -> list[str]:
    assert data.endswith(b"\r\n")
    raw = data[:-2].split(b"\r\n")
    found: list[str] = []
    for line in raw:
        assert not {*b"\r\n"} & {*line}, "a bare line end"
        assert 0 < len(line) <= WIDEST, f"{len(line)} octets: {line!r}"
        text = line.decode()  # a character cut in two would fail here
        if text[0] == " ":
            found[-1] += text[1:]
        else:
            found.append(text)
    return found


def _component(lines: list[str]) -> tuple[Component, list[str]]:
    component = Component(lines[0].removeprefix("BEGIN:"))
    rest = lines[1:]
    while rest[0] != f"END:{component.name}":
        if rest[0].startswith("BEGIN:"):
            inner, rest = _component(rest)
            component.inside.append(inner)
            continue
        assert not component.inside, "properties stand before what is inside"
        found = LINE.fullmatch(rest[0])
        assert found, rest[0]
        parameters = {name: value.strip('"') for name, value in PARAMETER.findall(found["parameters"])}
        component.properties.append((found["name"], parameters, found["value"]))
        rest = rest[1:]
    return component, rest[1:]


def _check_calendar(calendar: Component) -> None:
    assert calendar.name == "VCALENDAR"
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]
    assert calendar.every("CALSCALE") in ([], ["GREGORIAN"])
    method = calendar["METHOD"]
    for event in calendar.inside:
        _check_event(event, method)
    uids = [event["UID"] for event in calendar.inside]
    assert len(uids) == len(set(uids))


def _check_event(event: Component, method: str) -> None:
    assert event.name == "VEVENT"
    assert event.inside == [], "no alarms: when to be reminded is the reader's own"
    for name in ONCE:
        assert len(event.every(name)) == 1, name
    for name in ("LOCATION", "DESCRIPTION", "URL", "TRANSP"):
        assert len(event.every(name)) <= 1, name
    for name in TEXTS:
        assert all(TEXT.fullmatch(value) for value in event.every(name)), name
    for name in TIMES:
        assert UTC.fullmatch(event[name]), name
    assert event["DTEND"] > event["DTSTART"]
    assert event["SEQUENCE"].isdecimal()
    assert event["STATUS"] in ("TENTATIVE", "CONFIRMED", "CANCELLED")
    assert len(event.every("ATTENDEE")) == ATTENDEES[method]
    if method == "CANCEL":
        assert event["STATUS"] == "CANCELLED"
    for address in (*event.every("ORGANIZER"), *event.every("ATTENDEE")):
        assert re.fullmatch(r"mailto:\S+@\S+|invalid:nomail", address), address
