"""What every page stands on: threads behind the event loop, headers, refusals as pages, languages, CSRF."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as WerkzeugResponse

from consult.config import Settings
from consult.core.errors import Busy, Invalid, Missing, Refusal
from consult.core.hub import Offload
from consult.core.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY = 6 << 20  # bytes; an uploaded roster is the largest thing anybody sends
FORM_BODY = 256 << 10  # bytes; for everything that is not an upload

log = logging.getLogger(__name__)
csrf = CSRFProtect()


def store() -> Store:
    """The database of the application that serves this request."""
    found: Store = current_app.extensions["consult.store"]
    return found


def settings() -> Settings:
    """The settings of the application that serves this request."""
    found: Settings = current_app.extensions["consult.settings"]
    return found


class Threaded:
    """Runs a WSGI application in native threads while the sockets stay with the event loop.

    The body is read by the loop before (at most MAX_BODY), the answer is written by it after; in between
    the application may block as it likes.
    """

    def __init__(self, app: WSGIApplication, offload: Offload) -> None:
        self._app = app
        self._offload = offload

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = -1
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if length < 0 or chunked or length > MAX_BODY:
            status = "411 Length Required" if chunked else "413 Content Too Large"
            start_response(status, [("Content-Length", "0"), ("Connection", "close")])
            return [b""]
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length) if length else b"")
        status, headers, body = self._offload.run(_collect, self._app, environ)
        start_response(status, headers)
        return [body]


def _collect(app: WSGIApplication, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
    answer: dict[str, Any] = {}

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: object = None
    ) -> Callable[[bytes], object]:
        answer.update(status=status, headers=headers)
        return lambda _: None

    parts = app(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    return answer["status"], answer["headers"], body


class RowNumber(IntegerConverter):
    """The number of a row in an address: beyond what a database counts to, there is no such page."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int = 2**31 - 1) -> None:
        super().__init__(map, fixed_digits, min, max)


def accepts_body(most: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks a view that takes a larger body than a form's, in bytes."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        view.max_body = most  # type: ignore[attr-defined]
        return view

    return mark


def prepare(app: Flask, static: Path) -> None:
    """Gives the application its limits, CSRF protection, headers, error pages and versioned static files."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(_limit_body)
    csrf.init_app(app)
    app.after_request(_headers)
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(CSRFError, _forgery)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)
    versions: dict[str, str] = {}

    def static_url(name: str) -> str:
        if name not in versions or app.debug:
            versions[name] = hashlib.sha256((static / name).read_bytes()).hexdigest()[:12]
        return f"/static/{name}?v={versions[name]}"

    app.jinja_env.globals["static_url"] = static_url


def wants_json() -> bool:
    """Whether the caller is a program: it sent JSON or asks for JSON rather than a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return request.is_json or best == "application/json"


def refused(refusal: Refusal) -> tuple[Response | str, int, dict[str, str]]:
    """A refusal as a page or as `{ok: false, error: {code, message, field?, retry_after?}}`."""
    headers = {} if refusal.retry_after is None else {"Retry-After": str(max(1, round(refusal.retry_after)))}
    if wants_json():
        return jsonify(ok=False, error=as_error(refusal)), refusal.status, headers
    page = render_template("errors/refused.html", status=refusal.status, refusal=refusal)
    return page, refusal.status, headers


def as_error(refusal: Refusal) -> dict[str, Any]:
    """A refusal as plain data, its message in the reader's language."""
    error: dict[str, Any] = {"code": refusal.code, "message": str(refusal)}
    if isinstance(refusal, Invalid) and refusal.field:
        error["field"] = refusal.field
    if refusal.retry_after is not None:
        error["retry_after"] = refusal.retry_after
    return error


def safe_next(target: str | None, default: str) -> str:
    """Where to go next, if it is a path of this site; else `default`."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(char) < 32 for char in target) or "\\" in target:
        return default
    return target


def _limit_body() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    request.max_content_length = getattr(view, "max_body", FORM_BODY)


def _headers(response: WerkzeugResponse) -> WerkzeugResponse:
    host = request.host
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self' ws://{host} wss://{host}; manifest-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if settings().production:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static":
        # Modules import each other without a version, so those are asked for again each time.
        kept = "public, max-age=31536000, immutable" if "v" in request.args else "no-cache"
        response.headers["Cache-Control"] = kept
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _forgery(_error: CSRFError) -> tuple[Response | str, int, dict[str, str]]:
    return refused(Invalid(_("This page was open too long. Please load it again and repeat what you did.")))


def _http_error(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error
    if isinstance(error, RequestEntityTooLarge):
        refusal: Refusal = Invalid(_("What was sent is too large."))
    elif code == 404:
        refusal = Missing()
    else:
        refusal = Invalid(_("The server can't do that with this address."))
    page, _status, headers = refused(refusal)
    if code == 405 and isinstance(error.get_response(), WerkzeugResponse):
        headers = {**headers, "Allow": error.get_response().headers.get("Allow", "")}
    return page, code, headers


def _fault(error: Exception) -> Any:
    log.error("fault in %s %s", request.method, request.endpoint, exc_info=error)
    page, _status, headers = refused(Busy(_("Something went wrong on our side. Nothing was half-saved.")))
    return page, 500, headers
