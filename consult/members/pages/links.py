"""Making sign-in links: for whom, and the sheet to print. Codes are shown once; only their hash is kept."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from consult.core.errors import Invalid, Missing, NotAllowed
from consult.core.web import settings, store
from consult.members import directory, link_sheet, sign_in_links
from consult.members.access import ORGANIZING, READING, Actor, governed, unit_for
from consult.members.current import current_actor
from consult.members.models import Unit
from consult.members.pages.blueprint import pages

MOST_CARDS = 60  # made while one waits; more are made in the background


@pages.get("/units/<int:unit_id>/links")
def choose_links(unit_id: int) -> str:
    """Which members shall have a link: those who can't sign in yet are ticked."""
    actor = current_actor()
    with store().read() as work:
        unit = _organized(unit_for(work, actor, unit_id, *READING), actor)
        members = directory.members_of(work, actor, unit_id)
        in_hand = governed(work, actor, [one.person_id for one in members])
    return render_template(
        "members/choose_links.html",
        unit=unit,
        members=members,
        in_hand=in_hand,
        accounts=directory.ACCOUNTS,
        days=settings().link_days,
        key=secrets.token_urlsafe(24),
    )


@pages.post("/units/<int:unit_id>/links")
def make_links(unit_id: int) -> str | Response:
    """Makes links for the ticked members and shows the sheet; of many, has them made."""
    actor = current_actor()
    with store().read() as work:
        unit = _organized(unit_for(work, actor, unit_id, *READING), actor)
        present = {str(one.person_id): one.person_id for one in directory.members_of(work, actor, unit_id)}
    chosen = list(dict.fromkeys(request.form.getlist("person")))
    if not set(chosen) <= set(present):
        raise Missing
    if not chosen:
        raise Invalid(_l("Nobody is ticked. Please tick at least one member."), field="person")
    if len(chosen) > MOST_CARDS:
        return redirect(url_for("background.make_links", unit_id=unit_id), 307)
    return sheet(actor, unit, [present[one] for one in chosen])


@pages.post("/members/<int:membership_id>/link")
def make_link(membership_id: int) -> str:
    """Makes a new link for one member."""
    actor = current_actor()
    with store().read() as work:
        one, unit = directory.member(work, actor, membership_id)
    return sheet(actor, unit, [one.person_id])


def sheet(actor: Actor, unit: Unit, person_ids: list[int]) -> str:
    """Makes links for these people and shows their cards. Refuses: NotAllowed."""
    codes = [sign_in_links.mint() for _person in person_ids]
    lasting = timedelta(days=settings().link_days)
    expires_at = store().write(sign_in_links.make, actor, person_ids, codes, lasting)
    links = [url_for("members.open_link", code=code.text, _external=True) for code in codes]
    with store().read() as work:
        cards = link_sheet.cards(work, unit, list(zip(person_ids, codes, links, strict=True)))
    return render_template(
        "members/link_sheet.html",
        unit=unit,
        cards=cards,
        expires_at=expires_at,
        site=url_for("members.type_code", _external=True),
    )


def _organized(unit: Unit, actor: Actor) -> Unit:
    if not actor.holds(unit.path, *ORGANIZING):
        raise NotAllowed
    return unit
