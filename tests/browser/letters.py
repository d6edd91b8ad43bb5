"""What arrived in the tests' mail server, read as its readers' programs do: links, calendars, copies."""

from __future__ import annotations

import re
from collections import defaultdict
from email.message import EmailMessage

from tests.calendars import strict
from tests.calendars.strict import Component
from tests.support.mail import Mailbox


def with_subject(box: Mailbox, subject: str) -> dict[str, list[EmailMessage]]:
    """The letters with this subject, by whom they are for; copies of one letter count once."""
    found: dict[str, dict[str, EmailMessage]] = defaultdict(dict)
    for to, letter in list(box.received):
        if letter["Subject"] == subject:
            found[to].setdefault(letter["Message-ID"], letter)
    return {to: list(letters.values()) for to, letters in found.items()}


def words(letter: EmailMessage) -> str:
    """Its text."""
    part = letter.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


def link(letter: EmailMessage) -> str:
    """The address that it leads to."""
    found = re.search(r"http://\S+/s/\S+", words(letter))
    assert found, words(letter)
    return found[0]


def calendars(letter: EmailMessage) -> list[bytes]:
    """Its parts that move calendars, as they arrived."""
    parts = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    return [part.get_payload(decode=True) for part in parts]  # type: ignore[misc]


def method(letter: EmailMessage) -> str:
    """What it asks of the reader's calendar; it must ask the same in all its parts."""
    (whole,) = {data: strict.read(data) for data in calendars(letter)}.values()
    return whole["METHOD"]


def event(letter: EmailMessage) -> Component:
    """The meeting as it stands in the reader's calendar after this letter."""
    (one,) = {data: strict.only(data) for data in calendars(letter)}.values()
    return one


def content(letter: EmailMessage) -> tuple[object, ...]:
    """All of it that its reader sees, whichever copy it is."""
    return letter["To"], letter["Subject"], words(letter), tuple(calendars(letter))
