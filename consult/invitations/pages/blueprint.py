"""The blueprint that all views of this package hang on, what they answer, and the answers' names."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from consult.core.errors import Invalid, Message, Missing
from consult.invitations.answering import Wish
from consult.meetings.models import Answer as Said
from consult.members.access import Actor
from consult.members.current import current_actor

pages = Blueprint("invitations", __name__)

Answer = str | Response | tuple[str, int]

DONE: dict[Said, Message] = {
    Said.ACCEPTED: _l("Noted: will attend."),
    Said.REMOTE: _l("Noted: will attend remotely."),
    Said.WAITING: _l("All places are taken; noted on the waiting list."),
    Said.DECLINED: _l("Noted: does not attend."),
}


def wish_sent(raw: str | None) -> Wish:
    """What the button pressed says. Refuses: Invalid."""
    try:
        return Wish(raw or "")
    except ValueError as error:
        raise Invalid from error


def staff_actor() -> Actor:
    """Whoever is signed in, if he has a role somewhere. Refuses: Missing."""
    actor = current_actor()
    if not actor.staff:
        raise Missing
    return actor
