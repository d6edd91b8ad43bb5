"""Mail: one letter as a message that any reader understands, and one connection for many of them."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from flask import render_template

from consult.config import Settings
from consult.core import clock
from consult.notices.carrying import STEP, Away, Later, Letter, Reason, Refused

PER_CONNECTION = 100  # mails after which a new connection is opened; servers end longer ones by themselves
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


class MailCarrier:
    """Carries letters to the mail server of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._line: smtplib.SMTP | None = None
        self._sent = 0

    def carry(self, letter: Letter) -> None:
        """Raises Refused, Later or Away."""
        if not _ADDRESS.fullmatch(letter.to):
            raise Refused(Reason.ADDRESS)
        message = compose(letter, self._settings, clock.now())
        raw = message.as_bytes()
        had = self._line is not None
        try:
            self._send(letter.to, raw)
        except Later as failure:
            # A connection that stood idle may have been ended by the other side: that is no failure yet.
            if not had or failure.reason is not Reason.CUT_OFF:
                raise
            self._send(letter.to, raw)

    def close(self) -> None:
        if self._line is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._line.quit()
            self._line = None

    def _send(self, to: str, raw: bytes) -> None:
        if self._sent >= PER_CONNECTION:
            self.close()
        line = self._connected()
        sender = parseaddr(self._settings.mail_from)[1]
        try:
            line.sendmail(sender, [to], raw)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = error.recipients[to]
            self._refused(code, said, Reason.ADDRESS)
        except smtplib.SMTPSenderRefused as error:
            if error.smtp_code >= 500:
                self._drop()
                raise Away(Reason.SENDER, _text(error.smtp_error)) from error
            self._refused(error.smtp_code, error.smtp_error, Reason.SENDER)
        except smtplib.SMTPResponseException as error:
            self._refused(error.smtp_code, error.smtp_error, Reason.CONTENT)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise Later(Reason.CUT_OFF, str(error)) from error
        self._sent += 1

    def _refused(self, code: int, said: bytes | str, reason: Reason) -> None:
        if code == 421:  # it is about to close the connection, for everybody
            self._drop()
            raise Away(Reason.BUSY, _text(said))
        if code >= 500:
            raise Refused(reason, f"{code} {_text(said)}")
        raise Later(Reason.BUSY, f"{code} {_text(said)}")

    def _connected(self) -> smtplib.SMTP:
        if self._line is None:
            self._line, self._sent = connect(self._settings.smtp_url), 0
        return self._line

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def connect(url: str) -> smtplib.SMTP:
    """A connection to the server of an SMTP_URL, encrypted and signed in as it says. Raises Away."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    safe = parts.scheme == "smtps"
    line: smtplib.SMTP | None = None
    try:
        if safe:
            line = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=STEP, context=ssl.create_default_context()
            )
        else:
            line = smtplib.SMTP(host, parts.port or (25 if parts.query == "tls=none" else 587), timeout=STEP)
            if parts.query != "tls=none":
                line.starttls(context=ssl.create_default_context())
        if parts.username:
            line.login(unquote(parts.username), unquote(parts.password or ""))
    except (OSError, smtplib.SMTPException) as error:
        if line is not None:
            line.close()
        raise Away(_why_not(error), _said(error)) from error
    return line


def compose(letter: Letter, settings: Settings, now: datetime) -> EmailMessage:
    """The letter as a mail: text, the same as HTML, and what moves the meeting in the reader's calendar.

    Whatever is in it, no header can be added by it. Needs the letter's language to be spoken (i18n.speaking).
    """
    message = EmailMessage(policy=SMTP_POLICY)
    name, address = parseaddr(settings.mail_from)
    user, _at, domain = address.rpartition("@")
    message["From"] = Address(_line(name), username=user, domain=domain)
    message["To"] = letter.to
    message["Subject"] = _line(letter.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{message_id(letter.id, settings)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{_line(letter.unsubscribe)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(render_template("notices/mail.txt", letter=letter), cte="base64")
    html = render_template("notices/mail.html", letter=letter)
    message.add_alternative(html, subtype="html", cte="base64")
    if letter.calendar is not None:
        calendar = letter.calendar
        kind = {"method": calendar.method, "charset": "utf-8"}
        message.add_alternative(
            calendar.ics, maintype="text", subtype="calendar", params=kind, cte="base64"
        )  # what Outlook, Apple and Google act on
        message.add_attachment(
            calendar.ics,
            maintype="text",
            subtype="calendar",
            params=kind,
            cte="base64",
            filename="meeting.ics",
        )  # what others can open
    return message


def message_id(id: str, settings: Settings) -> str:
    """A letter's id as mail has it, the same at each try."""
    name = re.sub("[^A-Za-z0-9._@-]", "-", id)
    return name if "@" in name else f"{name}@{urlsplit(settings.site).hostname}"


def _why_not(error: Exception) -> Reason:
    if isinstance(error, (ssl.SSLError, smtplib.SMTPNotSupportedError)):
        return Reason.ENCRYPTION
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Reason.PASSWORD
    if isinstance(error, smtplib.SMTPResponseException):
        return Reason.BUSY
    return Reason.UNREACHABLE


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error)


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def _line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
