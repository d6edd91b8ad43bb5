"""Importing the video platform's attendance sheet: the file, whom it means, one click."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FileField

from consult.core.errors import Invalid, NotNow, Refusal, Stale
from consult.core.forms import shown_at_field
from consult.core.web import MAX_BODY, accepts_body, store
from consult.meetings.plan import plan_of
from consult.members.current import current_actor
from consult.register import video_import
from consult.register.desk import desk_of
from consult.register.pages.blueprint import Answer, pages
from consult.register.video_sheet import read_video_sheet

PREFIX = "who:"  # before the name of the sheet, in the fields of the preview


class SheetForm(FlaskForm):  # type: ignore[misc]
    """The file."""

    file = FileField(_l("Attendance sheet (.xlsx or .csv)"))


@pages.route("/meetings/<int:meeting_id>/video-sheet", methods=["GET", "POST"])
@accepts_body(MAX_BODY)
def upload(meeting_id: int) -> Answer:
    """Takes the sheet and goes on to its preview."""
    actor, form, status = current_actor(), SheetForm(), 200
    with store().read() as work:
        desk = desk_of(work, actor, meeting_id)
    if request.method == "POST":
        sent = request.files.get("file")
        try:
            if sent is None or not sent.filename:
                raise Invalid(_("Please choose a file."), field="file")
            where = ZoneInfo(desk.meeting.zone)
            said = read_video_sheet(sent.read(), sent.filename, where, plan_of(desk.meeting).day)
            if said.unread:
                line, why = said.unread[0]
                raise Invalid(_("Row %(line)s: %(why)s", line=line, why=why), field="file")
            kept = store().write(video_import.preview, actor, meeting_id, sent.filename, said)
        except (Invalid, NotNow) as refusal:
            status = shown_at_field(form, refusal, "file")
        else:
            return redirect(url_for("register.video_sheet", sheet_id=kept.id))
    return render_template("register/video.html", form=form, meeting=desk.meeting), status


@pages.get("/video-sheets/<int:sheet_id>")
def video_sheet(sheet_id: int) -> Answer:
    """Whom the sheet means; after importing, what came of it."""
    with store().read() as work:
        kept, desk = video_import.found(work, current_actor(), sheet_id)
    if kept.applied_at is not None:
        return render_template("register/video_done.html", sheet=kept, desk=desk, meeting=desk.meeting)
    return _preview(sheet_id)


@pages.post("/video-sheets/<int:sheet_id>/apply")
def apply_sheet(sheet_id: int) -> Answer:
    """Imports all of it or nothing."""
    chosen = {
        name.removeprefix(PREFIX): value.strip()
        for name, value in request.form.items()
        if name.startswith(PREFIX)
    }
    try:
        mark = request.form.get("mark", "")
        store().write(video_import.apply, current_actor(), sheet_id, mark, chosen)
    except (Invalid, Stale, NotNow) as refusal:
        return _preview(sheet_id, refusal, chosen), refusal.status
    return redirect(url_for("register.video_sheet", sheet_id=sheet_id))


@pages.post("/video-sheets/<int:sheet_id>/take-back")
def take_sheet_back(sheet_id: int) -> Answer:
    """What the sheet brought counts no more."""
    kept = store().write(video_import.take_back, current_actor(), sheet_id, request.form.get("reason", ""))
    flash(_("What the sheet brought counts no more."))
    return redirect(url_for("register.index", meeting_id=kept.meeting_id))


def _preview(sheet_id: int, refusal: Refusal | None = None, chosen: dict[str, str] | None = None) -> str:
    with store().read() as work:
        shown = video_import.look(work, current_actor(), sheet_id)
    return render_template(
        "register/video_preview.html",
        shown=shown,
        meeting=shown.desk.meeting,
        refusal=refusal,
        chosen=chosen or {},
        prefix=PREFIX,
        nobody=video_import.NOBODY,
    )
