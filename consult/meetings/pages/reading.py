"""What was typed into the editor, read: each part at its field, and all of them as a Plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField

from consult.core import clock
from consult.core.errors import Invalid
from consult.core.forms import shown_at_field
from consult.core.text import line
from consult.core.times import day, instant
from consult.meetings import answer_by
from consult.meetings.audience import Audience, label, named, people_called
from consult.meetings.models import Attending, Mode
from consult.meetings.pages.forms import OWN, Ground, MeetingForm
from consult.meetings.pages.rule_form import rule_typed
from consult.meetings.plan import LONGEST_LINK, LONGEST_PLACE, LONGEST_TITLE, Plan, check_times
from consult.topics.forms_of_consultation import Form

_WHOLE = re.compile(r"\d{1,5}")
MUST_CHOOSE = ("form", "mode", "attending", "answer_by")
_BETWEEN = re.compile(r"[\n,，、;；]+")


def day_typed(typed: str | None, otherwise: date) -> date:
    """The day as far as it can be read."""
    try:
        return day(typed or "", "day")
    except Invalid:
        return otherwise


def move_out(form: MeetingForm, ground: Ground, membership_id: int) -> None:
    """Writes this member among those left out."""
    keep_in(form, ground, membership_id)
    names = [*_parts(form.minus.data), *label(ground.seats, [membership_id])]
    form.minus.data = "、".join(names)


def keep_in(form: MeetingForm, ground: Ground, membership_id: int) -> None:
    """Strikes this member from those left out."""
    person = next((seat.person_id for seat in ground.seats if seat.membership_id == membership_id), None)

    def meant(name: str) -> bool:
        return person in [seat.person_id for seat in people_called(ground.seats, name)]

    form.minus.data = "、".join(name for name in _parts(form.minus.data) if not meant(name))


def read(form: MeetingForm, ground: Ground) -> Plan | None:
    """The plan that was typed; None when something is wrong with it, which then stands at its fields."""
    parts: dict[str, object] = {}
    for name, parse in _PARTS.items():
        try:
            parts[name] = parse(form, ground)
        except Invalid as refusal:
            shown_at_field(form, refusal, name)
    try:
        opens_at, closes_at = parts.get("opens_at"), parts.get("closes_at")
        if isinstance(opens_at, datetime) and isinstance(closes_at, datetime):
            check_times(opens_at, closes_at)
        return Plan(**parts) if len(parts) == len(_PARTS) else None  # type: ignore[arg-type]
    except Invalid as refusal:
        shown_at_field(form, refusal)
        return None


def read_while_open(form: MeetingForm, was: Plan) -> Plan | None:
    """The plan that was, with what was typed of it that may still change while the meeting is open."""
    try:
        title = line(form.title.data or "", "title", longest=LONGEST_TITLE)
        return replace(was, title=title, place=_place(form), video_link=_video_link(form))
    except Invalid as refusal:
        shown_at_field(form, refusal)
        return None


def zone_typed(form: MeetingForm, ground: Ground) -> ZoneInfo:
    """The time zone as far as it can be read."""
    try:
        return clock.zone((form.zone.data or "").strip())
    except Invalid:  # said at its own field
        return ZoneInfo(ground.settings.zone)


def audience_typed(form: MeetingForm, ground: Ground) -> Audience:
    """Who was picked. Refuses: Invalid, naming the field."""
    units = [value.split(":") for value in _chosen(form.units.data, _values(form.units), "units")]
    return Audience(
        units=tuple(int(unit_id) for kind, unit_id in units if kind == "unit"),
        trees=tuple(int(unit_id) for kind, unit_id in units if kind == "tree"),
        sectors=_chosen(form.sectors.data, _values(form.sectors), "sectors"),
        committees=_chosen(form.committees.data, _values(form.committees), "committees"),
        posts=_words(form.posts.data, "posts", 40),
        also=named(ground.seats, _words(form.also.data, "also", 120), "also"),
        minus=named(ground.seats, _words(form.minus.data, "minus", 120), "minus"),
        observers=named(ground.seats, _words(form.observers.data, "observers", 120), "observers"),
        naming=tuple(int(one) for one in _chosen(form.naming.data, _values(form.naming), "naming")),
        places=_number(form.places.data, "places"),
    )


def opening_typed(form: FlaskForm, where: ZoneInfo, was: Plan | None) -> datetime:
    """When it opens. Refuses: Invalid (fields `day`, `opens_at`)."""
    kept = was.opens_at if was else None
    return instant(day(form.day.data, "day"), form.opens_at.data, where, "opens_at", kept)


def closing_typed(form: FlaskForm, where: ZoneInfo, was: Plan | None) -> datetime:
    """When it closes, on the day of its opening unless another is given. Refuses: Invalid (fields `day`,
    `closes_day`, `closes_at`)."""
    kept = was.closes_at if was else None
    last, field = (form.closes_day.data, "closes_day") if form.closes_day.data else (form.day.data, "day")
    return instant(day(last, field), form.closes_at.data, where, "closes_at", kept)


def lobby_typed(form: MeetingForm) -> int:
    """The lobby's minutes. Refuses: Invalid (field `lobby_minutes`)."""
    text = (form.lobby_minutes.data or "").strip()
    if not _WHOLE.fullmatch(text):
        raise Invalid(_l("Please give whole minutes."), field="lobby_minutes")
    return int(text)


