"""The editor: a meeting is planned at the left, at the right stands what the clock will do by itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from flask import Response as FlaskResponse
from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consult.core import clock
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Stale
from consult.core.forms import key_sent, number_sent, shown_at_field, version_sent
from consult.core.store import Work
from consult.core.web import settings, store
from consult.meetings import access, deadlines, moves, scheduling, timeline, unit_rules, words
from consult.meetings.audience import Audience, Resolved, picked, seats_on
from consult.meetings.conflicts import Conflicts, Proposal, conflicts_of
from consult.meetings.deadlines import BY_THE_OFFICE, Step, Times, What
from consult.meetings.lifecycle import Act, State
from consult.meetings.models import Attending, Meeting
from consult.meetings.pages import forms, reading, rule_form
from consult.meetings.pages.blueprint import Answer, pages
from consult.meetings.pages.forms import Ground, MeetingForm
from consult.meetings.pages.telling import flash_told
from consult.meetings.pages.unit_rule import of_this_site
from consult.meetings.plan import Plan, plan_of
from consult.members import edits
from consult.members.access import ORGANIZING, Actor, unit_for, units_under
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.topics import topics
from consult.topics.life import ALIVE
from consult.topics.models import Topic

T = TypeVar("T")
BY_PEOPLE = BY_THE_OFFICE | {What.ANSWERS}
COUNT = "count"
"""The button that saves nothing and only shows what the form comes to."""


@dataclass(frozen=True)
class Foresight:
    """What the form as it stands comes to: people, and the clock's acts as far as the times can be read."""

    resolved: Resolved | None
    problem: str
    conflicts: Conflicts | None  # as if nobody were left out
    gone: frozenset[int]  # the people who are
    opens_at: datetime | None
    closes_at: datetime | None
    lobby_at: datetime | None
    settles_at: datetime | None
    zone: str
    rule: str  # what it says, in words
    typed: bool  # all that the times need, right or wrong
    year: str
    before: Sequence[Step]  # what people must have done before the meeting
    after: Sequence[Step]  # and after it
    unknown: Sequence[int]  # years whose holidays are not announced

    @property
    def commit(self) -> str:
        """What pressing the main button does, with the number of people."""
        if self.resolved is None:
            return str(_("Put on the calendar"))
        return str(_("Put on the calendar, %(people)s expected", people=len(self.resolved.seats)))


@pages.route("/meetings/new", methods=["GET", "POST"])
def new() -> Answer:
    """Plans a new meeting of a unit."""
    actor, status = current_actor(), 200
    with store().read() as work:
        hosts = units_under(work, actor, *ORGANIZING)
        if not hosts:
            raise NotAllowed if actor.staff else Missing
        ground = _ground(work, actor, _chosen_host(hosts), None)
        copied = _copied(work, actor)
        like = _like(copied, ground)
    form = MeetingForm(data={**forms.fresh(ground), **like})
    _decided(forms.offer(form, ground), ground)
    key = key_sent(request.form) or secrets.token_urlsafe(24)
    if (plan := _sent(form, ground)) is not None:
        draft = request.form.get("do") == "draft"
        try:
            made = store().write(
                scheduling.schedule, actor, ground.host.id, plan, draft=draft, form_key=key,
                careful=not form.despite.data, copy_of=copied.id if copied else None,
            )  # fmt: skip
        except (Invalid, Stale) as refusal:
            status = shown_at_field(form, refusal, "title")
        else:
            if draft:
                flash(_("The draft is kept."))
            else:
                flash_told(made.id, _("The meeting is on the calendar. Everybody invited is told by itself."))
            return redirect(url_for("meetings.meeting", meeting_id=made.id))
    elif form.errors:
        status = Invalid.status
    page = render_template(
        "meetings/editor.html", form=form, ground=ground, ahead=_ahead(actor, form, ground, None, copied),
        hosts=hosts, key=key, meeting=None, copied=copied, state=State.DRAFT, now={},
    )  # fmt: skip
    return page, status


