"""The switch between the languages: kept in this browser, and with the person who is signed in."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from consult.config import LANGUAGES
from consult.core.errors import Invalid
from consult.core.i18n import COOKIE
from consult.core.web import safe_next, settings, store
from consult.members import accounts
from consult.members.current import SignedIn

pages = Blueprint("web", __name__)

KEPT = timedelta(days=365)


@pages.post("/language")
def set_language() -> Response:
    """Chooses the language of the pages and goes back to the one it was chosen on."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise Invalid(_l("There is no such language here."), field="language")
    me = current_user._get_current_object()
    if isinstance(me, SignedIn):
        store().write(accounts.choose_language, me.actor.person_id, language)
    answer = redirect(safe_next(request.form.get("next"), url_for("home.index")))
    answer.set_cookie(
        COOKIE, language, max_age=KEPT, secure=settings().production, httponly=True, samesite="Lax"
    )
    return answer
