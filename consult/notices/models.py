"""The tables of notices: what was announced, what each person is told, and how it reaches him."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime


class Announcement(Base):
    """What was last told about a meeting: one row each time it was announced anew. `number` is the version
    that its notices carry; `snapshot` holds what was said, so that the next can tell old from new."""

    __tablename__ = "announcement"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    meeting_version: Mapped[int]
    meeting_revision: Mapped[int]
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)


class LookedAt(Base):
    """The state of a meeting when it was last compared with what people know of it, and when that was: while
    that is the state it has, there is nothing to tell. `delegations` is the sum of its delegations' versions.
    """

    __tablename__ = "looked_at"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    meeting_version: Mapped[int]
    meeting_revision: Mapped[int]
    delegations: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Informed(Base):
    """A person has been told that he is invited to the meeting, and nothing to the contrary since; and in
    which `sub_venue` he sits (none: at the meeting's own place)."""

    __tablename__ = "informed"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    sub_venue: Mapped[str] = mapped_column(String(330), default="")


class Mark(Base):
    """How far a kind of rows has been read by its number (or its time, in seconds). `up_to` follows
    `next_up_to` some time later, so that what was committed out of its order is read, too."""

    __tablename__ = "mark"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    up_to: Mapped[int]
    next_up_to: Mapped[int]
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reminder(Base):
    """Something that those expected are to be reminded of at `due_at`. A moved meeting voids those not yet
    given and makes new ones."""

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("meeting_id", "number", "about", "minutes_before"),
        Index(None, "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    number: Mapped[int]  # of the announcement that set its time
    about: Mapped[str] = mapped_column(
        String(10), default="meeting"
    )  # meeting or answer: before which it is due
    minutes_before: Mapped[int]
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None once it is given or void
    given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Notice(Base):
    """One thing that one person (or one group's robot) is told, once: unique by recipient, subject, kind and
    version, however often it is tried.

    `recipient` is `person:7` or `robot:3`; `subject` is `meeting:9`, `topic:4`, `call:2` or `leave:5`.
    `data` is what the words are made of, in the reader's language, when it is shown or sent (see kinds).
    `useful_until`: from then on it is not sent any more, on whatever channel; the meeting has begun, say.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("recipient", "subject", "kind", "version"),
        Index(None, "subject", "kind", "version"),
        Index(None, "person_id", "read_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    robot_id: Mapped[int | None] = mapped_column(ForeignKey("robot.id"))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"), index=True)
    subject: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))  # a kinds.Kind value
    version: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    urgent: Mapped[bool] = mapped_column(default=False)  # not held back by quiet hours
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    useful_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # overtaken before it was sent


class DeliveryState(enum.StrEnum):
    """How far a notice is on one channel."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # given up after the last try
    SKIPPED = "skipped"  # no address, or the person wants none on this channel
    VOID = "void"


class Delivery(Base):
    """A notice on its way by one channel. `message_id` is the same at each try: who gets it twice knows."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel"),
        UniqueConstraint("message_id"),
        Index(None, "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    channel: Mapped[str] = mapped_column(String(10))  # email, sms or robot
    state: Mapped[DeliveryState] = mapped_column(String(10))
    message_id: Mapped[str] = mapped_column(String(120))
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # while a sender has it in hand
    held_by: Mapped[str | None] = mapped_column(String(40))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(20), default="")  # a carrying.Reason value: why not, so far
    error: Mapped[str] = mapped_column(String(300), default="")  # in the server's own words
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by phone, after it failed
    told_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Channel(Base):
    """How a channel that many share (the mail server, the SMS gateway) is doing. While it is down nobody's
    tries are counted, and only one message at a time asks whether it is back, after `paused_until`."""

    __tablename__ = "channel"

    name: Mapped[str] = mapped_column(String(10), primary_key=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the last that got through
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)  # one after the other
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(20), default="")
    error: Mapped[str] = mapped_column(String(300), default="")


class Robot(Base):
    """What carries a unit's notices into a group: a 企业微信 or 钉钉 robot, or any signed webhook."""

    __tablename__ = "robot"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # wecom, dingtalk or generic
    name: Mapped[str] = mapped_column(String(60))
    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(String(200), default="")
    kinds: Mapped[list[str]] = mapped_column(JSON)  # the kinds of notices it wants
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    form_key: Mapped[str | None] = mapped_column(String(64), unique=True)  # so that sent twice is once


class Unwanted(Base):
    """A person wants no notices by this channel."""

    __tablename__ = "unwanted"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
