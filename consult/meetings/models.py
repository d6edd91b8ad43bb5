"""The tables of meetings: schedule, transitions, who is expected, and the numbered log."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.store import Base, UtcDateTime
from consult.meetings.lifecycle import Move, State


class Mode(enum.StrEnum):
    """Where people meet."""

    REMOTE = "remote"
    HYBRID = "hybrid"
    ON_SITE = "on_site"


class Attending(enum.StrEnum):
    """Whether all who are invited are expected (必须参加), or those who sign up (报名参加)."""

    MANDATORY = "mandatory"
    SIGN_UP = "sign_up"


class Answer(enum.StrEnum):
    """What somebody who is invited has said."""

    NONE = "none"
    ACCEPTED = "accepted"
    REMOTE = "remote"  # accepted, and attends remotely where others meet in person
    WAITING = "waiting"  # signed up, and all places are taken
    DECLINED = "declined"  # does not sign up, or no longer


class Meeting(Base):
    """A consultation meeting.

    `state` is the last recorded one; what holds at an instant is `lifecycle.state_at`. `revision` counts its
    transitions (compare-and-set), `version` its edits. `due_move` at `due_at` is what the clock owes next.
    """

    __tablename__ = "meeting"
    __table_args__ = (Index(None, "due_at"), Index(None, "host_id", "opens_at"), Index(None, "closes_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    host_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    form: Mapped[str] = mapped_column(String(30))
    mode: Mapped[Mode] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(120), default="")
    video_link: Mapped[str] = mapped_column(String(500), default="")
    zone: Mapped[str] = mapped_column(String(60))
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lobby_minutes: Mapped[int]
    grace_seconds: Mapped[int]  # how long after closing a comment typed before it is still taken
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)  # attendance.rules.Rule as plain data
    audience: Mapped[dict[str, Any]] = mapped_column(JSON)  # meetings.audience.Audience as plain data
    attending: Mapped[Attending] = mapped_column(String(20), default=Attending.MANDATORY)
    capacity: Mapped[int | None]  # places for those who sign up; the rest wait
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime)  # last instant to answer or ask for leave
    series_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"))  # the first of those that repeat
    announced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when people were first told of it
    state: Mapped[State] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(default=0)
    due_move: Mapped[Move | None] = mapped_column(String(20))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first actual opening
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the latest actual closing
    version: Mapped[int] = mapped_column(default=1)
    form_key: Mapped[str | None] = mapped_column(
        String(64), unique=True
    )  # of the form sent, so twice is once
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Transition(Base):
    """One move of a meeting's state. `at` is the instant it took effect (for the clock: when it was due),
    `done_at` when it was recorded. `by_id` is None for the clock."""

    __tablename__ = "transition"
    __table_args__ = (UniqueConstraint("meeting_id", "revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    revision: Mapped[int]
    move: Mapped[Move] = mapped_column(String(20))
    from_state: Mapped[State] = mapped_column(String(20))
    to_state: Mapped[State] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")


class Expected(Base):
    """A membership expected at a meeting (应到), and its leave (请假) if it was given."""

    __tablename__ = "expected"
    __table_args__ = (
        Index(None, "person_id", "meeting_id"),
        Index(None, "membership_id"),
        Index(None, "meeting_id", "excused_at", "person_id"),
    )

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    excused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    excused_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    excused_reason: Mapped[str] = mapped_column(String(200), default="")


class Delegation(Base):
    """A unit below the host that names participants of its own, and where they sit (分会场)."""

    __tablename__ = "delegation"
    __table_args__ = (Index(None, "unit_id"),)

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    places: Mapped[int | None]  # a number of its own; None: the one that the audience gives to each
    venue: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(200), default="")
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who looks after the sub-venue
    named_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    named_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def sub_venue(self) -> str:
        """Where its participants sit, in one line; empty if at the meeting's own place."""
        return f"{self.venue} {self.address}".strip() if self.venue else ""


class Invitation(Base):
    """A person invited to a meeting by the seat that counts there, and the answer given.

    Of a mandatory meeting all who are invited are expected; of one with sign-up those who have a place. One
    person is invited once, whoever names him.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("meeting_id", "person_id"),
        Index(None, "person_id"),
        Index(None, "placed_at"),
    )

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    named_by_unit: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))  # None: by the host's own rules
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[Answer] = mapped_column(String(20), default=Answer.NONE)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # who waits, waits in this order
    answered_for: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the opening that was answered for
    placed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when who waited was given a place
    observer: Mapped[bool] = mapped_column(default=False)  # invited to observe 列席, so never expected


class AgendaItem(Base):
    """One item of a meeting's agenda (议程): what, who speaks, for how many minutes."""

    __tablename__ = "agenda_item"
    __table_args__ = (UniqueConstraint("meeting_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    minutes: Mapped[int]
    speaker_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))  # a member
    speaker: Mapped[str] = mapped_column(String(80), default="")  # or anybody else, by name


class QuietPeriod(Base):
    """Days on which a unit and those below it plan no meetings (静默期): a plenary session, a holiday."""

    __tablename__ = "quiet_period"
    __table_args__ = (Index(None, "unit_id", "to_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    from_day: Mapped[date]
    to_day: Mapped[date]  # the last one
    reason: Mapped[str] = mapped_column(String(120))
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UnitRule(Base):
    """The attendance rule that a unit's new meetings begin with."""

    __tablename__ = "unit_rule"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)  # rule_data.RuleData as plain data
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[int] = mapped_column(ForeignKey("person.id"))


class LogHead(Base):
    """The last number given out in a meeting's log; whoever appends locks this row, so numbers have no gaps
    and stand in commit order. `pinned` is the number of the pinned comment."""

    __tablename__ = "log_head"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(default=0)
    pinned: Mapped[int | None]


class Kind(enum.StrEnum):
    """What a log entry says."""

    COMMENT = "comment"
    STATE = "state"
    HIDE = "hide"
    SHOW = "show"
    PIN = "pin"
    UNPIN = "unpin"


class Entry(Base):
    """One entry of a meeting's log: what, who, when, and the hash of its content. Never changed."""

    __tablename__ = "entry"
    __table_args__ = (UniqueConstraint("meeting_id", "key"), Index(None, "person_id"))

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[Kind] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    key: Mapped[str | None] = mapped_column(
        String(64)
    )  # made by the client, so that a retry is the same comment
    of_seq: Mapped[int | None]  # the entry that this one hides, shows or pins
    late: Mapped[bool] = mapped_column(default=False)  # typed before closing, delivered within the grace
    content_hash: Mapped[str] = mapped_column(String(64), default="")


class Content(Base):
    """What an entry says, apart from the log so that it can be hidden or erased while the log stays whole."""

    __tablename__ = "content"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(60), default="")
    unit: Mapped[str] = mapped_column(String(80), default="")
    sector: Mapped[str] = mapped_column(String(40), default="")
    office: Mapped[bool] = mapped_column(default=False)  # said by the organizers
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hidden_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    hidden_reason: Mapped[str] = mapped_column(String(200), default="")
