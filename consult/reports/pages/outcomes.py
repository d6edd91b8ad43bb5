"""The pages on which outcomes are questioned: versions and corrections, a member's objection, its answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from consult.attendance import corrections, objections, versions
from consult.attendance.corrections import Wanted
from consult.attendance.intervals import WAY_NAMES, Way
from consult.attendance.models import Outcome, Settlement
from consult.attendance.objections import CLAIMS, Claim
from consult.attendance.rules import OUTCOME_NAMES
from consult.attendance.rules import Outcome as Verdict
from consult.core.errors import Invalid, Missing, Stale
from consult.core.forms import number_sent, shown_at_field, version_sent
from consult.core.web import settings, store
from consult.meetings.access import managed_by
from consult.meetings.models import Meeting
from consult.members.current import current_actor

pages = Blueprint("outcomes", __name__)
Answer = str | Response | tuple[str, int]

AS_FOUND = ""
MEANT = {
    Claim.PRESENT: Verdict.ON_TIME,
    Claim.ON_TIME: Verdict.ON_TIME,
    Claim.ON_LEAVE: Verdict.EXCUSED,
}
"""What an outcome becomes, as a rule, when the office agrees to what its member says."""


class ObjectionForm(FlaskForm):  # type: ignore[misc]
    """What a member says is wrong."""

    claim = RadioField(
        _l("What is right"), choices=[SelectChoice(one.value, words) for one, words in CLAIMS.items()]
    )
    text = TextAreaField(_l("How it was"))


class CorrectionForm(FlaskForm):  # type: ignore[misc]
    """What one outcome is to be, and why."""

    outcome = SelectField(_l("Outcome"), validate_choice=False)
    way = SelectField(
        _l("Was there"),
        choices=[
            SelectChoice(AS_FOUND, _l("As recorded")),
            *(SelectChoice(way.value, words) for way, words in WAY_NAMES.items()),
        ],
    )
    half_days = StringField(_l("Half-days attended"))
    reason = StringField(_l("Reason"))


class AnswerForm(CorrectionForm):
    """The office's answer to an objection; where it agrees, with the outcome that is right."""

    answer = TextAreaField(_l("Your answer"))


class AgainForm(FlaskForm):  # type: ignore[misc]
    """Why the attendance is counted again."""

    reason = StringField(_l("Reason"))


@pages.route("/meetings/<int:meeting_id>/report/versions", methods=["GET", "POST"], endpoint="versions")
def show(meeting_id: int) -> Answer:
    """All countings of a meeting, what changed between two, corrections and objections; its office has it
    counted again here."""
    actor, form, status = current_actor(), AgainForm(), 200
    if request.method == "POST":
        seen = version_sent(request.form)
        try:
            store().write(versions.settle_again, actor, meeting_id, form.reason.data or "", seen=seen)
        except (Invalid, Stale) as refusal:
            status = shown_at_field(form, refusal, "reason")
        else:
            flash(_("The attendance has been counted again."))
            return redirect(url_for("outcomes.versions", meeting_id=meeting_id))
    with store().read() as work:
        history = versions.history(work, actor, meeting_id)
        by_number = {one.settlement.version: one.settlement for one in history.versions}
        if not by_number:
            raise Missing
        later = _chosen("to", max(by_number), by_number)
        earlier = _chosen("from", later - 1, by_number)
        pair = by_number.get(earlier), by_number[later]
        found = versions.differences(work, pair[0], pair[1]) if pair[0] else []
        made = corrections.of_meeting(work, meeting_id)
        said = objections.of_meeting(work, meeting_id)
    return render_template(
        "reports/versions.html",
        history=history,
        meeting=history.meeting,
        earlier=earlier,
        later=later,
        differences=found,
        corrections=made,
        objections=said,
        form=form,
        names=OUTCOME_NAMES,
        claims=CLAIMS,
    ), status


@pages.route("/meetings/<int:meeting_id>/report/correct/<int:membership_id>", methods=["GET", "POST"])
def correct(meeting_id: int, membership_id: int) -> Answer:
    """Corrects one member's outcome, with a reason."""
    actor, status = current_actor(), 200
    meeting, version, row = _row(meeting_id, membership_id)
    form = _offer(CorrectionForm(data={"outcome": row.outcome, "half_days": str(row.half_days)}), row)
    if request.method == "POST":
        try:
            wanted, reason = [_wanted(form, row)], form.reason.data or ""
            store().write(
                corrections.correct, actor, meeting_id, wanted, reason, seen=version_sent(request.form)
            )
        except (Invalid, Stale) as refusal:
            status = shown_at_field(form, refusal, "reason")
        else:
            flash(_("The outcome is corrected, and the attendance counted again."))
            return redirect(url_for("reports.meeting", meeting_id=meeting_id))
    return render_template(
        "reports/correct.html", meeting=meeting, row=row, form=form, version=version, names=OUTCOME_NAMES
    ), status


