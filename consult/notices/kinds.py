"""The kinds of notices: what each says, where it leads, which channels carry it. Pure: no database, no clock.

A notice keeps `data`, from which its words are made when it is shown or sent, in the reader's language:
call `worded` within `core.i18n.in_language` (a page already speaks its reader's).

What `data` holds, by kind. Instants are ISO 8601 texts.
- of all about a meeting: meeting (its id), title, host (the unit's name), opens_at, closes_at, zone, mode,
  place, link (whether there is a video link), attending, answer_by
- change: also reason (perhaps empty), and changes, a list of {what, old, new}
- postponed, cancelled: also reason (perhaps empty)
- reminder: also ask (whether an answer is awaited)
- leave_asked: also name, reason · leave_decided: also status (a leave.Status), reason
- report: also office (whether the reader reads the report, or only his own attendance)
- naming, named: also unit, and places or people (how many)
- call: call, title, host, closes_at, zone · topic_decided: topic, title, host, state, reason, into
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from consult.core.errors import Message
from consult.core.i18n import local
from consult.meetings.models import Attending, Mode
from consult.meetings.pages.forms import ATTENDING, LABELS, MODES

Data = Mapping[str, Any]

EMAIL, SMS, ROBOT = "email", "sms", "robot"
PERSONAL = (EMAIL, SMS)
"""The channels that reach one person."""


class Kind(enum.StrEnum):
    """What a notice is about."""

    INVITATION = "invitation"
    CHANGE = "change"
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
    CALL = "call"
    TOPIC_DECIDED = "topic_decided"

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
class Words:
    """A notice in one language. `short` is one sentence that says it all, for text messages; no address is in
    any of them: who sends it adds the one that is right for the reader."""

    title: str
    lines: tuple[str, ...]
    short: str

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True)
class _Of:
    label: Message
    words: Callable[[Data], Words]
    path: Callable[[Data], str]
    channels: tuple[str, ...] = PERSONAL
    for_groups: bool = False


def worded(kind: str, data: Data) -> Words:
    """The notice in words, in the language that is spoken now."""
    return _KINDS[Kind(kind)].words(data)


def path(kind: str, data: Data) -> str:
    """The path of the page that the notice leads to."""
    return _KINDS[Kind(kind)].path(data)


def when(data: Data) -> str:
    """The meeting's day and times by its own clocks."""
    return _span((data["opens_at"], data["closes_at"], data["zone"]))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def facts(data: Data, said: Collection[str] = ()) -> tuple[str, ...]:
    """When and where, a line each, but for what has been `said`: time, mode, place."""
    lines = [_("Time: %(when)s", when=when(data))] if "time" not in said else []
    if data["mode"] != "on_site" and "mode" not in said:
        remote = _("remotely, by phone or computer")
        lines.append(
            _("How: %(how)s", how=remote if data["mode"] == "remote" else _("in person or remotely"))
        )
    if data["place"] and "place" not in said:
        lines.append(_("Place: %(place)s", place=data["place"]))
    return tuple(lines)


def _named_when(data: Data) -> dict[str, str]:
    return {"title": data["title"], "when": when(data)}


def _span(value: Sequence[str]) -> str:
    opens_at, closes_at, zone = value
    day, last = (local(instant(one), zone, "day") for one in (opens_at, closes_at))
    start, end = (local(instant(one), zone, "time") for one in (opens_at, closes_at))
    return f"{day} {start}–{end}" if day == last else f"{day} {start} – {last} {end}"


def _answer_by(data: Data) -> tuple[str, ...]:
    if not data["answer_by"]:
        return ()
    by = local(instant(data["answer_by"]), data["zone"])
    if data["attending"] == "sign_up":
        return (_("Please sign up, or say that you can't come, by %(by)s.", by=by),)
    return (_("If you can't come, please ask for leave by %(by)s.", by=by),)


def _invitation(data: Data) -> Words:
    return Words(
        _("Invitation: %(title)s", title=data["title"]),
        (
            _("%(host)s invites you to “%(title)s”.", host=data["host"], title=data["title"]),
            *facts(data),
            *_answer_by(data),
        ),
        _(
            "%(host)s invites you to “%(title)s”, %(when)s.",
            host=data["host"], title=data["title"], when=when(data),
        ),
    )  # fmt: skip


def _change(data: Data) -> Words:
    changes = tuple(_CHANGES[one["what"]](one) for one in data["changes"])
    return Words(
        _("Changed: %(title)s", title=data["title"]),
        (
            _("Please note what has changed about “%(title)s”.", title=data["title"]),
            *changes,
            *_reason(data),
            *facts(data, [one["what"] for one in data["changes"]]),
        ),
        _("“%(title)s” has changed. %(changes)s", title=data["title"], changes="".join(changes)),
    )


def _told(name: Callable[[], str], word: Callable[[Any], str]) -> Callable[[Data], str]:
    """A change as old and new."""

    def tell(change: Data) -> str:
        old, new = (word(change[one]) or _("none") for one in ("old", "new"))
        said: str = _("%(what)s: %(new)s (was: %(old)s).", what=name(), new=new, old=old)
        return said

    return tell


