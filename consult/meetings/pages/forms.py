"""The editor's form: what is typed into it for a plan, and the plan that what was typed means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from consult.config import Settings
from consult.core.i18n import local
from consult.meetings import answer_by
from consult.meetings.audience import Audience, Seat, label
from consult.meetings.models import Attending, Mode
from consult.meetings.pages.rule_form import RuleForm, offer_shares, typed_rule
from consult.meetings.plan import Plan
from consult.meetings.rule_data import RuleData
from consult.meetings.words import ATTENDING, LABELS, MODES
from consult.members.models import Unit
from consult.topics.forms_of_consultation import Form
from consult.topics.models import Topic

OWN = "own"
"""The choice of a deadline that is none of those offered."""

TIMES = ("day", "opens_at", "closes_day", "closes_at", "answer_by")
"""The fields that a copy of a meeting leaves open."""


def _boxes(name: str) -> SelectMultipleField:
    return SelectMultipleField(
        LABELS[name],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )


class MeetingForm(RuleForm):
    """A plan as it is typed. What it means, `read` says."""

    topic_id = SelectField(LABELS["topic_id"], validate_choice=False)
    title = StringField(LABELS["title"])
    form = SelectField(LABELS["form"], choices=[SelectChoice(one.value, one.label) for one in Form])
    mode = RadioField(
        LABELS["mode"], choices=[SelectChoice(one.value, words) for one, words in MODES.items()]
    )
    place = StringField(LABELS["place"])
    video_link = StringField(LABELS["video_link"])
    day = StringField(LABELS["day"])
    opens_at = StringField(LABELS["opens_at"])
    closes_day = StringField(LABELS["closes_day"])
    closes_at = StringField(LABELS["closes_at"])
    lobby_minutes = StringField(LABELS["lobby_minutes"])
    zone = StringField(LABELS["zone"])
    units = _boxes("units")
    sectors = _boxes("sectors")
    committees = _boxes("committees")
    posts = StringField(LABELS["posts"])
    also = TextAreaField(LABELS["also"])
    minus = TextAreaField(LABELS["minus"])
    naming = _boxes("naming")
    places = StringField(LABELS["places"])
    attending = RadioField(
        LABELS["attending"], choices=[SelectChoice(one.value, words) for one, words in ATTENDING.items()]
    )
    capacity = StringField(LABELS["capacity"])
    answer_by = SelectField(LABELS["answer_by"], validate_choice=False)
    observers = TextAreaField(LABELS["observers"])
    despite = BooleanField(_l("Schedule all the same"))


@dataclass(frozen=True)
class Ground:
    """What a form is filled in on: the host, its units and topics, the seats that there are on the meeting's
    day (the nearest to the host first), the plan so far (None for a new meeting), and the host's usual rule
    of attendance."""

    host: Unit
    units: Sequence[Unit]
    topics: Sequence[Topic]
    seats: Sequence[Seat]
    was: Plan | None
    settings: Settings
    usual: RuleData

    @property
    def rule(self) -> RuleData:
        """The attendance rule so far; of a new meeting the usual one."""
        return self.was.rule if self.was else self.usual


def fresh(ground: Ground) -> dict[str, object]:
    """What stands in the form of a new meeting."""
    return {
        "form": Form.REMOTE,
        "mode": Mode.REMOTE,
        "lobby_minutes": "15",
        "zone": ground.settings.zone,
        "units": [f"unit:{ground.host.id}"],
        "attending": Attending.MANDATORY,
        "answer_by": str(ground.settings.answer_days),
        **typed_rule(ground.rule),
    }


def typed(plan: Plan, seats: Sequence[Seat]) -> dict[str, object]:
    """What stands in the form for this plan."""
    where = ZoneInfo(plan.zone)
    opens, closes = plan.opens_at.astimezone(where), plan.closes_at.astimezone(where)
    audience = plan.audience
    return {
        "topic_id": str(plan.topic_id or ""),
        "title": plan.title,
        "form": plan.form,
        "mode": plan.mode,
        "place": plan.place,
        "video_link": plan.video_link,
        "day": opens.date().isoformat(),
        "opens_at": f"{opens:%H:%M}",
        "closes_day": closes.date().isoformat() if closes.date() != opens.date() else "",
        "closes_at": f"{closes:%H:%M}",
        "lobby_minutes": str(plan.lobby_minutes),
        "zone": plan.zone,
        "units": [f"tree:{one}" for one in audience.trees] + [f"unit:{one}" for one in audience.units],
        "sectors": list(audience.sectors),
        "committees": list(audience.committees),
        "posts": "、".join(audience.posts),
        "also": "、".join(label(seats, audience.also)),
        "minus": "、".join(label(seats, audience.minus)),
        "observers": "、".join(label(seats, audience.observers)),
        "naming": [str(unit_id) for unit_id in audience.naming],
        "places": str(audience.places or ""),
        "attending": plan.attending,
        "capacity": str(plan.capacity or ""),
        "answer_by": deadline_typed(plan),
        **typed_rule(plan.rule),
    }


def offer(form: MeetingForm, ground: Ground) -> MeetingForm:
    """Gives the form its choices: those there are, and those that were chosen before."""
    before = ground.was.audience if ground.was else Audience()
    form.topic_id.choices = [
        SelectChoice("", _("No topic")),
        *(SelectChoice(str(topic.id), topic.title) for topic in ground.topics),
    ]
    names = {unit.id: unit.name for unit in ground.units}
    trees = [ground.host.id] if len(names) > 1 else []
    trees += [unit_id for unit_id in before.trees if unit_id in names and unit_id not in trees]
    form.units.choices = [
        *(
            SelectChoice(f"tree:{one}", _("%(unit)s and all units below it", unit=names[one]))
            for one in trees
        ),
        *(SelectChoice(f"unit:{unit_id}", name) for unit_id, name in names.items()),
    ]
    form.sectors.choices = _counted((seat.sector for seat in ground.seats), before.sectors)
    form.committees.choices = _counted(
        (name for seat in ground.seats for name in seat.committees), before.committees
    )
    form.naming.choices = [
        SelectChoice(str(unit_id), name) for unit_id, name in names.items() if unit_id != ground.host.id
    ]
    form.answer_by.choices = _deadlines(ground)
    offer_shares(form, ground.rule)
    return form


def differing(form: MeetingForm, ground: Ground) -> dict[str, str]:
    """What is kept now, in words, of the fields in which something else was typed."""
    if ground.was is None:
        return {}
    kept = typed(ground.was, ground.seats)
    return {
        name: _in_words(form, name, value)
        for name, value in kept.items()
        if value != _unpadded(form[name].data)
    }


def _unpadded(value: object) -> object:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _in_words(form: MeetingForm, name: str, value: object) -> str:
    choices = {str(one.value): str(one.label) for one in getattr(form[name], "choices", None) or ()}
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    values = value if isinstance(value, list) else [value]
    return "、".join(choices.get(str(one), str(one)) for one in values)


def deadline_typed(plan: Plan) -> str:
    """The deadline for answers as the form's choices name it."""
    days = answer_by.days_of(plan.opens_at, plan.answer_by, plan.zone)
    return OWN if days is None else str(days)


def _deadlines(ground: Ground) -> list[SelectChoice]:
    """Until the opening, or so many days before; the setting's number and the plan's own are among them."""
    days = sorted({*answer_by.DAYS, ground.settings.answer_days} - {0})
    choices = [SelectChoice("0", _("Until the meeting opens"))]
    choices += [
        SelectChoice(str(one), ngettext("%(num)s day before, 18:00", "%(num)s days before, 18:00", one))
        for one in days
    ]
    if ground.was and ground.was.answer_by and deadline_typed(ground.was) == OWN:
        choices.append(SelectChoice(OWN, local(ground.was.answer_by, ground.was.zone)))
    return choices


def _counted(values: Iterable[str], before: Iterable[str]) -> list[SelectChoice]:
    counts = Counter(dict.fromkeys(before, 0))
    counts.update(value for value in values if value)
    return [SelectChoice(name, f"{name}（{count}）") for name, count in counts.most_common()]
