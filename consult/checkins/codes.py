"""What the big screen shows: a QR code that is good for half a minute, and six digits for a minute. Pure.

Both are worked out from a key, the meeting and the time, so every process shows and knows the same ones and
none is kept. A scan that comes before its person has signed in is remembered by his browser as a receipt.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask_babel import lazy_gettext as _l

from consult.core.errors import Missing, NotNow

SLOT = timedelta(seconds=30)
EDGE = timedelta(seconds=5)
"""How long after its time a code is still taken, for who scans at the last moment; and how long before, for
the clocks of two servers differ."""

DIGITS_SLOT = timedelta(seconds=60)
DIGITS_EDGE = timedelta(seconds=30)
"""How long after their time six digits are still taken: reading and typing takes longer than scanning."""

SIGN_IN_WITHIN = timedelta(minutes=5)
"""How long who scanned before he was signed in has to sign in."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BODY = struct.Struct(">IQ")
_MAC = 12  # bytes: beyond guessing within half a minute, and few enough for a coarse QR code
_TOKEN = len(base64.urlsafe_b64encode(bytes(_BODY.size + _MAC)))


class OldCode(NotNow):
    """The code was good once; `meeting_id` says for which meeting."""

    default = _l(
        "This code has changed in the meantime; a picture of it that was passed on can't be used. "
        "Please scan the code that the big screen shows now."
    )


@dataclass(frozen=True)
class Scanned:
    """What a token says: the meeting, and in which half minute its code was shown."""

    meeting_id: int
    slot: int


def key_of(secret: str) -> bytes:
    """The key for all codes, derived from the site's secret."""
    return hmac.digest(secret.encode(), b"consult check-in", hashlib.sha256)


def token(key: bytes, meeting_id: int, now: datetime) -> str:
    """What the QR code carries at this time."""
    return _sealed(key, _BODY.pack(meeting_id, _slot(now, SLOT)))


def until(now: datetime, slot: timedelta = SLOT) -> datetime:
    """When what is shown now makes way for the next."""
    return _EPOCH + (_slot(now, slot) + 1) * slot


def read(key: bytes, text: str, now: datetime) -> Scanned:
    """What the token says, if it is good at this time. Refuses: Missing, when it is none of ours; OldCode."""
    scanned = _read(key, text)
    begins = _EPOCH + scanned.slot * SLOT
    if not begins - EDGE <= now < begins + SLOT + EDGE:
        raise OldCode
    return scanned


def receipt(key: bytes, text: str, now: datetime) -> str:
    """What a browser keeps of a scan until its person has signed in. The token must be good."""
    read(key, text, now)
    return f"{int(now.timestamp())}.{_receipt_mac(key, text, int(now.timestamp()))}"


def scanned_at(key: bytes, text: str, kept: str, now: datetime) -> datetime:
    """When this browser scanned the token, by its receipt if that is not too old; else now."""
    stamp, _, mac = kept.partition(".")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return now
    if not hmac.compare_digest(mac.encode(), _receipt_mac(key, text, int(stamp)).encode()):
        return now
    then = _EPOCH + timedelta(seconds=int(stamp))
    return then if then <= now < then + SIGN_IN_WITHIN else now


def digits(key: bytes, meeting_id: int, now: datetime) -> str:
    """The six digits at this time."""
    return _digits(key, meeting_id, _slot(now, DIGITS_SLOT))


def right_digits(key: bytes, meeting_id: int, typed: str, now: datetime) -> bool:
    """Whether these are the six digits at this time, or were a moment ago."""
    slots = {_slot(now, DIGITS_SLOT), _slot(now - DIGITS_EDGE, DIGITS_SLOT)}
    given = typed.encode(errors="replace")
    return any(hmac.compare_digest(given, _digits(key, meeting_id, slot).encode()) for slot in slots)


def _slot(now: datetime, slot: timedelta) -> int:
    return (now - _EPOCH) // slot


def _sealed(key: bytes, body: bytes) -> str:
    mac = hmac.digest(key, b"qr|" + body, hashlib.sha256)[:_MAC]
    return base64.urlsafe_b64encode(body + mac).decode()


def _read(key: bytes, text: str) -> Scanned:
    if len(text) == _TOKEN and text.isascii():
        try:
            body = base64.urlsafe_b64decode(text)[: _BODY.size]
        except ValueError:
            body = b""
        if len(body) == _BODY.size and hmac.compare_digest(_sealed(key, body), text):
            return Scanned(*_BODY.unpack(body))
    raise Missing(_l("This is no check-in code of ours. Please scan the code on the big screen."))


def _receipt_mac(key: bytes, text: str, stamp: int) -> str:
    said = f"scan|{stamp}|{text}".encode(errors="replace")
    return hmac.digest(key, said, hashlib.sha256).hex()[:32]


def _digits(key: bytes, meeting_id: int, slot: int) -> str:
    mac = hmac.digest(key, f"digits|{meeting_id}|{slot}".encode(), hashlib.sha256)
    return f"{int.from_bytes(mac[:8]) % 1_000_000:06}"
