"""An attendance rule in words: for who sets it, and for every report that was counted by it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from consult.core.errors import Message
from consult.meetings.rule_data import VERSION, RuleData

_SHARES: Mapping[tuple[int, int], Message] = {
    (1, 2): _l("half"),
    (2, 3): _l("two thirds"),
    (3, 4): _l("three quarters"),
    (4, 5): _l("four fifths"),
    (1, 1): _l("the whole"),
}


def describe(rule: RuleData, version: str = VERSION) -> str:
    """The rule as the sentences that every report prints."""
    return str(
        _(
            "Rule %(version)s: %(main)s A page in the background counts for up to %(hidden)s; time in which "
            "our server was down counts for those who were there before and came back within %(grace)s; an "
            "opened video counts for up to %(video)s after the last sign of life.",
            version=version,
            main=in_short(rule),
            hidden=words(timedelta(seconds=rule.bridge_hidden)),
            grace=words(timedelta(seconds=rule.return_grace)),
            video=words(timedelta(seconds=rule.video_lasts)),
        )
    )


def in_short(rule: RuleData) -> str:
    """Who is present, late and early, in sentences; the small print is left out."""
    return str(
        _(
            "%(present)s Late is more than %(late)s after the opening; leaving early is more than %(early)s "
            "before the end.",
            present=_present(rule),
            late=words(timedelta(seconds=rule.late_after)),
            early=words(timedelta(seconds=rule.early_before)),
        )
    )


def words(length: timedelta) -> str:
    """A length of time in words: in minutes where it is whole minutes, else in whole seconds."""
    minutes, rest = divmod(length // timedelta(seconds=1), 60)
    if rest:
        return str(ngettext("%(num)s second", "%(num)s seconds", minutes * 60 + rest))
    return str(ngettext("%(num)s minute", "%(num)s minutes", minutes))


def _present(rule: RuleData) -> str:
    whole = _each_half_day(rule) if rule.half_days else _the_meeting(rule)
    if not rule.on_site_only:
        return whole
    return str(_("%(present)s Only being there in person counts, not taking part remotely.", present=whole))


def _the_meeting(rule: RuleData) -> str:
    if rule.at_least is None:
        share = _share(rule)
        return str(_("Who was there for %(share)s of the time the meeting was open is present.", share=share))
    length = words(timedelta(seconds=rule.at_least))
    return str(
        _(
            "Who was there for at least %(length)s is present; where the meeting was shorter, for all of it.",
            length=length,
        )
    )


def _each_half_day(rule: RuleData) -> str:
    if rule.at_least is None:
        attended = _(
            "who was there for %(share)s of the time the meeting was open in it has attended it",
            share=_share(rule),
        )
    else:
        attended = _(
            "who was there in it for at least %(length)s has attended it",
            length=words(timedelta(seconds=rule.at_least)),
        )
    return str(
        _(
            "Each half-day counts by itself, split at noon: %(attended)s. Who attended at least half of the "
            "half-days is present.",
            attended=attended,
        )
    )


def _share(rule: RuleData) -> str:
    share = rule.share or (1, 1)
    return str(_SHARES.get(share) or "{}/{}".format(*share))
