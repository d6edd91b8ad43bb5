"""What each kind of notice says in the language that is spoken now, made of its `data`. Pure: no database, no
clock.

What `data` holds, by kind. Instants are ISO 8601 texts.
- of all about a meeting: meeting (its id), title, host (the unit's name), opens_at, closes_at, zone, mode,
  place, link (whether there is a video link), attending, answer_by
- change: also reason (perhaps empty), and changes, a list of {what, old, new}
- sub_venue: also old and new (empty: the main venue)
- postponed, cancelled: also reason (perhaps empty)
- reminder: also ask (whether an answer is awaited)
- leave_asked: also name, reason · leave_decided: also status (a leave.Status), reason
- report: also office (whether the reader reads the report, or only his own attendance)
- naming, named: also unit, and places or people (how many)
- materials, minutes: also count, and files (the names of the first, none for a group)
- call: call, title, host, closes_at, zone; call_moved: also was (the end that was told before), and over
- topic_decided: topic, title, host, state, reason, into
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from consult.core.i18n import local
from consult.meetings.models import Attending, Mode
from consult.meetings.words import ATTENDING, LABELS, MODES

Data = Mapping[str, Any]


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


def invitation(data: Data) -> Words:
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


def change(data: Data) -> Words:
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


def sub_venue(data: Data) -> Words:
    old, new = (data[one] or _("the main venue") for one in ("old", "new"))
    line = _("Where you sit: %(new)s (was: %(old)s).", new=new, old=old)
    return Words(
        _("Your sub-venue has changed: %(title)s", title=data["title"]),
        (
            _("Please note where you sit at “%(title)s”.", title=data["title"]),
            line,
            *facts(data, ("place",) if data["new"] else ()),
        ),
        _("“%(title)s”, %(when)s. %(line)s", title=data["title"], when=when(data), line=line),
    )


def seated(words: Words, where: str) -> Words:
    """The words with the sub-venue in which their reader sits."""
    line = _("Your unit's sub-venue: %(where)s", where=where)
    return Words(
        words.title,
        (*words.lines, line),
        _("%(said)s Your unit's sub-venue: %(where)s.", said=words.short, where=where),
    )


def _off(data: Data, title: str, line: str) -> Words:
    return Words(title, (line, *_reason(data)), "".join((line, *_reason(data))))


def _reason(data: Data) -> tuple[str, ...]:
    return (_("Reason: %(reason)s", reason=data["reason"]),) if data["reason"] else ()


def postponed(data: Data) -> Words:
    return _off(
        data,
        _("Postponed: %(title)s", title=data["title"]),
        _(
            "“%(title)s” (%(when)s) is postponed. You will be told the new time.",
            title=data["title"], when=when(data),
        ),
    )  # fmt: skip


def cancelled(data: Data) -> Words:
    return _off(
        data,
        _("Cancelled: %(title)s", title=data["title"]),
        _("“%(title)s” (%(when)s) is cancelled.", title=data["title"], when=when(data)),
    )


def _one(title: str, line: str, *more: str) -> Words:
    """One sentence that says it all, and perhaps more lines."""
    return Words(title, (line, *more), line)


def withdrawn(data: Data) -> Words:
    return _one(
        _("You are no longer expected: %(title)s", title=data["title"]),
        _(
            "You need not come to “%(title)s” (%(when)s): you are no longer among those expected.",
            title=data["title"], when=when(data),
        ),
    )  # fmt: skip


def leave_asked(data: Data) -> Words:
    return _one(
        _("Asks for leave: %(name)s", name=data["name"]),
        _(
            "%(name)s asks for leave from “%(title)s” (%(when)s). Please decide.",
            name=data["name"], title=data["title"], when=when(data),
        ),
        *_reason(data),
    )  # fmt: skip


def leave_decided(data: Data) -> Words:
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


def nudge(data: Data) -> Words:
    line = _(
        "Please say whether you will come to “%(title)s”, %(when)s.", title=data["title"], when=when(data)
    )
    return _one(_("Your answer is awaited: %(title)s", title=data["title"]), line, *_answer_by(data))


def reminder(data: Data) -> Words:
    if data["ask"]:
        return nudge(data)
    line = _("A reminder of “%(title)s”, %(when)s.", title=data["title"], when=when(data))
    return _one(_("Reminder: %(title)s", title=data["title"]), line, *facts(data)[1:])


def open(data: Data) -> Words:
    return _one(
        _("Open now: %(title)s", title=data["title"]),
        _("“%(title)s” is open now. Please come in.", title=data["title"]),
    )


def report(data: Data) -> Words:
    if data["office"]:
        return _one(
            _("Report ready: %(title)s", title=data["title"]),
            _("The attendance of “%(title)s” is counted, and its report is ready.", title=data["title"]),
        )
    return _one(
        _("Your attendance is counted: %(title)s", title=data["title"]),
        _("Your attendance at “%(title)s” is counted. You can look it up.", title=data["title"]),
    )


def objection(data: Data) -> Words:
    return _one(
        _("An objection awaits you: %(title)s", title=data["title"]),
        _(
            "%(name)s objects to the attendance counted at “%(title)s”.",
            name=data["name"],
            title=data["title"],
        ),
        data["text"],
    )


def objection_answered(data: Data) -> Words:
    agreed = _("The office agrees, and has corrected your attendance at “%(title)s”.", title=data["title"])
    stays = _("Your attendance at “%(title)s” stays as it was counted.", title=data["title"])
    return _one(
        _("Your objection is answered: %(title)s", title=data["title"]),
        agreed if data["accepted"] else stays,
        _("In answer: %(reason)s", reason=data["answer"]),
    )


def place(data: Data) -> Words:
    line = _(
        "A place has become free, and it is yours: “%(title)s”, %(when)s.",
        title=data["title"], when=when(data),
    )  # fmt: skip
    return _one(_("You have a place: %(title)s", title=data["title"]), line, *facts(data)[1:])


def naming(data: Data) -> Words:
    asked = ngettext("%(num)s place", "%(num)s places", data["places"]) if data["places"] else _("no limit")
    return _one(
        _("Please name participants: %(title)s", title=data["title"]),
        _(
            "%(host)s asks %(unit)s to name who takes part in “%(title)s”, %(when)s (%(asked)s).",
            host=data["host"], unit=data["unit"], title=data["title"], when=when(data), asked=asked,
        ),
    )  # fmt: skip


def named(data: Data) -> Words:
    people = ngettext("%(num)s person", "%(num)s people", data["people"])
    line = _(
        "%(unit)s has named who takes part in “%(title)s”: %(people)s.",
        unit=data["unit"], title=data["title"], people=people,
    )  # fmt: skip
    return _one(_("Participants named: %(unit)s", unit=data["unit"]), line)


def materials(data: Data) -> Words:
    line = ngettext(
        "There is %(num)s new file of materials for “%(title)s”, %(when)s.",
        "There are %(num)s new files of materials for “%(title)s”, %(when)s.",
        data["count"], **_named_when(data),
    )  # fmt: skip
    return _one(_("New materials: %(title)s", title=data["title"]), line, *_files(data))


def minutes(data: Data) -> Words:
    line = _("The minutes of “%(title)s” (%(when)s) are published.", **_named_when(data))
    return _one(_("Minutes: %(title)s", title=data["title"]), line, *_files(data))


def _files(data: Data) -> tuple[str, ...]:
    more = data["count"] - len(data["files"])
    rest = [ngettext("and %(num)s more", "and %(num)s more", more)] if more and data["files"] else []
    return (*data["files"], *rest)


def call(data: Data) -> Words:
    by = local(instant(data["closes_at"]), data["zone"])
    return _one(
        _("Call for topics: %(title)s", title=data["title"]),
        _(
            "%(host)s calls for topics: “%(title)s”. You can propose and second until %(by)s.",
            host=data["host"], title=data["title"], by=by,
        ),
    )  # fmt: skip


def call_moved(data: Data) -> Words:
    was, now = (local(instant(data[name]), data["zone"]) for name in ("was", "closes_at"))
    known = {"title": data["title"], "host": data["host"], "was": was, "now": now}
    if data["over"]:
        line = _(
            "%(host)s has closed the call for topics “%(title)s” on %(now)s (it was to run until %(was)s). "
            "No more topics can be proposed or seconded.",
            **known,
        )
        return _one(_("Closed early: %(title)s", **known), line)
    line = _(
        "The call for topics “%(title)s” of %(host)s now runs until %(now)s (was: %(was)s).", **known
    )  # fmt: skip
    longer = instant(data["closes_at"]) > instant(data["was"])
    head = _("Extended: %(title)s", **known) if longer else _("Ends earlier: %(title)s", **known)
    return _one(head, line)


def topic_decided(data: Data) -> Words:
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