@pages.route("/meetings/<int:meeting_id>/edit", methods=["GET", "POST"])
def edit(meeting_id: int) -> Answer:
    """Edits a meeting's plan; who comes second is shown what the first has changed, his own text stays."""
    actor, status = current_actor(), 200
    meeting, state, ground = _editable(actor, meeting_id)
    form = forms.offer(MeetingForm(data=forms.typed(plan_of(meeting), ground.seats)), ground)
    _decided(form, ground)
    version = version_sent(request.form) if request.method == "POST" else meeting.version
    changed: Sequence[edits.Edit] = ()
    if (plan := _sent(form, ground, state)) is not None:
        put_on = request.form.get("do") == "schedule"
        try:
            store().write(
                scheduling.edit, actor, meeting_id, version, plan, put_on=put_on,
                careful=not form.despite.data,
            )  # fmt: skip
        except Stale as refusal:
            status = refusal.status
            meeting, state, ground = _editable(actor, meeting_id)
            forms.offer(form, ground)
            with store().read() as work:
                changed = edits.since(work, f"meeting:{meeting_id}", ground.host.id, version)
            version = meeting.version
        except (Invalid, NotNow) as refusal:
            status = shown_at_field(form, refusal, "title")
        else:
            if state is State.DRAFT and not put_on:
                flash(_("The change is kept."))
            else:
                flash_told(meeting_id, _("The change is kept. Whom it concerns is told by itself."))
            return redirect(url_for("meetings.meeting", meeting_id=meeting_id))
    elif form.errors:
        status = Invalid.status
    page = render_template(
        "meetings/editor.html", form=form, ground=ground, ahead=_ahead(actor, form, ground, meeting),
        meeting=meeting, copied=None, state=state, version=version, changed=changed, labels=words.LABELS,
        now=forms.differing(form, ground) if changed else {},
    )  # fmt: skip
    return page, status


@pages.post("/meetings/preview")
def preview() -> FlaskResponse:
    """What the form as it stands comes to, for the editor to show while it is typed.

    The form says its `meeting`, or for a new one its `host`.
    """
    actor, meeting, copied = current_actor(), None, None
    if request.form.get("meeting"):
        meeting, _state, ground = _editable(actor, number_sent(request.form, "meeting"))
    else:
        with store().read() as work:
            host = unit_for(work, actor, number_sent(request.form, "host"), *ORGANIZING)
            ground, copied = _ground(work, actor, host, None), _copied(work, actor)
    form = _decided(forms.offer(MeetingForm(), ground), ground)
    ahead = _ahead(actor, form, ground, meeting, copied)
    return jsonify(
        ok=True,
        people=len(ahead.resolved.seats) if ahead.resolved else None,
        commit=ahead.commit,
        audience=render_template("meetings/_audience.html", ahead=ahead),
        conflicts=render_template("meetings/_conflicts.html", ahead=ahead, form=form),
        minus=form.minus.data,
        steps=render_template("meetings/_steps.html", ahead=ahead),
        rule=ahead.rule,
    )


def _copied(work: Work, actor: Actor) -> Meeting | None:
    """The meeting of which the form makes a copy. Refuses: Missing, NotAllowed."""
    copied = request.values.get("copy")
    return access.managed_by(work, actor, number_sent(request.values, "copy")) if copied else None


def _like(copied: Meeting | None, ground: Ground) -> dict[str, object]:
    """What a new form is begun with: a meeting that is copied, without its times, or a topic."""
    if copied is None:
        return {"topic_id": request.args.get("topic", "")}
    kept = forms.typed(plan_of(copied), ground.seats)
    return {name: value for name, value in kept.items() if name not in forms.TIMES}


def _chosen_host(hosts: Sequence[Unit]) -> Unit:
    wanted = request.form.get("host") or request.args.get("host") or str(hosts[0].id)
    host = next((unit for unit in hosts if str(unit.id) == wanted), None)
    if host is None:
        raise Missing
    return host


def _editable(actor: Actor, meeting_id: int) -> tuple[Meeting, State, Ground]:
    """The meeting, its state now, and what its form is filled in on. Refuses: NotNow, when it is over."""
    with store().read() as work:
        meeting = access.managed_by(work, actor, meeting_id)
        state = moves.state_now(meeting, work.now)
        if not moves.allowed(meeting, work.now, Act.EDIT):
            raise NotNow(_("The meeting is over or has been called off; its plan stays as it is."))
        return meeting, state, _ground(work, actor, work.db.get_one(Unit, meeting.host_id), meeting)


def _ground(work: Work, actor: Actor, host: Unit, meeting: Meeting | None) -> Ground:
    was = plan_of(meeting) if meeting else None
    day = reading.day_typed(request.form.get("day"), was.day if was else work.today)
    own = [one.topic for one in topics.listed(work, actor, states=ALIVE)]
    if was and was.topic_id and was.topic_id not in [topic.id for topic in own]:
        own.append(work.db.get_one(Topic, was.topic_id))
    units = [unit for unit in units_under(work, actor, *ORGANIZING) if unit.path.startswith(host.path)]
    usual = unit_rules.usual(work, host.id, of_this_site())
    return Ground(host, units, own, seats_on(work, host, day), was, settings(), usual)


