"""The editor: a meeting is planned at the left, at the right stands what the clock will do by itself."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Response as FlaskResponse
from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consult.core import clock
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Stale
from consult.core.forms import key_sent, number_sent, shown_at_field, version_sent
from consult.core.store import Work
from consult.core.web import settings, store
from consult.meetings import access, deadlines, moves, scheduling, timeline
from consult.meetings.audience import Resolved, picked, seats_on
from consult.meetings.conflicts import Conflicts, conflicts_of, speakers_of
from consult.meetings.deadlines import BY_THE_OFFICE, Step, Times
from consult.meetings.lifecycle import Act, State
from consult.meetings.models import Meeting
from consult.meetings.pages import forms, reading
from consult.meetings.pages.blueprint import Answer, pages
from consult.meetings.pages.forms import Ground, MeetingForm
from consult.meetings.plan import Plan, plan_of
from consult.members import edits
from consult.members.access import ORGANIZING, Actor, unit_for, units_under
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.topics import topics
from consult.topics.life import ALIVE
from consult.topics.models import Topic

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
    typed: bool  # all that the times need, right or wrong
    year: str
    before: Sequence[Step]  # what the office must have done before the meeting
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
        like = _like(work, actor, ground)
    form = MeetingForm(data={**forms.fresh(ground), **like})
    _decided(forms.offer(form, ground), ground)
    key = key_sent(request.form) or secrets.token_urlsafe(24)
    if (plan := _sent(form, ground)) is not None:
        draft = request.form.get("do") == "draft"
        try:
            made = store().write(
                scheduling.schedule, actor, ground.host.id, plan, draft=draft, form_key=key,
                careful=not form.despite.data,
            )  # fmt: skip
        except (Invalid, Stale) as refusal:
            status = shown_at_field(form, refusal, "title")
        else:
            flash(_("The draft is kept.") if draft else _("The meeting is on the calendar."))
            return redirect(url_for("meetings.meeting", meeting_id=made.id))
    elif form.errors:
        status = Invalid.status
    page = render_template(
        "meetings/editor.html", form=form, ground=ground, ahead=_ahead(actor, form, ground), hosts=hosts,
        key=key, meeting=None, state=State.DRAFT, now={},
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
            flash(_("The change is kept."))
            return redirect(url_for("meetings.meeting", meeting_id=meeting_id))
    elif form.errors:
        status = Invalid.status
    page = render_template(
        "meetings/editor.html", form=form, ground=ground, ahead=_ahead(actor, form, ground, meeting_id),
        meeting=meeting, state=state, version=version, changed=changed, labels=forms.LABELS,
        now=forms.differing(form, ground) if changed else {},
    )  # fmt: skip
    return page, status


@pages.post("/meetings/preview")
def preview() -> FlaskResponse:
    """What the form as it stands comes to, for the editor to show while it is typed.

    The form says its `meeting`, or for a new one its `host`.
    """
    actor, meeting_id = current_actor(), None
    if request.form.get("meeting"):
        meeting_id = number_sent(request.form, "meeting")
        ground = _editable(actor, meeting_id)[2]
    else:
        with store().read() as work:
            host = unit_for(work, actor, number_sent(request.form, "host"), *ORGANIZING)
            ground = _ground(work, actor, host, None)
    form = _decided(forms.offer(MeetingForm(), ground), ground)
    ahead = _ahead(actor, form, ground, meeting_id)
    return jsonify(
        ok=True,
        people=len(ahead.resolved.seats) if ahead.resolved else None,
        commit=ahead.commit,
        audience=render_template("meetings/_audience.html", ahead=ahead),
        conflicts=render_template("meetings/_conflicts.html", ahead=ahead, form=form),
        minus=form.minus.data,
        steps=render_template("meetings/_steps.html", ahead=ahead),
    )


def _like(work: Work, actor: Actor, ground: Ground) -> dict[str, object]:
    """What a new form is begun with: a meeting that is copied, without its times, or a topic."""
    if copied := request.args.get("copy", type=int):
        plan = plan_of(access.managed_by(work, actor, copied))
        return {
            name: value for name, value in forms.typed(plan, ground.seats).items() if name not in forms.TIMES
        }
    return {"topic_id": request.args.get("topic", "")}


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
    day = reading.day_typed(request.form.get("day"), was.day if was else work.now.date())
    own = [one.topic for one in topics.listed(work, actor, states=ALIVE)]
    if was and was.topic_id and was.topic_id not in [topic.id for topic in own]:
        own.append(work.db.get_one(Topic, was.topic_id))
    units = [unit for unit in units_under(work, actor, *ORGANIZING) if unit.path.startswith(host.path)]
    return Ground(host, units, own, seats_on(work, host, day), was, settings())


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


def _ahead(actor: Actor, form: MeetingForm, ground: Ground, meeting_id: int | None = None) -> Foresight:
    """Foresight of the form; what can't be read in it is left open, and said at its field when it is sent."""
    where = reading.zone_typed(form, ground)
    times: list[datetime | None] = []
    for parse in (reading.opening_typed, reading.closing_typed):
        try:
            times.append(parse(form, where, ground.was))
        except Invalid:
            times.append(None)
    opens_at, closes_at = times
    if opens_at and closes_at and closes_at <= opens_at:
        closes_at = None
    try:
        lobby_at = opens_at - timedelta(minutes=reading.lobby_typed(form)) if opens_at else None
    except (Invalid, OverflowError):
        lobby_at = None
    resolved, audience, problem = None, None, ""
    try:
        audience = reading.audience_typed(form, ground)
        resolved = picked(ground.seats, audience)
    except Invalid as refusal:
        problem = str(refusal)
    conflicts, gone = None, frozenset[int]()
    if audience and opens_at and closes_at:
        gone = frozenset(seat.person_id for seat in ground.seats if seat.membership_id in audience.minus)
        seats = picked(ground.seats, replace(audience, minus=())).seats
        with store().read() as work:
            conflicts = conflicts_of(
                work, actor, ground.host, seats, opens_at, closes_at, form.place.data or "",
                speakers_of(work, meeting_id), meeting_id, where.key,
            )  # fmt: skip
    grace = ground.was.grace_seconds if ground.was else ground.settings.grace_seconds
    settles_at = closes_at + timedelta(seconds=grace) if closes_at else None
    typed = all((form.day.data, form.opens_at.data, form.closes_at.data))
    steps = _deadlines(ground, opens_at, closes_at, where, meeting_id)
    return Foresight(
        resolved, problem, conflicts, gone, opens_at, closes_at, lobby_at, settles_at, where.key, typed,
        year=str(clock.now().astimezone(where).year),
        before=[step for step in steps if step.before],
        after=[step for step in steps if not step.before and closes_at],
        unknown=deadlines.not_announced(steps),
    )  # fmt: skip


def _deadlines(
    ground: Ground,
    opens_at: datetime | None,
    closes_at: datetime | None,
    where: ZoneInfo,
    meeting_id: int | None,
) -> list[Step]:
    """What the office must do, and until when, by the times that were typed."""
    if opens_at is None:
        return []
    with store().read() as work:
        meeting = work.db.get(Meeting, meeting_id) if meeting_id else None
        done = timeline.done(work, [meeting])[meeting.id] if meeting else {}
    times = Times(opens_at, closes_at or opens_at, timedelta(), timedelta(), where.key)
    steps = deadlines.steps_of(times, timeline.limits_of(ground.settings), done, clock.now())
    return [step for step in steps if step.what in BY_THE_OFFICE]
