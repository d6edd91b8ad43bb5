"""Somebody at a keyboard who sends a running server whatever bytes he likes."""

from __future__ import annotations

import http.client
import json
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.live.site import Site

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Answer:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Desk:
    """A browser of one person's, or of nobody's, with its cookie and its form token."""

    def __init__(self, site: Site, person_id: int | None = None) -> None:
        self.site = site
        self.cookie = site.cookie(person_id) if person_id else ""
        self.token = ""
        page = self.ask("GET", "/account" if person_id else "/sign-in")
        if found := _TOKEN.search(page.text):
            self.token = found[1]
        if kept := page.headers.get("Set-Cookie"):
            self.cookie = kept.partition(";")[0]

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """One request as it stands. Of header names, `_` is `-`."""
        line = http.client.HTTPConnection("127.0.0.1", self.site.server.port, timeout=20)
        sent = {"Cookie": self.cookie, "Content-Length": str(len(body)), "Accept-Language": "en"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            line.putrequest(method, path, skip_host="Host" in sent, skip_accept_encoding=True)
            for name, value in sent.items():
                line.putheader(name, value)
            line.endheaders()
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before it was read
                line.send(body)
            got = line.getresponse()
            return Answer(got.status, dict(got.headers.items()), got.read())
        finally:
            line.close()

    def say(self, path: str, body: object, **headers: str) -> Answer:
        """JSON, or the bytes that pretend to be some."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content_Type": "application/json", "Accept": "application/json", "X_CSRFToken": self.token}
        return self.ask("POST", path, raw, **{**given, **headers})

    def send(self, path: str, fields: Mapping[str, object], **headers: str) -> Answer:
        """A page's form."""
        raw = urlencode({"csrf_token": self.token, **fields}, doseq=True, errors="surrogatepass").encode()
        return self.ask("POST", path, raw, Content_Type="application/x-www-form-urlencoded", **headers)

    def upload(self, path: str, data: bytes, name: str) -> Answer:
        """A file in a page's form."""
        mark = secrets.token_hex(8)
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{self.token}\r\n'
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        )
        raw = head.encode() + data + f"\r\n--{mark}--\r\n".encode()
        return self.ask("POST", path, raw, Content_Type=f"multipart/form-data; boundary={mark}")
