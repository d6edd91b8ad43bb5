"""The attendance rule as it is typed: in a meeting's editor, and as what a unit's new meetings begin with."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from consult.core.errors import Invalid
from consult.meetings import rule_words
from consult.meetings.rule_data import RuleData
from consult.meetings.words import LABELS

MINUTES = "minutes"
"""The choice of so many minutes in place of a share."""
SHARES = {
    "1/2": _l("Half of the time"),
    "2/3": _l("Two thirds of the time"),
    "3/4": _l("Three quarters of the time"),
    "4/5": _l("Four fifths of the time"),
    "1/1": _l("The whole time"),
    MINUTES: _l("So many minutes"),
}
_MINUTES = re.compile(r"\d{1,4}(?:\.\d{1,2})?")


class RuleForm(FlaskForm):  # type: ignore[misc]
    """A rule as it is typed. What it means, `rule_typed` says."""

    share = SelectField(LABELS["share"], validate_choice=False)
    at_least = StringField(LABELS["at_least"])
    late_after = StringField(LABELS["late_after"])
    early_before = StringField(LABELS["early_before"])
    half_days = BooleanField(LABELS["half_days"])
    on_site_only = BooleanField(LABELS["on_site_only"])


def typed_rule(rule: RuleData) -> dict[str, object]:
    """What stands in the form for this rule."""
    return {
        "share": share_typed(rule),
        "at_least": "" if rule.at_least is None else minutes(rule.at_least),
        "late_after": minutes(rule.late_after),
        "early_before": minutes(rule.early_before),
        "half_days": rule.half_days,
        "on_site_only": rule.on_site_only,
    }


def offer_shares(form: RuleForm, so_far: RuleData) -> None:
    """Gives the form its choices: the usual shares, minutes, and the share of the rule so far."""
    shares = dict(SHARES)
    own = share_typed(so_far)
    shares.setdefault(own, own)
    form.share.choices = [SelectChoice(share, words) for share, words in shares.items()]


def rule_typed(form: RuleForm, so_far: RuleData) -> RuleData:
    """The rule that was typed; what the form does not ask for stays. Refuses: Invalid, naming the field."""
    chosen = form.share.data or ""
    if chosen not in {choice.value for choice in form.share.choices}:
        raise Invalid(_l("Please choose one of these."), field="share")
    share, at_least = None, None
    if chosen == MINUTES:
        at_least = _seconds(form.at_least.data, so_far.at_least or 0, "at_least")
    else:
        numerator, denominator = chosen.split("/")
        share = int(numerator), int(denominator)
    return RuleData(
        share=share,
        late_after=_seconds(form.late_after.data, so_far.late_after, "late_after"),
        early_before=_seconds(form.early_before.data, so_far.early_before, "early_before"),
        bridge_hidden=so_far.bridge_hidden,
        return_grace=so_far.return_grace,
        video_lasts=so_far.video_lasts,
        at_least=at_least,
        half_days=form.half_days.data,
        on_site_only=form.on_site_only.data,
    )


def in_words(form: RuleForm, so_far: RuleData) -> str:
    """What the rule means as far as it can be read, or what is wrong with it."""
    try:
        return rule_words.in_short(rule_typed(form, so_far))
    except Invalid as refusal:
        return str(refusal)


def share_typed(rule: RuleData) -> str:
    """The share, or that minutes are asked for, as the form's choices name it."""
    return MINUTES if rule.share is None else "{}/{}".format(*rule.share)


def minutes(seconds: int) -> str:
    """Seconds as the minutes that stand in the form."""
    return f"{seconds / 60:g}"


def _seconds(text: str | None, was: int, field: str) -> int:
    """Minutes as seconds; what was not touched stays to the second."""
    text = (text or "").strip()
    if was and text == minutes(was):
        return was
    if not _MINUTES.fullmatch(text):
        raise Invalid(_l("Please give minutes."), field=field)
    return round(float(text) * 60)
