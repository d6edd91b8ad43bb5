"""Only our own pages may open a socket: the cookie alone would let any page do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.sansio.utils import host_is_trusted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/socket.io/"
REFUSAL = b'{"ok":false,"error":{"code":"not_allowed","message":"This Origin may not open a socket here."}}'


class OriginGate:
    """Lets a handshake through whose Origin is the site that it is sent to, and one of `hosts`; answers any
    other with 403, also one without an Origin."""

    def __init__(self, app: WSGIApplication, hosts: Sequence[str]) -> None:
        self._app, self._hosts = app, hosts

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(PATH) and not self._ours(environ):
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(REFUSAL)))]
            start_response("403 Forbidden", headers)
            return [REFUSAL]
        return self._app(environ, start_response)

    def _ours(self, environ: WSGIEnvironment) -> bool:
        try:
            origin = urlsplit(environ.get("HTTP_ORIGIN", ""))
            host = urlsplit(f"//{environ.get('HTTP_HOST', '')}")
            # A proxy may have left the port out of Host.
            same = origin.hostname == host.hostname and host.port in (None, origin.port)
        except ValueError:
            return False
        trusted = origin.hostname is not None and host_is_trusted(origin.hostname, self._hosts)
        return same and trusted and origin.scheme in ("http", "https")
