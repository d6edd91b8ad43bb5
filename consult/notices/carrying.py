"""What all channels share: the letter to be carried, and the ways in which carrying fails."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message

STEP = 5.0  # seconds that any one step (connecting, a command, an answer) may take


class Reason(enum.StrEnum):
    """Why something was not delivered, as the office is told it."""

    UNREACHABLE = "unreachable"
    CUT_OFF = "cut_off"
    BUSY = "busy"
    PASSWORD = "password"  # noqa: S105  a word, not one
    ENCRYPTION = "encryption"
    SENDER = "sender"
    ADDRESS = "address"
    CONTENT = "content"
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    MOVED = "moved"
    NO_ADDRESS = "no_address"
    NOT_SET_UP = "not_set_up"
    BROKEN = "broken"


WORDS: dict[Reason, Message] = {
    Reason.UNREACHABLE: _l("The server could not be reached."),
    Reason.CUT_OFF: _l("The server broke off in the middle."),
    Reason.BUSY: _l("The server asked to come back later, each time."),
    Reason.PASSWORD: _l("The server does not take our user name and password. Please compare them."),
    Reason.ENCRYPTION: _l("No safe connection: the server's certificate is not good, or it offers none."),
    Reason.SENDER: _l("The server does not take mail from our address. Please check MAIL_FROM."),
    Reason.ADDRESS: _l("The address does not exist, or its server refuses us. Please ask for the right one."),
    Reason.CONTENT: _l("The server refused the message for what is in it."),
    Reason.REFUSED: _l("The group's robot refused it: it was removed, or its key or keyword is another."),
    Reason.FORBIDDEN: _l("The address lies in a network that this site may not send to."),
    Reason.MOVED: _l("The address leads on to another one; that is not followed. Please enter the new one."),
    Reason.NO_ADDRESS: _l("There is no address for this person."),
    Reason.NOT_SET_UP: _l("This channel is not set up on this server."),
    Reason.BROKEN: _l("The message could not be put together. Please tell whoever looks after this server."),
}


def why(reason: str) -> str:
    """A reason, as it is kept, in plain words."""
    return str(WORDS[Reason(reason)]) if reason in list(Reason) else ""


@dataclass(frozen=True)
class Calendar:
    """The calendar part of a mail: the file, and its iTIP method (REQUEST or CANCEL)."""

    ics: bytes
    method: str


@dataclass(frozen=True)
class Letter:
    """A message in the reader's language, ready for any channel. `id` is the same at each try. `link` is the
    way to what it is about: personal in what goes to one person, plain in what goes to a group."""

    id: str
    to: str  # a mail address, a phone number, or a group's name
    subject: str
    lines: tuple[str, ...]
    link: str
    kind: str = ""
    language: str = "zh_CN"
    unsubscribe: str = ""
    calendar: Calendar | None = None


class Undelivered(Exception):
    """Something was not delivered: `reason` is ours, `said` the other side's own words (never logged: they
    may have an address in them)."""

    def __init__(self, reason: Reason, said: str = "", after: float = 0) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.said = " ".join(said.split())[:300]
        self.after = after  # seconds before which there is no use in trying again


class Refused(Undelivered):
    """For good: trying again can't help."""


class Later(Undelivered):
    """This one failed for now; it counts as one of its tries."""


class Away(Undelivered):
    """The channel as a whole is down; it is nobody's fault and counts as nobody's try."""


class Carrier(Protocol):
    """Carries letters by one channel. `close` is called after the last."""

    def carry(self, letter: Letter) -> None:
        """Raises Refused, Later or Away."""

    def close(self) -> None: ...
