"""What an organizer decides about a meeting: one typed value, right from the moment it exists."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from consult.core import clock
from consult.core.errors import Invalid
from consult.core.text import line
from consult.meetings.audience import MOST_PLACES, Audience
from consult.meetings.models import Attending, Meeting, Mode
from consult.meetings.rule_data import RuleData
from consult.topics.forms_of_consultation import Form

LONGEST = timedelta(days=14)
LONGEST_LOBBY = 240  # minutes
LONGEST_GRACE = 3600  # seconds
LONGEST_TITLE = 120
LONGEST_PLACE = 120
LONGEST_LINK = 500


@dataclass(frozen=True)
class Plan:
    """A meeting as it is planned; the times are aware, `zone` says by whose clocks they are shown.

    `capacity` is how many may sign up before the others wait (None: as many as like), `answer_by` the last
    instant to answer or to ask for leave (None: until the meeting opens).
    Refuses: Invalid, naming the part that is wrong.
    """

    title: str
    opens_at: datetime
    closes_at: datetime
    topic_id: int | None = None
    form: Form = Form.REMOTE
    mode: Mode = Mode.REMOTE
    place: str = ""
    video_link: str = ""
    zone: str = "Asia/Shanghai"
    lobby_minutes: int = 15
    grace_seconds: int = 120
    rule: RuleData = field(default_factory=RuleData)
    audience: Audience = field(default_factory=Audience)
    attending: Attending = Attending.MANDATORY
    capacity: int | None = None
    answer_by: datetime | None = None

    def __post_init__(self) -> None:
        line(self.title, "title", longest=LONGEST_TITLE)
        line(self.place, "place", longest=LONGEST_PLACE, required=False)
        clock.zone(self.zone)
        check_times(self.opens_at, self.closes_at)
        if not 0 <= self.lobby_minutes <= LONGEST_LOBBY:
            raise Invalid(
                _l("Between 0 and %(most)s minutes.", most=LONGEST_LOBBY), field="lobby_minutes"
            )  # fmt: skip
        if not 0 <= self.grace_seconds <= LONGEST_GRACE:
            raise Invalid(
                _l("Between 0 and %(most)s seconds.", most=LONGEST_GRACE), field="grace_seconds"
            )  # fmt: skip
        if self.mode != Mode.REMOTE and not self.place:
            raise Invalid(_l("Please say where those meet who come in person."), field="place")
        if self.video_link:
            _check_link(self.video_link)
        if self.capacity is not None and not 1 <= self.capacity <= MOST_PLACES:
            raise Invalid(_l("Between 1 and %(most)s.", most=MOST_PLACES), field="capacity")
        if self.answer_by is not None and not clock.EARLIEST <= self.answer_by <= self.opens_at:
            raise Invalid(_l("Answers are due before the meeting opens."), field="answer_by")

    @property
    def day(self) -> date:
        """The day on which it opens, by the meeting's clocks."""
        return self.opens_at.astimezone(ZoneInfo(self.zone)).date()

    def times(self) -> tuple[datetime, datetime, int]:
        """What the clock goes by; another one means that the meeting is rescheduled."""
        return self.opens_at, self.closes_at, self.lobby_minutes

    def moved(self, opens_at: datetime, closes_at: datetime, now: datetime) -> Self:
        """The same at another time. The deadline for answers moves along; where it would have passed by
        now, answers are taken until the meeting opens."""
        by = self.answer_by + (opens_at - self.opens_at) if self.answer_by else None
        if by is not None and by <= now:
            by = None
        return replace(self, opens_at=opens_at, closes_at=closes_at, answer_by=by)


def plan_of(meeting: Meeting) -> Plan:
    """The plan of a meeting that is."""
    return Plan(
        title=meeting.title,
        opens_at=meeting.opens_at,
        closes_at=meeting.closes_at,
        topic_id=meeting.topic_id,
        form=Form(meeting.form),
        mode=Mode(meeting.mode),
        place=meeting.place,
        video_link=meeting.video_link,
        zone=meeting.zone,
        lobby_minutes=meeting.lobby_minutes,
        grace_seconds=meeting.grace_seconds,
        rule=RuleData.from_data(meeting.rule),
        audience=Audience.from_data(meeting.audience),
        attending=Attending(meeting.attending),
        capacity=meeting.capacity,
        answer_by=meeting.answer_by,
    )


def columns(plan: Plan) -> dict[str, object]:
    """The plan as the values of the Meeting's columns."""
    return {**vars(plan), "rule": plan.rule.as_data(), "audience": plan.audience.as_data()}


def check_times(opens_at: datetime, closes_at: datetime) -> None:
    """Refuses (Invalid) an end that is not after the start, or more than LONGEST after it."""
    for name, instant in (("opens_at", opens_at), ("closes_at", closes_at)):
        if not clock.EARLIEST <= instant < clock.LATEST:
            raise Invalid(_l("The year must lie between 2000 and 2099."), field=name)
    if closes_at <= opens_at:
        raise Invalid(_l("The end must be after the start."), field="closes_at")
    if closes_at - opens_at > LONGEST:
        raise Invalid(_l("A meeting lasts at most %(days)s days.", days=LONGEST.days), field="closes_at")


def _check_link(link: str) -> None:
    wrong = Invalid(_l("Please give an address that begins with https://."), field="video_link")
    if line(link, "video_link", longest=LONGEST_LINK) != link or " " in link:
        raise wrong
    try:
        parts = urlsplit(link)
        host = parts.hostname
        parts.port  # noqa: B018  reading it is what refuses a wrong one
    except ValueError as error:
        raise wrong from error
    own = parts.scheme == "http" and host in ("localhost", "127.0.0.1")
    if not host or not (parts.scheme == "https" or own) or parts.username or "\\" in link:
        raise wrong
