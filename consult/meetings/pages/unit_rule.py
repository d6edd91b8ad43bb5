"""The attendance rule that a unit's new meetings begin with: shown, and set by its office."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consult.core.errors import Invalid, Stale
from consult.core.forms import shown_at_field, version_sent
from consult.core.web import settings, store
from consult.meetings import rule_words, unit_rules
from consult.meetings.models import UnitRule
from consult.meetings.pages import rule_form
from consult.meetings.pages.blueprint import Answer, pages
from consult.meetings.pages.rule_form import RuleForm
from consult.meetings.rule_data import RuleData
from consult.members.access import ORGANIZING, Actor
from consult.members.current import current_actor
from consult.members.models import Unit

SHOW = "show"
"""The button that keeps nothing and only says what was typed in words."""


@pages.route("/units/<int:unit_id>/rule", methods=["GET", "POST"], endpoint="unit_rule")
def show(unit_id: int) -> Answer:
    """The unit's usual rule in words; its office sets it. Who comes second is shown what the first set."""
    actor, status, in_the_meantime = current_actor(), 200, False
    unit, row, so_far = _shown(actor, unit_id)
    form = RuleForm(data=rule_form.typed_rule(so_far))
    rule_form.offer_shares(form, so_far)
    if request.method == "POST" and request.form.get("do") != SHOW:
        try:
            rule = rule_form.rule_typed(form, so_far)
            store().write(unit_rules.keep, actor, unit_id, version_sent(request.form), rule)
        except Invalid as refusal:
            status = shown_at_field(form, refusal, "share")
        except Stale as refusal:
            status, in_the_meantime = refusal.status, True
            unit, row, so_far = _shown(actor, unit_id)
        else:
            flash(_("The rule is kept. New meetings begin with it; those that there are keep theirs."))
            return redirect(url_for("meetings.unit_rule", unit_id=unit_id))
    return render_template(
        "meetings/unit_rule.html",
        unit=unit,
        row=row,
        form=form,
        meant=rule_form.in_words(form, so_far),
        so_far=rule_words.in_short(so_far),
        in_the_meantime=in_the_meantime,
        organizes=actor.holds(unit.path, *ORGANIZING),
    ), status


def _shown(actor: Actor, unit_id: int) -> tuple[Unit, UnitRule | None, RuleData]:
    with store().read() as work:
        unit, row = unit_rules.shown(work, actor, unit_id)
    return unit, row, RuleData.from_data(row.rule) if row else of_this_site()


def of_this_site() -> RuleData:
    """The rule where no office has set another, with this site's settings."""
    return RuleData(bridge_hidden=settings().bridge_minutes * 60, video_lasts=settings().video_minutes * 60)