_CHANGES: Mapping[str, Callable[[Data], str]] = {
    "held": lambda _change: _("The meeting that was postponed now takes place."),
    "time": _told(lambda: _("Time"), _span),
    "title": _told(lambda: _("Title"), str),
    "mode": _told(lambda: _("How"), lambda mode: str(MODES[Mode(mode)])),
    "place": _told(lambda: _("Place"), str),
    "link": lambda change: (
        _("The meeting now has video.") if change["new"] else _("The meeting has no video any more.")
    ),
    "attending": _told(lambda: str(LABELS["attending"]), lambda way: str(ATTENDING[Attending(way)])),
    "agenda": lambda _change: _("The agenda is a new one."),
    "answer_by": _told(
        lambda: _("Last day to answer"),
        lambda value: local(instant(value[0]), value[1]) if value else "",
    ),
}


def _off(data: Data, title: str, line: str) -> Words:
    return Words(title, (line, *_reason(data)), "".join((line, *_reason(data))))


def _reason(data: Data) -> tuple[str, ...]:
    return (_("Reason: %(reason)s", reason=data["reason"]),) if data["reason"] else ()


def _postponed(data: Data) -> Words:
    return _off(
        data,
        _("Postponed: %(title)s", title=data["title"]),
        _(
            "“%(title)s” (%(when)s) is postponed. You will be told the new time.",
            title=data["title"], when=when(data),
        ),
    )  # fmt: skip


def _cancelled(data: Data) -> Words:
    return _off(
        data,
        _("Cancelled: %(title)s", title=data["title"]),
        _("“%(title)s” (%(when)s) is cancelled.", title=data["title"], when=when(data)),
    )


def _one(title: str, line: str, *more: str) -> Words:
    """One sentence that says it all, and perhaps more lines."""
    return Words(title, (line, *more), line)


def _withdrawn(data: Data) -> Words:
    return _one(
        _("You are no longer expected: %(title)s", title=data["title"]),
        _(
            "You need not come to “%(title)s” (%(when)s): you are no longer among those expected.",
            title=data["title"], when=when(data),
        ),
    )  # fmt: skip


def _leave_asked(data: Data) -> Words:
    return _one(
        _("Asks for leave: %(name)s", name=data["name"]),
        _(
            "%(name)s asks for leave from “%(title)s” (%(when)s). Please decide.",
            name=data["name"], title=data["title"], when=when(data),
        ),
        *_reason(data),
    )  # fmt: skip


def _leave_decided(data: Data) -> Words:
    said = [_("In answer: %(reason)s", reason=data["reason"])] if data["reason"] else []
    if data.get("given"):
        return _one(
            _("You have leave: %(title)s", title=data["title"]),
            _("The office has noted your leave from “%(title)s” (%(when)s).", **_named_when(data)),
            *_reason(data),
        )
    if data["status"] == "granted":
        return _one(
            _("Your leave is granted: %(title)s", title=data["title"]),
            _(
                "Your leave from “%(title)s” (%(when)s) is granted.",
                title=data["title"],
                when=when(data),
            ),
            *said,
        )
    if data["status"] == "taken_back":
        return _one(
            _("Your leave was taken back: %(title)s", title=data["title"]),
            _("You are expected at “%(title)s” (%(when)s) again.", **_named_when(data)),
        )
    line = _("Your leave from “%(title)s” (%(when)s) is not granted; you are expected.", **_named_when(data))
    if data["status"] == "remote":
        line = _(
            "Instead of leave from “%(title)s” (%(when)s): please take part remotely.", **_named_when(data)
        )
    return _one(_("Your leave is not granted: %(title)s", title=data["title"]), line, *said)


def _nudge(data: Data) -> Words:
    line = _(
        "Please say whether you will come to “%(title)s”, %(when)s.", title=data["title"], when=when(data)
    )
    return _one(_("Your answer is awaited: %(title)s", title=data["title"]), line, *_answer_by(data))


def _reminder(data: Data) -> Words:
    if data["ask"]:
        return _nudge(data)
    line = _("A reminder of “%(title)s”, %(when)s.", title=data["title"], when=when(data))
    return _one(_("Reminder: %(title)s", title=data["title"]), line, *facts(data)[1:])


def _open(data: Data) -> Words:
    return _one(
        _("Open now: %(title)s", title=data["title"]),
        _("“%(title)s” is open now. Please come in.", title=data["title"]),
    )


def _report(data: Data) -> Words:
    if data["office"]:
        return _one(
            _("Report ready: %(title)s", title=data["title"]),
            _("The attendance of “%(title)s” is counted, and its report is ready.", title=data["title"]),
        )
    return _one(
        _("Your attendance is counted: %(title)s", title=data["title"]),
        _("Your attendance at “%(title)s” is counted. You can look it up.", title=data["title"]),
    )


