"""What the people of a meeting were told, for its office."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult.core.errors import Missing, NotNow
from consult.core.forms import page_asked
from consult.core.web import safe_next, settings, store
from consult.meetings import access, moves
from consult.members.current import current_actor
from consult.notices import announce, kinds, overview, progress
from consult.notices.kinds import EMAIL, ROBOT, SMS, Kind
from consult.notices.models import DeliveryState
from consult.notices.pages.blueprint import pages
from consult.notices.policy import lasting, policy_of
from consult.notices.progress import Progress

CHANNELS = {EMAIL: _l("Email"), SMS: _l("Text messages"), ROBOT: _l("Groups")}
STATES = {
    DeliveryState.SENT: ("ok", _l("sent")),
    DeliveryState.WAITING: ("info", _l("waiting")),
    DeliveryState.FAILED: ("bad", _l("failed")),
    DeliveryState.SKIPPED: ("excused", _l("no address, or not wanted")),
    DeliveryState.VOID: ("excused", _l("overtaken")),
}


@pages.get("/meetings/<int:meeting_id>/notices")
def meeting(meeting_id: int) -> str:
    """What was told of the meeting when, to how many, how far it is; reminders; a text to copy."""
    actor = current_actor()
    with store().read() as work:
        found = access.managed_by(work, actor, meeting_id)
        rounds = overview.rounds(work, found)
        reminders = overview.reminders_of(work, found)
        texts = overview.to_copy(work, found)
        pending = announce.pending(work, found)
        telling = progress.progress(work, found)
        state = moves.state_now(found, work.now)
        now = work.now
    return render_template(
        "notices/meeting.html",
        meeting=found,
        state=state,
        rounds=rounds,
        reminders=reminders,
        texts=[
            (kind, words, settings().site + kinds.path(kind, {"meeting": found.id})) for kind, words in texts
        ],
        pending=pending,
        telling=telling,
        how_far=_how_far(telling) if telling else "",
        channels=CHANNELS,
        states=STATES,
        policy=policy_of(settings()),
        lasting=lasting,
        now=now,
    )


@pages.get("/meetings/<int:meeting_id>/notices/progress", endpoint="progress")
def show_progress(meeting_id: int) -> FlaskResponse:
    """How far the telling is, for the page's script."""
    with store().read() as work:
        telling = progress.progress(work, access.managed_by(work, current_actor(), meeting_id))
    if telling is None:
        return jsonify(ok=True, ended=True)
    return jsonify(ok=True, ended=False, done=telling.done, total=telling.recipients, words=_how_far(telling))


@pages.get(f"/meetings/<int:meeting_id>/notices/<any({', '.join(Kind)}):kind>/<int:version>")
def recipients(meeting_id: int, kind: str, version: int) -> str:
    """Who was told that, and how far it is for each."""
    actor = current_actor()
    page = page_asked(request.args)
    troubled = request.args.get("show") == "troubled"
    with store().read() as work:
        found = access.managed_by(work, actor, meeting_id)
        state = moves.state_now(found, work.now)
        rows, total = overview.recipients(work, found, Kind(kind), version, page, troubled=troubled)
    if not rows and not troubled:
        raise Missing
    return render_template(
        "notices/recipients.html",
        meeting=found,
        state=state,
        kind=Kind(kind),
        version=version,
        rows=rows,
        total=total,
        troubled=troubled,
        channels=CHANNELS,
        states=STATES,
        page=page,
        last=max(1, -(-total // overview.PER_PAGE)),
    )


@pages.post("/meetings/<int:meeting_id>/notices/resend/<int:notice_id>")
def resend(meeting_id: int, notice_id: int) -> Response:
    """Sends a notice to its person once more."""
    try:
        name = store().write(overview.resend, current_actor(), meeting_id, notice_id)
    except NotNow as refusal:
        flash(str(refusal), "warn")
    else:
        flash(_("It is sent to %(name)s once more.", name=name))
    here = url_for("notices.meeting", meeting_id=meeting_id)
    return redirect(safe_next(request.form.get("next"), here))


def _how_far(telling: Progress) -> str:
    """How far the telling is, in words."""
    said = [_("%(done)s of %(total)s told", done=telling.done, total=telling.recipients)]
    if telling.people:
        said.append(_("in the application: %(num)s", num=telling.people))
    said += [f"{CHANNELS[channel]}{_(': ')}{number}" for channel, number in telling.sent.items()]
    if telling.failed:
        said.append(ngettext("%(num)s failed", "%(num)s failed", telling.failed))
    said.append(ngettext("%(num)s left", "%(num)s left", telling.left))
    return " · ".join(said)