def _title(form: MeetingForm, ground: Ground) -> str:
    topic = next((one for one in ground.topics if str(one.id) == form.topic_id.data), None)
    typed_title = line(form.title.data or "", "title", longest=LONGEST_TITLE, required=topic is None)
    return typed_title or (topic.title if topic else "")


def _topic(form: MeetingForm, ground: Ground) -> int | None:
    if not form.topic_id.data:
        return None
    known = {str(topic.id) for topic in ground.topics}
    return int(_chosen([form.topic_id.data], known, "topic_id")[0])


def _place(form: MeetingForm) -> str:
    return line(form.place.data or "", "place", longest=LONGEST_PLACE, required=False)


def _video_link(form: MeetingForm) -> str:
    return line(form.video_link.data or "", "video_link", longest=LONGEST_LINK, required=False)


def _capacity(form: MeetingForm) -> int | None:
    return _number(form.capacity.data, "capacity") if form.attending.data == Attending.SIGN_UP else None


def _number(text: str | None, field: str) -> int | None:
    """A whole number, if any. Refuses: Invalid."""
    text = (text or "").strip()
    if text and not _WHOLE.fullmatch(text):
        raise Invalid(_l("Please give a whole number."), field=field)
    return int(text) if text else None


def deadline_typed(form: MeetingForm, ground: Ground) -> datetime | None:
    """Until when people answer; what was not touched stays. Refuses: Invalid, naming the field."""
    chosen = _chosen([form.answer_by.data], _values(form.answer_by), "answer_by")[0]
    was, where = ground.was, zone_typed(form, ground)
    if chosen == OWN:
        return was.answer_by if was else None
    opens_at = opening_typed(form, where, was)
    due = answer_by.due(opens_at, int(chosen), where.key)
    if was and due == was.answer_by:
        return due
    return answer_by.due_from(opens_at, int(chosen), where.key, clock.now())


_PARTS: Mapping[str, Callable[[MeetingForm, Ground], object]] = {
    "topic_id": _topic,
    "title": _title,
    "form": lambda form, _ground: Form(_chosen([form.form.data], set(Form), "form")[0]),
    "mode": lambda form, _ground: Mode(_chosen([form.mode.data], set(Mode), "mode")[0]),
    "place": lambda form, _ground: _place(form),
    "video_link": lambda form, _ground: _video_link(form),
    "zone": lambda form, _ground: clock.zone((form.zone.data or "").strip()).key,
    "opens_at": lambda form, ground: opening_typed(form, zone_typed(form, ground), ground.was),
    "closes_at": lambda form, ground: closing_typed(form, zone_typed(form, ground), ground.was),
    "lobby_minutes": lambda form, _ground: lobby_typed(form),
    "audience": audience_typed,
    "attending": lambda form, _ground: Attending(
        _chosen([form.attending.data], set(Attending), "attending")[0]
    ),
    "capacity": lambda form, _ground: _capacity(form),
    "answer_by": deadline_typed,
    "rule": lambda form, ground: rule_typed(form, ground.rule),
    "grace_seconds": lambda _form, ground: (
        ground.was.grace_seconds if ground.was else ground.settings.grace_seconds
    ),
}


def _chosen(values: Iterable[str | None], known: Iterable[str], field: str) -> tuple[str, ...]:
    known = set(known)
    chosen = tuple(dict.fromkeys(value for value in values or () if value))
    if not set(chosen) <= known or (not chosen and field in MUST_CHOOSE):
        raise Invalid(_l("Please choose one of these."), field=field)
    return chosen


def _values(field: SelectField) -> set[str]:
    return {choice.value for choice in field.choices}


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in _BETWEEN.split(text or "") if part.strip()]


def _words(text: str | None, field: str, longest: int) -> tuple[str, ...]:
    parts = (line(part, field, longest=longest, required=False) for part in _BETWEEN.split(text or ""))
    return tuple(dict.fromkeys(part for part in parts if part))
