"""The office's view of the answers: counted, listed, nudged, and written down for who called."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from consult.core.errors import Missing, NotNow, TooFast
from consult.core.forms import page_asked
from consult.core.text import clean
from consult.core.web import settings, store
from consult.invitations import answering, asking, nudging, overview, queue, standing
from consult.invitations.leave import ReasonType, Status
from consult.invitations.overview import Filter
from consult.invitations.pages.blueprint import DONE, Answer, pages, staff_actor, wish_sent
from consult.invitations.standing import ANSWERING, RECORDING, Stand, deadline_of
from consult.meetings import access, moves
from consult.meetings.conduct import EXCUSING
from consult.meetings.models import Invitation
from consult.meetings.pages.telling import flash_told
from consult.members.access import READING, Actor
from consult.members.models import Person, Unit

PER_PAGE = 100


@pages.get("/meetings/<int:meeting_id>/answers")
def answers(meeting_id: int) -> str:
    """Who has answered what, as far as one reads there; those without an answer first."""
    return _page(staff_actor(), meeting_id)


@pages.post("/meetings/<int:meeting_id>/nudge")
def nudge(meeting_id: int) -> Answer:
    """Asks those once more who have not answered."""
    actor = staff_actor()
    try:
        made = store().write(nudging.nudge, actor, meeting_id)
    except (NotNow, TooFast) as refusal:
        return _page(actor, meeting_id, str(refusal)), refusal.status
    said = ngettext("%(num)s person is asked once more.", "%(num)s people are asked once more.", made.asked)
    flash_told(meeting_id, said)
    return redirect(url_for("invitations.answers", meeting_id=meeting_id))


@pages.route("/meetings/<int:meeting_id>/answers/<int:membership_id>", methods=["GET", "POST"])
def person(meeting_id: int, membership_id: int) -> Answer:
    """One person's invitation with its history, for the offices that may speak for him."""
    actor = staff_actor()
    if request.method == "POST":
        wish = wish_sent(request.form.get("do"))
        said = store().write(answering.answer_for, actor, meeting_id, membership_id, wish)
        flash(str(DONE[said]))
        return redirect(request.path)
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        row = work.db.get(Invitation, (meeting_id, membership_id))
        if row is None:
            raise Missing
        one = standing.invited_to(work, meeting, row.person_id)
        unit = work.db.get_one(Unit, one.seat.unit_id)
        host = work.db.get_one(Unit, meeting.host_id)
        if not actor.holds(unit.path, *READING) and not actor.holds(host.path, *READING):
            raise Missing
        requests = queue.requests_of(work, meeting_id, row.person_id)
        return render_template(
            "invitations/person.html",
            meeting=meeting,
            one=one,
            name=work.db.get_one(Person, row.person_id).name,
            unit=unit,
            history=overview.history(work, meeting, membership_id, row.person_id),
            asked={asked.request.id: asked for asked in requests},
            remote=standing.remote_instead(meeting),
            recording=standing.speaks_for(work, actor, one)
            and one.state in RECORDING
            and one.stand is not Stand.LEAVE,
            deciding=one.pending is not None
            and one.state in EXCUSING
            and asking.may_decide(work, actor, one.pending, one),
            advisable=asking.advisable(meeting),
            excusing=one.expected is not None
            and one.state in EXCUSING
            and access.manages(work, actor, meeting),
            reasons=ReasonType,
            statuses=Status,
        )


def _page(actor: Actor, meeting_id: int, refused: str = "") -> str:
    wanted = Filter(
        stand=request.args.get("stand", "") if request.args.get("stand") in list(Stand) else "",
        group=request.args.get("group", ""),
        text=clean(request.args.get("q", "")[:60]),
    )
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        counts = overview.counts(work, actor, meeting)
        page = page_asked(request.args)
        rows, total = overview.listed(
            work, actor, meeting, counts.by, wanted, page=page, per_page=PER_PAGE
        )  # fmt: skip
        state = moves.state_now(meeting, work.now)
        asking_still = state in ANSWERING and work.now < deadline_of(meeting)
        manages = access.manages(work, actor, meeting)
        silent = overview.unanswered_names(work, actor, meeting) if asking_still else []
        last = nudging.last_of(work, meeting_id)
    return render_template(
        "invitations/answers.html",
        meeting=meeting,
        state=state,
        counts=counts,
        rows=rows,
        total=total,
        wanted=wanted,
        page=page,
        last=max(1, -(-total // PER_PAGE)),
        stands=Stand,
        deadline=deadline_of(meeting),
        manages=manages,
        nudging=manages and asking_still and counts.stands[Stand.NONE] > 0,
        text=_text_to_copy(meeting_id, silent, counts.stands[Stand.NONE]),
        nudged=last,
        refused=refused,
    )


def _text_to_copy(meeting_id: int, names: list[str], total: int) -> dict[str, object]:
    """What the office pastes into its group: who is asked, and where to answer."""
    where = settings().site + url_for("invitations.answer", meeting_id=meeting_id)
    more = _(" and %(count)s more", count=total - len(names)) if total > len(names) else ""
    return {"names": "、".join(names) + more, "address": where}