def _decision() -> tuple[str, int] | None:
    """Whether somebody who has something else at that time is kept or moved out."""
    what = next((name for name in ("keep", "out") if request.form.get(name)), None)
    return (what, number_sent(request.form, what)) if what else None


def _decided(form: MeetingForm, ground: Ground) -> MeetingForm:
    """Writes that decision into the form; nothing is saved by it."""
    if decision := _decision():
        what, membership_id = decision
        (reading.move_out if what == "out" else reading.keep_in)(form, ground, membership_id)
    return form


def _sent(form: MeetingForm, ground: Ground, state: State = State.DRAFT) -> Plan | None:
    """The plan that was sent to be kept. None when none was, or when something is wrong with it."""
    if request.method != "POST" or request.form.get("do") == COUNT or _decision():
        return None
    if state is State.OPEN and ground.was is not None:
        return reading.read_while_open(form, ground.was)
    return reading.read(form, ground)


def _ahead(
    actor: Actor,
    form: MeetingForm,
    ground: Ground,
    meeting: Meeting | None,
    copied: Meeting | None = None,
) -> Foresight:
    """Foresight of the form; what can't be read in it is left open, and said at its field when it is sent."""
    where = reading.zone_typed(form, ground)
    opens_at = _if_readable(lambda: reading.opening_typed(form, where, ground.was))
    closes_at = _if_readable(lambda: reading.closing_typed(form, where, ground.was))
    if opens_at and closes_at and closes_at <= opens_at:
        closes_at = None
    lobby = _if_readable(lambda: reading.lobby_typed(form))
    resolved, audience, problem = None, None, ""
    try:
        audience = reading.audience_typed(form, ground)
        resolved = picked(ground.seats, audience)
    except Invalid as refusal:
        problem = str(refusal)
    conflicts, gone = None, frozenset[int]()
    if audience and opens_at and closes_at:
        gone = frozenset(seat.person_id for seat in ground.seats if seat.membership_id in audience.minus)
        conflicts = _in_the_way(actor, form, ground, audience, (opens_at, closes_at), meeting, copied)
    grace = ground.was.grace_seconds if ground.was else ground.settings.grace_seconds
    steps = _deadlines(form, ground, opens_at, closes_at, meeting)
    return Foresight(
        resolved, problem, conflicts, gone, opens_at, closes_at,
        lobby_at=_before(opens_at, lobby),
        settles_at=closes_at + timedelta(seconds=grace) if closes_at else None,
        zone=where.key,
        rule=rule_form.in_words(form, ground.rule),
        typed=all((form.day.data, form.opens_at.data, form.closes_at.data)),
        year=str(clock.now().astimezone(where).year),
        before=[step for step in steps if step.before],
        after=[step for step in steps if not step.before and closes_at],
        unknown=deadlines.not_announced(steps),
    )  # fmt: skip


def _before(opens_at: datetime | None, minutes: int | None) -> datetime | None:
    try:
        return None if opens_at is None or minutes is None else opens_at - timedelta(minutes=minutes)
    except OverflowError:
        return None


def _if_readable(read: Callable[[], T]) -> T | None:
    """What is read, or None where the form holds something else."""
    try:
        return read()
    except Invalid:
        return None


def _in_the_way(
    actor: Actor,
    form: MeetingForm,
    ground: Ground,
    audience: Audience,
    times: tuple[datetime, datetime],
    meeting: Meeting | None,
    copied: Meeting | None,
) -> Conflicts:
    """What is in the way of the form's meeting, as if nobody were left out of it."""
    besides = meeting.id if meeting else None
    meant = Proposal(
        ground.host,
        picked(ground.seats, replace(audience, minus=())).seats,
        *times,
        reading.zone_typed(form, ground).key,
        form.place.data or "",
        Attending.SIGN_UP if form.attending.data == Attending.SIGN_UP else Attending.MANDATORY,
        besides,
        copied.id if copied else besides,
    )
    with store().read() as work:
        return conflicts_of(work, actor, meant)


def _deadlines(
    form: MeetingForm,
    ground: Ground,
    opens_at: datetime | None,
    closes_at: datetime | None,
    meeting: Meeting | None,
) -> list[Step]:
    """What people must do, and until when, by what was typed."""
    if opens_at is None:
        return []
    done = {}
    if meeting is not None:
        with store().read() as work:
            done = timeline.done(work, [meeting])[meeting.id]
    answer_by = _if_readable(lambda: reading.deadline_typed(form, ground))
    zone = reading.zone_typed(form, ground).key
    times = Times(opens_at, closes_at or opens_at, timedelta(), timedelta(), zone, answer_by)
    steps = deadlines.steps_of(times, timeline.limits_of(ground.settings), done, clock.now())
    return [step for step in steps if step.what in BY_PEOPLE]
