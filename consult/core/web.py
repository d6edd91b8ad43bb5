"""What every page stands on: threads behind the event loop, headers, refusals as pages, languages, CSRF."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    LengthRequired,
    MethodNotAllowed,
    RequestEntityTooLarge,
    SecurityError,
    UnsupportedMediaType,
)
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as WerkzeugResponse
from werkzeug.wsgi import ClosingIterator

from consult.config import Settings
from consult.core.errors import Busy, Invalid, Missing, Refusal
from consult.core.hub import Offload
from consult.core.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY = 6 << 20  # bytes; an uploaded roster
IN_MEMORY = 1 << 20  # bytes of a body beyond which it waits in a file
CHUNK = 64 << 10
FORM_BODY = 256 << 10  # bytes; for everything that is not an upload

KEPT = "public, max-age=31536000, immutable"

# Browsers skip control characters and take a backslash for a slash; two slashes lead to another site.
_PATH = re.compile(r"/(?!/)[^\\\x00-\x1f]*")

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

    The body is read by the loop before (one longer than `longest` says of its request, or of unknown length,
    is left to the application to refuse), the answer is written by it after; in between the application may
    block as it likes. `under_way` is the number of requests that are here and have no whole answer yet.
    """

    def __init__(
        self,
        app: WSGIApplication,
        offload: Offload,
        longest: Callable[[WSGIEnvironment], int] = lambda _: MAX_BODY,
    ) -> None:
        self._app = app
        self._offload = offload
        self._longest = longest
        self.under_way = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        try:
            environ["wsgi.input"] = _taken(environ["wsgi.input"], length, self._longest(environ))
        except OSError:  # the sender has gone in the middle of it
            start_response("400 Bad Request", [("Content-Length", "0"), ("Connection", "close")])
            return [b""]
        self.under_way += 1
        try:
            status, headers, body = self._offload.run(_collect, self._app, environ)
            start_response(status, headers)
        except BaseException:
            self._done()
            raise
        return ClosingIterator([body], self._done)

    def _done(self) -> None:
        self.under_way -= 1


def _taken(source: IO[bytes], length: int, longest: int) -> IO[bytes]:
    """The body as a file of its own: in memory while it is small, so that a few large ones fill none."""
    if not 0 < length <= longest:
        return io.BytesIO()
    if length <= IN_MEMORY:
        return io.BytesIO(source.read(length))
    taken: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed with the request that reads it
    while length > 0 and (chunk := source.read(min(length, CHUNK))):
        taken.write(chunk)
        length -= len(chunk)
    taken.seek(0)
    return taken


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


def accepts_body(most: int | Callable[[Settings], int]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks a view that takes a larger body than a form's, in bytes (or as the settings say)."""

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
    app.session_interface = Cookies()
    versions: dict[str, str] = {}

    def version(name: str) -> str:
        if name not in versions or app.debug:
            versions[name] = hashlib.sha256((static / name).read_bytes()).hexdigest()[:12]
        return versions[name]

    @app.after_request
    def keep_static(response: WerkzeugResponse) -> WerkzeugResponse:
        # Modules import each other without a version, so those are asked for again each time.
        if request.endpoint == "static" and response.status_code < 400 and request.view_args:
            current = request.args.get("v") == version(request.view_args["filename"])
            response.headers["Cache-Control"] = KEPT if current else "no-cache"
        return response

    app.jinja_env.globals["static_url"] = lambda name: f"/static/{name}?v={version(name)}"


class Cookies(SecureCookieSessionInterface):
    """The session's cookie, renewed with each page, but not with files that others may keep, too."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        return request.endpoint != "static" and super().should_set_cookie(app, session)


def wants_json() -> bool:
    """Whether the caller is a program: it sent JSON or asks for JSON rather than a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return request.is_json or best == "application/json"


def refused(refusal: Refusal) -> tuple[Response | str, int, dict[str, str]]:
    """A refusal as a page or as `{ok: false, error: {code, message, field?, retry_after?}}`."""
    g.away = away() or isinstance(refusal, Busy)
    headers = {} if refusal.retry_after is None else {"Retry-After": str(max(1, round(refusal.retry_after)))}
    if wants_json():
        return jsonify(ok=False, error=as_error(refusal)), refusal.status, headers
    page = render_template("errors/refused.html", status=refusal.status, refusal=refusal)
    return page, refusal.status, headers


def away() -> bool:
    """Whether the database could not be asked in this request: then the page that says so must not ask
    again."""
    return bool(g.get("away"))


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
    return target if target and _PATH.fullmatch(target) else default


def _limit_body() -> None:
    if "HTTP_TRANSFER_ENCODING" in request.environ:
        raise LengthRequired
    request.max_content_length = _most_of(current_app, request.endpoint)


def longest_body(app: Flask) -> Callable[[WSGIEnvironment], int]:
    """For `Threaded`: how long a body the view takes that answers a request."""

    def longest(environ: WSGIEnvironment) -> int:
        try:
            found = app.url_map.bind("").match(environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"])
        except HTTPException:
            return FORM_BODY
        return _most_of(app, found[0])

    return longest


def _most_of(app: Flask, endpoint: str | None) -> int:
    most: int | Callable[[Settings], int] = getattr(
        app.view_functions.get(endpoint or ""), "max_body", FORM_BODY
    )
    return most if isinstance(most, int) else most(app.extensions["consult.settings"])


def _headers(response: WerkzeugResponse) -> WerkzeugResponse:
    forged = isinstance(request.routing_exception, SecurityError)
    # The 'self' of older browsers has no sockets.
    sockets = "" if forged else f" ws://{request.host} wss://{request.host}"
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'{sockets}; manifest-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if settings().production:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _forgery(_error: CSRFError) -> tuple[Response | str, int, dict[str, str]]:
    return refused(Invalid(_("This page was open too long. Please load it again and repeat what you did.")))


def _http_error(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error
    if isinstance(error, SecurityError):  # a Host that is not ours: no page, for its links would lead there
        return Response(_("This site is not reached by that name."), code, mimetype="text/plain")
    if isinstance(error, RequestEntityTooLarge):
        refusal: Refusal = Invalid(_("What was sent is too large."))
    elif code == 404:
        refusal = Missing()
    elif isinstance(error, (BadRequest, UnsupportedMediaType)):
        refusal = Invalid()
    else:
        refusal = Invalid(_("The server can't do that with this address."))
    page, _status, headers = refused(refusal)
    if isinstance(error, MethodNotAllowed):
        headers = {**headers, "Allow": ", ".join(error.valid_methods or ())}
    return page, code, headers


def _fault(error: Exception) -> Any:
    log.error("fault in %s %s", request.method, request.endpoint, exc_info=error)
    page, _status, headers = refused(Busy(_("Something went wrong on our side. Nothing was half-saved.")))
    return page, 500, headers
