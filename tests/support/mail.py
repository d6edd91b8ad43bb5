"""A real SMTP server of the test's own: it keeps what it is sent, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.net import free_port


@dataclass
class Mailbox:
    """What arrived, and how the server is to behave from now on.

    `refuse` answers each RCPT (by its address) with a reply such as `550 no such user`, or None for yes;
    `answer` does so after DATA, `mail_from` is the reply to each MAIL; `delay` is waited before each answer
    to DATA; of `drop_after_data` mails the connection is cut, though they were kept, before the answer.
    """

    refuse: Callable[[str], str | None] = lambda _address: None
    answer: Callable[[str], str | None] = lambda _address: None
    mail_from: str = ""
    delay: float = 0
    drop_after_data: int = 0
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=none"

    def to(self, address: str) -> list[EmailMessage]:
        """What came for that address, the first first."""
        return [message for whom, message in list(self.received) if whom == address]

    @property
    def ids(self) -> list[str]:
        return [message["Message-ID"] for _whom, message in list(self.received)]


class _Handler:
    def __init__(self, box: Mailbox) -> None:
        self._box = box

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self._box.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._box.mail_from:
            return self._box.mail_from
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if refusal := self._box.refuse(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        box = self._box
        await asyncio.sleep(box.delay)
        to = envelope.rcpt_tos[0]
        if refusal := box.answer(to):
            return refusal
        message = email.message_from_bytes(bytes(envelope.original_content or b""), policy=email.policy.SMTP)
        assert isinstance(message, EmailMessage)
        box.received.append((to, message))
        if box.drop_after_data > 0:
            box.drop_after_data -= 1
            cast(asyncio.Transport, server.transport).abort()
        return "250 OK"


class MailServer:
    """The server itself: `start`, `stop`, and `start` again on the same port. `box` outlives it."""

    def __init__(
        self, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None, port: int = 0
    ) -> None:
        self.box = Mailbox(port=port or free_port())
        self._tls, self._login = tls, login
        self._controller: Controller | None = None

    def start(self) -> MailServer:
        more: dict[str, Any] = {}
        if self._login:
            more = {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": False}
        if self._tls:
            more |= {"tls_context": self._tls, "require_starttls": True}
        self._controller = Controller(
            _Handler(self.box), hostname="127.0.0.1", port=self.box.port, ready_timeout=10, **more
        )
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        assert self._login is not None
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._login, handled=False)


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None) -> Iterator[Mailbox]:
    """A mail server for as long as the block runs."""
    server = MailServer(tls, login).start()
    try:
        yield server.box
    finally:
        server.stop()
