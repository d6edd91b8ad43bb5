"""The wire: every event's name and every message's shape, in one place. docs/protocol.md says it in words.

What a client sends is checked here against its shape before anything else sees it; what it is sent is made
here. Times go as ISO 8601 in UTC, whole numbers stay below 2^31.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from consult.attendance.present import PresentNow
from consult.checkins.models import Prompt
from consult.core import clock
from consult.core.errors import Invalid
from consult.websocket import text_frame

Id = Annotated[int, Meta(ge=1, lt=2**31)]
Seq = Annotated[int, Meta(ge=0, lt=2**31)]
Shape = TypeVar("Shape", bound="Said")
Instant = Annotated[datetime, Meta(tz=True)]


class Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client says."""


class Message(Said, frozen=True, kw_only=True):
    """What a client says about a meeting."""

    meeting: Id


class Watch(Message, frozen=True, kw_only=True):
    """Tell me what is said from now on, and first what I missed `after` that number (else the newest)."""

    after: Seq | None = None
    hidden: bool = False


class Post(Message, frozen=True, kw_only=True):
    """Say something. `key` makes a retry the same comment; `typed_at` lets it be late, after the end."""

    key: str
    text: str
    typed_at: Instant | None = None


class About(Message, frozen=True, kw_only=True):
    """Something about the comment of that number."""

    seq: Id


class Hide(About, frozen=True, kw_only=True):
    """Hide that comment, for a reason."""

    reason: str


class Answer(Message, frozen=True, kw_only=True):
    """I am here, to the question of that number."""

    prompt: Id


class Presence(Message, frozen=True, kw_only=True):
    """Over HTTP: what has become of the page."""

    what: Literal["hidden", "left", "video"]


CLIENT: dict[str, type[Message]] = {
    "meeting:watch": Watch,
    "comment:post": Post,
    "comment:hide": Hide,
    "comment:show": About,
    "comment:pin": About,
    "comment:unpin": About,
    "presence:hidden": Message,
    "presence:visible": Message,
    "video:open": Message,
    "presence:here": Message,
    "presence:answer": Answer,
}
"""What the room's page may send, each with an acknowledgement."""

ELSEWHERE: dict[str, type[Said]] = {"notices:watch": Said}
"""What any other page may send."""

ENTRIES, PRESENCE, ASKED, CATCH_UP, BYE = "entries", "presence", "asked", "catch_up", "bye"
SERVER = (ENTRIES, PRESENCE, ASKED, CATCH_UP, BYE)
"""What the server sends to the room's page."""
UNREAD = "unread"
"""What the server sends to who watches his notices."""


class UnknownEvent(Invalid):
    """There is no such event."""

    code = "unknown_event"


class Json:
    """The JSON of Socket.IO's and Engine.IO's packets: UTF-8 as it is, and whatever can't be read is a
    ValueError, however deeply it is nested."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        try:
            return msgspec.json.decode(text)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def event(packet: str) -> tuple[str, str, Any]:
    """What a Socket.IO EVENT packet (`2…`) says: the number to acknowledge it by ("" for none), the event's
    name and what came with it. Raises ValueError for what is no such packet."""
    start = packet.index("[")
    number = packet[1:start]
    if number and not (number.isascii() and number.isdigit() and len(number) < 16):
        raise ValueError("no number of an acknowledgement")
    name, *given = Json.loads(packet[start:])
    if not isinstance(name, str) or len(given) > 1:
        raise ValueError("no event")
    return number, name, given[0] if given else None


def checked(name: str, given: Any) -> Said:
    """The event's message. Refuses: UnknownEvent; Invalid, naming the field."""
    shape = CLIENT.get(name) or ELSEWHERE.get(name)
    if shape is None:
        raise UnknownEvent
    return _checked(given, shape)


def body(raw: bytes, shape: type[Shape], **known: int) -> Shape:
    """The message in an HTTP request's JSON body, completed by what its address says. Refuses: Invalid."""
    try:
        given = Json.loads(raw)
    except ValueError:
        raise Invalid from None
    return _checked({**given, **known} if isinstance(given, dict) else given, shape)


def _checked(given: Any, shape: type[Shape]) -> Shape:
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as error:
        path = str(error).rpartition("`$.")[2].rstrip("`") if "`$." in str(error) else None
        raise Invalid(field=path) from None


def presence(now: PresentNow, *, groups: bool = True) -> dict[str, Any]:
    """Who is present, as it is sent: numbers, and by unit or by sector."""
    told: dict[str, Any] = {
        "people": now.people,
        "connections": now.connections,
        "expected": now.expected,
        "excused": now.excused,
    }
    if groups:
        told["by_" + now.by] = [
            {"name": group.name, "people": group.people, "expected": group.expected} for group in now.groups
        ]
    return told


def asked(prompt: Prompt | None) -> dict[str, Any] | None:
    """The question whether one is still there, as it is sent."""
    return {"prompt": prompt.id, "until": clock.iso(prompt.until)} if prompt else None


def acknowledgement(number: str, answer: dict[str, Any]) -> str:
    """The Engine.IO message that acknowledges an event."""
    return f"43{number}[{Json.dumps(answer)}]"


def told(name: str, message: dict[str, Any]) -> str:
    """The Engine.IO message of an event that the server sends."""
    return f'42["{name}",{Json.dumps(message)}]'


class Sent:
    """An Engine.IO message for any number of viewers: its text, and the frame made of it once."""

    __slots__ = ("frame", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.frame = text_frame(text)
