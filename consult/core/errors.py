"""Refusals: what a verb raises when it will not do what was asked.

A refusal is raised before anything is written, and is translated once at each edge: into a page, JSON or
a socket acknowledgement. The message is for the person who asked: a (lazy) translated sentence that says
what is wrong and what to do next.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from flask_babel import lazy_gettext as _l


class Message(Protocol):
    """A text for a person: a str, or a lazily translated one."""

    def __str__(self) -> str: ...


class Refusal(Exception):
    """The base of all refusals: `code` for programs, `status` for HTTP, `message` for people."""

    code: ClassVar[str]
    status: ClassVar[int]
    default: ClassVar[Message]

    def __init__(self, message: Message | None = None, *, retry_after: float | None = None) -> None:
        super().__init__()
        self.message = message if message is not None else self.default
        self.retry_after = retry_after

    def __str__(self) -> str:
        return str(self.message)


class Invalid(Refusal):
    """The input is wrong; `field` names the part of it that is."""

    code, status = "invalid", 400
    default = _l("What was sent can't be read. Please check it and send it again.")

    def __init__(self, message: Message | None = None, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class SignInRequired(Refusal):
    """Nobody is signed in, or the sign-in was ended."""

    code, status = "sign_in_required", 401
    default = _l("Please sign in first.")


class NotAllowed(Refusal):
    """The person is known, the thing may be seen, but this may not be done with it."""

    code, status = "not_allowed", 403
    default = _l("Your account does not allow this. Please ask the office of your unit.")


class Missing(Refusal):
    """There is no such thing, or none that this person may know of."""

    code, status = "missing", 404
    default = _l("This page does not exist, or it is not meant for your account.")


class NotNow(Refusal):
    """The state of the meeting (or of the thing) does not allow it at this time."""

    code, status = "not_now", 409
    default = _l("This can't be done now.")


class Stale(Refusal):
    """Somebody else changed the thing since this person read it."""

    code, status = "stale", 409
    default = _l("Somebody else has changed this in the meantime. Nothing of yours was saved.")


class TooFast(Refusal):
    """A limit of so many in so much time; `retry_after` says how many seconds to wait."""

    code, status = "too_fast", 429
    default = _l("Too fast. Please wait a little.")


class Busy(Refusal):
    """We can't do it now through no fault of the caller; safe to try again after `retry_after` seconds."""

    code, status = "busy", 503
    default = _l("The server is busy. Nothing was lost; please try again in a few seconds.")
