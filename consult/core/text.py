"""Text from outside, made safe and comparable once, at the edge."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid

# Bidirectional overrides turn what follows around; zero-width marks make two equal-looking texts differ.
# U+200D joins emoji and some scripts' letters, so it stays.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_EDGES = re.compile(r"\A[\s\u200d]+|[\s\u200d]+\Z")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_PILED_MARKS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def clean(raw: str) -> str:
    """The text in NFC, trimmed, without control, override and zero-width characters or piles of marks."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        raw = raw.encode(errors="replace").decode()
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    text = _EDGES.sub("", _INVISIBLE.sub("", _CONTROL.sub("", text)))
    return _PILED_MARKS.sub(r"\1", text)


def line(raw: object, field: str, *, longest: int, required: bool = True) -> str:
    """One line of text, cleaned. Refuses, naming `field`: not a text, empty though required, too long."""
    return " ".join(paragraphs(raw, field, longest=longest, required=required).split())


def paragraphs(raw: object, field: str, *, longest: int, required: bool = True) -> str:
    """Lines of text, cleaned. Refuses, naming `field`: not a text, empty though required, too long."""
    if not isinstance(raw, str):
        raise Invalid(_l("This must be a text."), field=field)
    if len(raw) > 4 * longest + 1000:
        raise Invalid(_l("Too long: at most %(longest)s characters.", longest=longest), field=field)
    text = clean(raw)
    if required and not text:
        raise Invalid(_l("Please fill this in."), field=field)
    if len(text) > longest:
        raise Invalid(_l("Too long: at most %(longest)s characters.", longest=longest), field=field)
    return text