@pages.post("/corrections/<int:correction_id>/withdraw")
def withdraw(correction_id: int) -> Answer:
    """Takes a correction back, with a reason."""
    made = store().write(corrections.withdraw, current_actor(), correction_id, request.form.get("reason", ""))
    flash(_("The correction is withdrawn, and the attendance counted again."))
    return redirect(url_for("outcomes.versions", meeting_id=made.meeting_id))


@pages.route("/meetings/<int:meeting_id>/report/object", methods=["GET", "POST"], endpoint="object")
def lodge(meeting_id: int) -> Answer:
    """A member says that his own outcome is not right."""
    actor, form, status = current_actor(), ObjectionForm(), 200
    within = timedelta(days=settings().objection_days)
    if request.method == "POST":
        try:
            store().write(
                objections.lodge, actor, meeting_id, form.claim.data or "", form.text.data or "", within
            )
        except Invalid as refusal:
            status = shown_at_field(form, refusal, "text")
        else:
            flash(_("Your objection is with the office. Its answer comes here, and as a notice."))
            return redirect(url_for("reports.mine"))
    with store().read() as work:
        settlement, row = objections.own(work, actor.person_id, meeting_id)
        meeting = work.db.get_one(Meeting, meeting_id)
    return render_template(
        "reports/object.html",
        meeting=meeting,
        row=row,
        form=form,
        until=objections.deadline(settlement, within),
        names=OUTCOME_NAMES,
        longest=objections.LONGEST_TEXT,
    ), status


@pages.route("/objections/<int:objection_id>", methods=["GET", "POST"])
def objection(objection_id: int) -> Answer:
    """The office reads an objection and answers it: corrected, or refused with a reason."""
    actor, status = current_actor(), 200
    with store().read() as work:
        said = objections.seen_by(work, actor, objection_id)
        _settlement, row = objections.own(work, said.objection.person_id, said.meeting.id)
    likely = MEANT.get(Claim(said.objection.claim), Verdict(row.outcome))
    likely = likely if likely in corrections.possible(row) else corrections.possible(row)[0]
    form = _offer(AnswerForm(data={"outcome": likely, "half_days": str(row.half_days_held)}), row)
    if request.method == "POST":
        answer = form.answer.data or ""
        try:
            if request.form.get("do") == "refuse":
                store().write(objections.refuse, actor, objection_id, answer)
            else:
                store().write(objections.accept, actor, objection_id, _wanted(form, row), answer)
        except (Invalid, Stale) as refusal:
            status = shown_at_field(form, refusal, "answer")
        else:
            flash(_("The answer is kept, and %(name)s is told.", name=said.name))
            return redirect(url_for("outcomes.versions", meeting_id=said.meeting.id))
    return render_template(
        "reports/objection.html",
        said=said,
        meeting=said.meeting,
        row=row,
        form=form,
        names=OUTCOME_NAMES,
        claims=CLAIMS,
        longest=objections.LONGEST_ANSWER,
    ), status


def _chosen(name: str, otherwise: int, known: Mapping[int, Settlement]) -> int:
    asked = request.args.get(name, "")
    return int(asked) if asked.isdecimal() and len(asked) < 9 and int(asked) in known else otherwise


def _row(meeting_id: int, membership_id: int) -> tuple[Meeting, int, Outcome]:
    """The meeting, the version that holds, and the member's outcome in it. Refuses: Missing, NotAllowed."""
    with store().read() as work:
        meeting = managed_by(work, current_actor(), meeting_id)
        holds = versions.holds(work, meeting_id)
        row = work.db.get(Outcome, (holds.id, membership_id)) if holds else None
        if holds is None or row is None:
            raise Missing
        return meeting, holds.version, row


def _offer(form: CorrectionForm, row: Outcome) -> CorrectionForm:
    form.outcome.choices = [SelectChoice(one.value, OUTCOME_NAMES[one]) for one in corrections.possible(row)]
    return form


def _wanted(form: CorrectionForm, row: Outcome) -> Wanted:
    """What was chosen. Refuses: Invalid, naming the field."""
    if form.outcome.data not in set(Verdict):
        raise Invalid(_l("Please choose one of these."), field="outcome")
    if form.way.data not in {AS_FOUND, *Way}:
        raise Invalid(_l("Please choose one of these."), field="way")
    half_days = number_sent(request.form, "half_days") if row.half_days_held else None
    way = Way(form.way.data) if form.way.data else None
    return Wanted(row.membership_id, Verdict(form.outcome.data), way, half_days)
