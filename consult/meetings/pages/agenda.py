"""The agenda's pages: read by all who see the meeting, changed item by item by its office."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField

from consult.core.errors import Invalid, Stale
from consult.core.forms import NUMBER, number_sent, shown_at_field, version_sent
from consult.core.web import store
from consult.meetings import access, agenda, moves, words
from consult.meetings.agenda import Item
from consult.meetings.lifecycle import Act
from consult.meetings.pages.blueprint import Answer, pages
from consult.members import edits
from consult.members.current import current_actor

USUAL_MINUTES = "8"  # what a prepared statement takes


class ItemForm(FlaskForm):  # type: ignore[misc]
    """An item of the agenda."""

    title = StringField(_l("What is on the agenda"))
    speaker = StringField(_l("Speaker"))
    minutes = StringField(_l("How many minutes"))

    def item(self) -> Item:
        """What was typed. Refuses: Invalid, naming the field."""
        minutes = (self.minutes.data or "").strip()
        if not NUMBER.fullmatch(minutes):
            raise Invalid(_l("Please give whole minutes."), field="minutes")
        return Item(self.title.data or "", self.speaker.data or "", int(minutes))


@pages.route("/meetings/<int:meeting_id>/agenda", methods=["GET", "POST"], endpoint="agenda")
def show(meeting_id: int) -> Answer:
    """The agenda; its office adds an item at the end."""
    actor, form, status = current_actor(), ItemForm(data={"minutes": USUAL_MINUTES}), 200
    changed: Sequence[edits.Edit] = ()
    if request.method == "POST":
        version = version_sent(request.form)
        try:
            store().write(agenda.add, actor, meeting_id, version, form.item())
        except Stale as refusal:
            status = refusal.status
            changed = _since(meeting_id, version)
        except Invalid as refusal:
            status = shown_at_field(form, refusal, "title")
        else:
            return redirect(url_for("meetings.agenda", meeting_id=meeting_id, _anchor="add"))
    with store().read() as work:
        meeting = access.seen_by(work, actor, meeting_id)
        slots = agenda.of_meeting(work, meeting)
        manages = access.manages(work, actor, meeting)
        state = moves.state_now(meeting, work.now)
        editable = manages and moves.allowed(meeting, work.now, Act.EDIT)
    return render_template(
        "meetings/agenda.html",
        meeting=meeting,
        state=state,
        slots=slots,
        total=sum(slot.item.minutes for slot in slots),
        over=agenda.over_by(meeting, slots),
        manages=manages,
        editable=editable,
        staff=actor.staff,
        form=form,
        changed=changed,
        labels=words.LABELS,
    ), status


@pages.route("/meetings/<int:meeting_id>/agenda/<int:item_id>", methods=["GET", "POST"])
def agenda_item(meeting_id: int, item_id: int) -> Answer:
    """Changes an item; who comes second is told what the first has changed, his own text stays."""
    actor, status = current_actor(), 200
    with store().read() as work:
        slot = agenda.item_of(work, actor, meeting_id, item_id)
        meeting = access.managed_by(work, actor, meeting_id)
        state = moves.state_now(meeting, work.now)
    speaker = f"{slot.speaker}（{slot.number}）" if slot.number else slot.speaker
    form = ItemForm(
        data={"title": slot.item.title, "speaker": speaker, "minutes": str(slot.item.minutes)}
    )  # fmt: skip
    version, changed = meeting.version, list[edits.Edit]()
    if request.method == "POST":
        sent = version_sent(request.form)
        try:
            store().write(agenda.change, actor, meeting_id, sent, item_id, form.item())
        except Stale as refusal:
            status = refusal.status
            changed = _since(meeting_id, sent)
        except Invalid as refusal:
            status = shown_at_field(form, refusal, "title")
        else:
            return redirect(url_for("meetings.agenda", meeting_id=meeting_id))
    return render_template(
        "meetings/agenda_item.html", meeting=meeting, state=state, item=slot.item, form=form, version=version,
        changed=changed, labels=words.LABELS,
    ), status  # fmt: skip


@pages.post("/meetings/<int:meeting_id>/agenda/<int:item_id>/<any(up, down, remove):what>")
def agenda_act(meeting_id: int, item_id: int, what: str) -> Answer:
    """Moves an item up or down, or takes it off."""
    actor, version = current_actor(), number_sent(request.form, "version")
    if what == "remove":
        store().write(agenda.remove, actor, meeting_id, version, item_id)
    else:
        store().write(agenda.move, actor, meeting_id, version, item_id, -1 if what == "up" else 1)
    kept = f"item-{item_id}" if what != "remove" else None
    return redirect(url_for("meetings.agenda", meeting_id=meeting_id, _anchor=kept))


def _since(meeting_id: int, version: int) -> list[edits.Edit]:
    with store().read() as work:
        meeting = access.managed_by(work, current_actor(), meeting_id)
        return edits.since(work, f"meeting:{meeting_id}", meeting.host_id, version)