def _place(data: Data) -> Words:
    line = _(
        "A place has become free, and it is yours: “%(title)s”, %(when)s.",
        title=data["title"], when=when(data),
    )  # fmt: skip
    return _one(_("You have a place: %(title)s", title=data["title"]), line, *facts(data)[1:])


def _naming(data: Data) -> Words:
    asked = ngettext("%(num)s place", "%(num)s places", data["places"]) if data["places"] else _("no limit")
    return _one(
        _("Please name participants: %(title)s", title=data["title"]),
        _(
            "%(host)s asks %(unit)s to name who takes part in “%(title)s”, %(when)s (%(asked)s).",
            host=data["host"], unit=data["unit"], title=data["title"], when=when(data), asked=asked,
        ),
    )  # fmt: skip


def _named(data: Data) -> Words:
    people = ngettext("%(num)s person", "%(num)s people", data["people"])
    line = _(
        "%(unit)s has named who takes part in “%(title)s”: %(people)s.",
        unit=data["unit"], title=data["title"], people=people,
    )  # fmt: skip
    return _one(_("Participants named: %(unit)s", unit=data["unit"]), line)


def _call(data: Data) -> Words:
    by = local(instant(data["closes_at"]), data["zone"])
    return _one(
        _("Call for topics: %(title)s", title=data["title"]),
        _(
            "%(host)s calls for topics: “%(title)s”. You can propose and second until %(by)s.",
            host=data["host"], title=data["title"], by=by,
        ),
    )  # fmt: skip


def _topic_decided(data: Data) -> Words:
    title, said = data["title"], [_("In answer: %(reason)s", reason=data["reason"])] if data["reason"] else []
    head = _("About your topic: %(title)s", title=title)
    if data["state"] == "rejected":
        return _one(head, _("Your topic “%(title)s” was not taken up this time.", title=title), *said)
    if data["state"] == "merged":
        line = _("Your topic “%(title)s” goes on as part of “%(into)s”.", title=title, into=data["into"])
        return _one(head, line, *said)
    if data.get("dropped"):
        line = _(
            "Your topic “%(title)s” is not in the annual plan any more. It stays on the shortlist.",
            title=title,
        )
        return _one(head, line, *said)
    if data["state"] == "shortlisted":
        return _one(head, _("Your topic “%(title)s” is on the shortlist.", title=title), *said)
    return _one(head, _("Your topic “%(title)s” is in the annual consultation plan.", title=title), *said)


def _to(form: str, key: str = "meeting") -> Callable[[Data], str]:
    return lambda data: form.format(data[key])


def _to_reminded(data: Data) -> str:
    """Who is to answer, to the meeting; who is to come, to the room, which says when it opens."""
    return f"/meetings/{data['meeting']}" + ("" if data.get("ask") else "/room")


def _to_report(data: Data) -> str:
    return f"/meetings/{data['meeting']}/report" if data["office"] else "/my/attendance"


_MEETING = _to("/meetings/{}")
_NAMING = _to("/meetings/{}/delegations")

_KINDS: Mapping[Kind, _Of] = {
    Kind.INVITATION: _Of(_l("Invitation"), _invitation, _MEETING, for_groups=True),
    Kind.CHANGE: _Of(_l("Change"), _change, _MEETING, for_groups=True),
    Kind.POSTPONED: _Of(_l("Postponement"), _postponed, _MEETING, for_groups=True),
    Kind.CANCELLED: _Of(_l("Cancellation"), _cancelled, _MEETING, for_groups=True),
    Kind.WITHDRAWN: _Of(_l("No longer expected"), _withdrawn, _MEETING),
    Kind.LEAVE_ASKED: _Of(_l("Request for leave"), _leave_asked, _to("/leave"), (EMAIL,)),
    Kind.LEAVE_DECIDED: _Of(_l("Leave decided"), _leave_decided, _MEETING),
    Kind.NUDGE: _Of(_l("Answer awaited"), _nudge, _MEETING),
    Kind.REMINDER: _Of(_l("Reminder"), _reminder, _to_reminded, for_groups=True),
    Kind.OPEN: _Of(_l("Open now"), _open, _to("/meetings/{}/room"), for_groups=True),
    Kind.REPORT: _Of(_l("Report"), _report, _to_report, (EMAIL,), for_groups=True),
    Kind.PLACE: _Of(_l("Place on the list"), _place, _MEETING),
    Kind.NAMING: _Of(_l("Participants to name"), _naming, _NAMING, (EMAIL,)),
    Kind.NAMED: _Of(_l("Participants named"), _named, _NAMING, (EMAIL,)),
    Kind.CALL: _Of(_l("Call for topics"), _call, _to("/topics/calls/{}", "call"), for_groups=True),
    Kind.TOPIC_DECIDED: _Of(_l("Decision on a topic"), _topic_decided, _to("/topics/{}", "topic"), (EMAIL,)),
}

FOR_GROUPS = tuple(kind for kind in Kind if kind.for_groups)
"""The kinds that a robot may be asked to carry."""
