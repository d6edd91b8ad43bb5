"""What the office decides about topics: one question a page for one topic, or several that are ticked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Invalid, Message, NotNow, Stale
from consult.core.forms import shown_at_field, version_sent
from consult.core.web import settings, store
from consult.members import edits
from consult.members.access import ORGANIZING, Actor
from consult.topics import decisions, life, topics
from consult.topics.decisions import Ticked
from consult.topics.life import Move, State
from consult.topics.models import Call, Topic
from consult.topics.pages.blueprint import LABELS, Answer, pages, staff
from consult.topics.pages.calling import call_page

_TICKED = re.compile(r"(\d{1,9}):(\d{1,9})")


class DecisionForm(FlaskForm):  # type: ignore[misc]
    """What the decisions ask for; each asks for some of it."""

    reason = TextAreaField(_l("Reason"))
    into = SelectField(_l("Merge it into"), validate_choice=False)
    year = StringField(_l("Annual plan of"))
    month = SelectField(_l("To be consulted on by"), validate_choice=False)

    def number(self, name: str) -> int:
        """A whole number that was typed or chosen. Refuses: Invalid."""
        text = (self[name].data or "").strip()
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise Invalid(_l("Please choose one of these."), field=name)
        return int(text)


@dataclass(frozen=True)
class Decision:
    """Something that an office can decide: the move, its name, what comes of it, what it asks."""

    move: Move
    label: Message
    about: Message
    done: Message
    do: Callable[[Actor, int, int, DecisionForm], Topic]
    asks: tuple[str, ...] = ()
    bad: bool = False


DECISIONS: Mapping[str, Decision] = {
    "shortlist": Decision(
        Move.SHORTLIST,
        _l("Shortlist"),
        _l("The topic is on the shortlist for the annual plan. Its proposer sees that."),
        _l("The topic is shortlisted."),
        lambda actor, topic_id, version, _form: store().write(decisions.shortlist, actor, topic_id, version),
    ),
    "plan": Decision(
        Move.PLAN,
        _l("Take into the annual plan"),
        _l("The topic stands in the annual plan, which members can read. Its proposer sees that."),
        _l("The topic is in the annual plan."),
        lambda actor, topic_id, version, form: store().write(
            decisions.take_into_plan,
            actor,
            topic_id,
            version,
            form.number("year"),
            form.number("month") if form.month.data else None,
        ),
        ("year", "month"),
    ),
    "merge": Decision(
        Move.MERGE,
        _l("Merge"),
        _l("The topic goes into another, which then has the seconds of both. Its proposer sees which one."),
        _l("The topic is merged."),
        lambda actor, topic_id, version, form: store().write(
            decisions.merge, actor, topic_id, version, form.number("into")
        ),
        ("into",),
    ),
    "reject": Decision(
        Move.REJECT,
        _l("Do not take up"),
        _l("The topic is not taken up. Its proposer reads the reason that you give here."),
        _l("The topic is not taken up; its proposer sees the reason."),
        lambda actor, topic_id, version, form: store().write(
            decisions.reject, actor, topic_id, version, form.reason.data or ""
        ),
        ("reason",),
        bad=True,
    ),
    "drop": Decision(
        Move.DROP,
        _l("Take out of the plan"),
        _l("The topic no longer stands in the annual plan. It is on the shortlist again."),
        _l("The topic is out of the plan."),
        lambda actor, topic_id, version, _form: store().write(
            decisions.drop_from_plan, actor, topic_id, version
        ),
        bad=True,
    ),
    "back": Decision(
        Move.BACK,
        _l("Undo the decision"),
        _l("The topic is undecided again, as when it came. A reason that was given is taken back."),
        _l("The topic is undecided again."),
        lambda actor, topic_id, version, _form: store().write(decisions.back, actor, topic_id, version),
    ),
}


@pages.route(f"/topics/<int:topic_id>/<any({', '.join(DECISIONS)}):name>", methods=["GET", "POST"])
def decide(topic_id: int, name: str) -> Answer:
    """Asks what a decision needs, says what comes of it, and makes it."""
    actor, asked, status = staff(), DECISIONS[name], 200
    topic, form = _asked(actor, topic_id, asked)
    version = version_sent(request.form) if request.method == "POST" else topic.version
    changed: list[edits.Edit] = []
    if request.method == "POST":
        try:
            asked.do(actor, topic_id, version, form)
        except Stale as refusal:
            status = refusal.status
            topic, form = _asked(actor, topic_id, asked)
            with store().read() as work:
                changed = edits.since(work, f"topic:{topic_id}", topic.unit_id, version)
            version = topic.version
        except Invalid as refusal:
            status = shown_at_field(form, refusal)
        else:
            flash(str(asked.done))
            return redirect(url_for("topics.topic", topic_id=topic_id))
    return render_template(
        "topics/decide.html", topic=topic, asked=asked, form=form, version=version, changed=changed,
        labels={**LABELS, "state": _l("State"), "year": _l("Annual plan of")},
        longest=decisions.LONGEST_REASON,
    ), status  # fmt: skip


@pages.post("/topics/calls/<int:call_id>/decide")
def decide_all(call_id: int) -> Answer:
    """Shortlists the ticked topics of a call, or takes them into its year's plan: all of them or none."""
    actor = staff()
    verb = {"shortlist": decisions.shortlist_all, "plan": decisions.plan_all}.get(request.form.get("do", ""))
    if verb is None:
        raise Invalid
    ticked = [Ticked(*map(int, match.groups())) for match in map(_TICKED.fullmatch, _sent()) if match]
    try:
        done = store().write(verb, actor, call_id, ticked)
    except (Invalid, NotNow, Stale) as refusal:
        return call_page(call_id, refusal, frozenset(one.topic_id for one in ticked))
    if verb is decisions.plan_all:
        text = ngettext("%(num)s topic is in the plan.", "%(num)s topics are in the plan.", len(done))
    else:
        text = ngettext("%(num)s topic is shortlisted.", "%(num)s topics are shortlisted.", len(done))
    flash(text)
    return redirect(url_for("topics.call", call_id=call_id))


def _sent() -> list[str]:
    return list(dict.fromkeys(request.form.getlist("ticked")))[: decisions.MOST_AT_ONCE + 1]


def _asked(actor: Actor, topic_id: int, asked: Decision) -> tuple[Topic, DecisionForm]:
    """The topic and the form of that decision. Refuses: Missing, NotAllowed, NotNow."""
    with store().read() as work:
        topic, unit = topics.seen_by(work, actor, topic_id)
        actor.require(unit.path, *ORGANIZING)
        if not life.allows(State(topic.state), asked.move):
            raise decisions.not_now(topic)
        leads = decisions.leads(work, actor, topic_id) if "into" in asked.asks else []
        call = work.db.get(Call, topic.call_id) if topic.call_id else None
        year = topic.year or (call.year if call else work.now.astimezone(ZoneInfo(settings().zone)).year)
    form = DecisionForm(data={"year": str(year), "month": str(topic.month or "")})
    form.into.choices = [SelectChoice(str(one.id), one.title) for one in leads]
    form.month.choices = [
        SelectChoice("", _l("No month given")),
        *(SelectChoice(str(month), _l("Month %(month)s", month=month)) for month in range(1, 13)),
    ]
    return topic, form
