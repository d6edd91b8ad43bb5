"""What an office does to a meeting, one question a page: what will happen, what is asked, one button."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext as _nl
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Invalid, Message, Stale
from consult.core.forms import shown_at_field, version_sent
from consult.core.web import store
from consult.meetings import access, conduct, moves, scheduling, series, words
from consult.meetings.changes import LONGEST_REASON, not_now
from consult.meetings.conflicts import Conflicting, Conflicts
from consult.meetings.lifecycle import MOVES, Move, State
from consult.meetings.models import Meeting
from consult.meetings.pages import forms, reading
from consult.meetings.pages.blueprint import Answer, pages
from consult.meetings.pages.telling import flash_told
from consult.meetings.plan import plan_of
from consult.members import edits
from consult.members.access import Actor
from consult.members.current import current_actor

MINUTES = (10, 15, 30, 45, 60, 90)
TIMES = ("day", "opens_at", "closes_day", "closes_at")


class ActForm(FlaskForm):  # type: ignore[misc]
    """What the acts ask for; each asks for some of it."""

    day = StringField(words.LABELS["day"])
    opens_at = StringField(words.LABELS["opens_at"])
    closes_day = StringField(words.LABELS["closes_day"])
    closes_at = StringField(words.LABELS["closes_at"])
    by = SelectField(
        _l("How long"),
        choices=[SelectChoice(str(one), _nl("%(num)s minute", "%(num)s minutes", one)) for one in MINUTES],
        validate_choice=False,
    )
    reason = StringField(_l("Reason"))
    despite = BooleanField(_l("Schedule all the same"))

    def length(self) -> timedelta:
        """The minutes that were chosen. Refuses: Invalid (field `by`)."""
        if self.by.data not in [str(one) for one in MINUTES]:
            raise Invalid(_l("Please choose one of these."), field="by")
        return timedelta(minutes=int(self.by.data))


_TOLD = (Move.SCHEDULE, Move.RESCHEDULE, Move.POSTPONE, Move.CANCEL)  # whom it concerns is told by itself


@dataclass(frozen=True)
class Act:
    """Something that an office can do: the move it makes, its name, what comes of it, what it asks."""

    step: Move
    label: Message
    about: Message
    done: Message
    do: Callable[[Actor, Meeting, int, ActForm], object]
    asks: tuple[str, ...] = ()
    bad: bool = False


def _put_on(actor: Actor, meeting: Meeting, version: int, form: ActForm) -> object:
    return store().write(
        scheduling.edit, actor, meeting.id, version, plan_of(meeting), put_on=True,
        careful=not form.despite.data,
    )  # fmt: skip


def _reschedule(actor: Actor, meeting: Meeting, version: int, form: ActForm) -> object:
    plan, where = plan_of(meeting), ZoneInfo(meeting.zone)
    return store().write(
        scheduling.reschedule,
        actor,
        meeting.id,
        version,
        reading.opening_typed(form, where, plan),
        reading.closing_typed(form, where, plan),
        form.reason.data or "",
        careful=not form.despite.data,
    )


OF_A_SERIES = "cancel_later"
"""The act that only a meeting of a series has."""

ACTS: Mapping[str, Act] = {
    "schedule": Act(
        Move.SCHEDULE,
        _l("Put on the calendar"),
        _l("Those who are expected will see the meeting. It opens and closes by itself."),
        _l("The meeting is on the calendar."),
        _put_on,
    ),
    "open": Act(
        Move.OPEN,
        _l("Open now"),
        _l("The meeting opens at once and ends as planned. Late is counted from the planned start."),
        _l("The meeting is open."),
        lambda actor, meeting, version, _form: store().write(conduct.open_early, actor, meeting.id, version),
    ),
    "extend": Act(
        Move.EXTEND,
        _l("Extend"),
        _l("The meeting ends that much later."),
        _l("The meeting is extended."),
        lambda actor, meeting, version, form: store().write(
            conduct.extend, actor, meeting.id, version, form.length()
        ),
        ("by",),
    ),
    "close": Act(
        Move.CLOSE,
        _l("End now"),
        _l("The meeting ends at once: nobody can comment any more, and attendance is counted."),
        _l("The meeting has ended."),
        lambda actor, meeting, version, _form: store().write(conduct.close_early, actor, meeting.id, version),
        bad=True,
    ),
    "reopen": Act(
        Move.REOPEN,
        _l("Open again"),
        _l("The meeting is open again from now. The reason stays on file with the attendance."),
        _l("The meeting is open again."),
        lambda actor, meeting, version, form: store().write(
            conduct.reopen, actor, meeting.id, version, form.reason.data or "", form.length()
        ),
        ("by", "reason"),
    ),
    "reschedule": Act(
        Move.RESCHEDULE,
        _l("Reschedule"),
        _l("The meeting is held at another time. Leave that was given stays as it is."),
        _l("The meeting is rescheduled."),
        _reschedule,
        (*TIMES, "reason"),
    ),
    "postpone": Act(
        Move.POSTPONE,
        _l("Postpone"),
        _l("The meeting is taken off the calendar until you give it a new time."),
        _l("The meeting is postponed."),
        lambda actor, meeting, version, form: store().write(
            scheduling.postpone, actor, meeting.id, version, form.reason.data or ""
        ),
        ("reason",),
        bad=True,
    ),
    "cancel": Act(
        Move.CANCEL,
        _l("Cancel the meeting"),
        _l("The meeting is called off for good. It stays on the list as cancelled."),
        _l("The meeting is cancelled."),
        lambda actor, meeting, version, form: store().write(
            scheduling.cancel, actor, meeting.id, version, form.reason.data or ""
        ),
        ("reason",),
        bad=True,
    ),
    "cancel_later": Act(
        Move.CANCEL,
        _l("Cancel this and all later ones"),
        _l("This meeting and all later ones of its series are called off for good."),
        _l("The meetings are cancelled."),
        lambda actor, meeting, version, form: store().write(
            series.cancel_later, actor, meeting.id, version, form.reason.data or ""
        ),
        ("reason",),
        bad=True,
    ),
}


@pages.route(f"/meetings/<int:meeting_id>/<any({', '.join(ACTS)}):name>", methods=["GET", "POST"])
def act(meeting_id: int, name: str) -> Answer:
    """Asks once more before something is done to a meeting, and does it."""
    actor, asked, status = current_actor(), ACTS[name], 200
    meeting, state = _allowed(actor, meeting_id, asked.step)
    form = ActForm(data=_times(meeting))
    version = version_sent(request.form) if request.method == "POST" else meeting.version
    changed: Sequence[edits.Edit] = ()
    in_the_way: Conflicts | None = None
    if request.method == "POST":
        try:
            asked.do(actor, meeting, version, form)
        except Stale as refusal:
            status = refusal.status
            meeting, state = _allowed(actor, meeting_id, asked.step)
            with store().read() as work:
                changed = edits.since(work, f"meeting:{meeting_id}", meeting.host_id, version)
            version = meeting.version
        except Invalid as refusal:
            status = shown_at_field(form, refusal)
            in_the_way = refusal.conflicts if isinstance(refusal, Conflicting) else None
        else:
            if asked.step in _TOLD and (state, asked.step) != (State.DRAFT, Move.CANCEL):
                flash_told(meeting_id, str(asked.done))
            else:
                flash(str(asked.done))
            return redirect(url_for("meetings.meeting", meeting_id=meeting_id))
    page = render_template(
        "meetings/act.html", meeting=meeting, state=state, act=asked, form=form, version=version,
        changed=changed, labels=words.LABELS, longest=LONGEST_REASON, in_the_way=in_the_way,
    )  # fmt: skip
    return page, status


@pages.post("/meetings/<int:meeting_id>/refresh")
def refresh(meeting_id: int) -> Answer:
    """Works out anew who is expected, by the roster as it is now."""
    store().write(scheduling.refresh_audience, current_actor(), meeting_id, version_sent(request.form))
    flash(str(_l("The list is that of the roster as it is now.")))
    return redirect(url_for("meetings.meeting", meeting_id=meeting_id))


def _allowed(actor: Actor, meeting_id: int, step: Move) -> tuple[Meeting, State]:
    """The meeting and its state now. Refuses: Missing, NotAllowed; NotNow, when it allows no such move."""
    with store().read() as work:
        meeting = access.managed_by(work, actor, meeting_id)
        state = moves.state_now(meeting, work.now)
    if (state, step) not in MOVES:
        raise not_now(state)
    return meeting, state


def _times(meeting: Meeting) -> dict[str, object]:
    plan = forms.typed(plan_of(meeting), ())
    return {**{name: plan[name] for name in TIMES}, "by": "15"}
