"""The composition root: the only place that knows all features."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from consult import health, navigation
from consult.annual.pages import pages as annual
from consult.background import asking
from consult.calendars.pages import pages as calendars
from consult.checkins.pages import pages as checkins
from consult.config import Settings
from consult.core import i18n, web
from consult.core.hub import Offload
from consult.core.resources import resource_dir
from consult.core.store import Store
from consult.files.pages import pages as files
from consult.home.pages import pages as home
from consult.invitations.pages import pages as invitations
from consult.issued.pages import pages as issued
from consult.kinds import KINDS
from consult.live import Live
from consult.live import prepare as prepare_live
from consult.live.http import pages as live_http
from consult.live.pages import pages as live
from consult.meetings.pages import pages as meetings
from consult.members import current
from consult.members.language import pages as language
from consult.members.pages import pages as members
from consult.notices.pages import pages as notices
from consult.plans.pages import pages as plans
from consult.records.pages import pages as records
from consult.register.pages import pages as register
from consult.reports.pages import pages as reports
from consult.reports.pages.outcomes import pages as outcomes
from consult.retention.pages import pages as retention
from consult.topics.pages import pages as topics

BLUEPRINTS = (
    home, members, language, files, asking.pages, topics, meetings, invitations, plans, calendars, notices,
    live, live_http, checkins, records, register, reports, outcomes, issued, annual,
    retention, health.pages,
)  # fmt: skip


def create_app(settings: Settings, store: Store) -> Flask:
    """The pages, without the live room: what Flask alone can serve."""
    static = resource_dir("static")
    app = Flask(
        "consult",
        template_folder=str(resource_dir("templates")),
        static_folder=str(static),
        static_url_path="/static",
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        TRUSTED_HOSTS=list(allowed_hosts(settings)),
        SESSION_COOKIE_NAME="__Host-consult" if settings.production else "consult",
        SESSION_COOKIE_SECURE=settings.production,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        PERMANENT_SESSION_LIFETIME=settings.sign_in_days * 86400,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session; a member may leave a page open for a day
        WTF_CSRF_SSL_STRICT=False,  # the Referer is not sent by all in-app browsers; the token is what counts
        MAX_CONTENT_LENGTH=web.MAX_BODY,
        MAX_FORM_PARTS=5000,
    )
    app.extensions["consult.store"] = store
    app.extensions["consult.settings"] = settings
    app.extensions["consult.kinds"] = KINDS
    web.prepare(app, static)
    current.prepare(app)
    i18n.prepare(app, settings, _own_language, static / "js", resource_dir("translations"))
    navigation.prepare(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


@dataclass(frozen=True)
class Site:
    """All that one process serves: the application, its pages in threads, the live room."""

    app: Flask
    pages: web.Threaded
    live: Live


def create_server(settings: Settings, store: Store, offload: Offload, process: str) -> Site:
    """The pages in threads behind the event loop, and the live room on it."""
    app = create_app(settings, store)
    pages = web.Threaded(app.wsgi_app, offload, web.longest_body(app))
    app.wsgi_app = pages  # type: ignore[method-assign]
    live = prepare_live(app, store, settings, offload, process, allowed_hosts(settings))
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=0, x_prefix=0
        )
    return Site(app, pages, live)


def allowed_hosts(settings: Settings) -> tuple[str, ...]:
    """The host names this site answers to."""
    return settings.allowed_hosts or tuple(dict.fromkeys((settings.host, "localhost", "127.0.0.1")))


def _own_language() -> str | None:
    me = current.known()
    return me.language if me else None
