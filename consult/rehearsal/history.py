"""A year of meetings behind and ahead of today, made by the same verbs as everything else, at their times."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from consult.attendance import ledger, settle
from consult.attendance.intervals import Channel, Ended
from consult.attendance.leases import WEB
from consult.attendance.models import Lease
from consult.core.store import Store, Work
from consult.discussion import actions
from consult.meetings import conduct, moves, scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Expected, Meeting, Mode
from consult.meetings.plan import Plan
from consult.members.access import Actor, actor_of
from consult.members.models import Membership, Person
from consult.rehearsal.county import County
from consult.rehearsal.words import remark
from consult.topics import topics
from consult.topics.forms_of_consultation import Form

ZONE = ZoneInfo("Asia/Shanghai")
BACK, AHEAD = timedelta(days=365), timedelta(days=75)
EVERY = timedelta(days=16)
KNOWN_FOR = timedelta(days=10)  # since when the meetings to come are on the calendar
TERM = timedelta(days=3 * 365)
PROCESS = "history"

MATTERS = (
    ("推进城乡供水一体化", Form.REMOTE, ("县水利局", "县住房和城乡建设局")),
    ("提升农村养老服务水平", Form.STANDING_COMMITTEE, ("县民政局", "县卫生健康局")),
    ("发展山地苹果全产业链", Form.COUNTERPART, ("县农业农村局", "县果业中心")),
    ("改善县城停车秩序", Form.PROPOSAL_HANDLING, ("县公安局", "县城市管理局")),
    ("保护利用古村落", Form.SECTOR, ("县文化和旅游局",)),
    ("优化乡村学校布局", Form.COUNTERPART, ("县教育局",)),
    ("智能协商平台使用培训", Form.TRAINING, ()),
    ("黄河流域生态保护", Form.REMOTE, ("市生态环境局", "县林业局")),
    ("完善基层医疗服务", Form.STANDING_COMMITTEE, ("县卫生健康局", "县医疗保障局")),
    ("委员读书活动", Form.ACTIVITY, ()),
)


@dataclass(frozen=True)
class _Date:
    """A meeting on the calendar: when, on what, and hosted by whom."""

    opens: datetime
    lasting: timedelta
    matter: int
    by_province: bool


def build(store: Store, made: County, now: datetime, seed: int) -> None:
    """Fills the county's year: meetings held, settled and to come."""
    dice = Random(seed)  # noqa: S311
    store.write_at(now - BACK - timedelta(days=30), _prepare, now)
    topic_ids = store.write_at(now - BACK, _topics, made)
    for date in _calendar(now, dice):
        if date.opens + date.lasting + timedelta(hours=1) < now:
            store.write(_hold, made, date, topic_ids, dice.randrange(1 << 30))
        elif date.opens > now + timedelta(hours=2):
            store.write_at(now - KNOWN_FOR, _plan, made, date, topic_ids, dice.randrange(1 << 30))
    store.write(_unfinished, made, now, topic_ids)


def _calendar(now: datetime, dice: Random) -> list[_Date]:
    """Every couple of weeks a morning or an afternoon on a working day."""
    dates: list[_Date] = []
    day = (now - BACK).astimezone(ZONE).date()
    while day < (now + AHEAD).astimezone(ZONE).date():
        working = day + timedelta(days=max(0, day.weekday() - 4))
        start = datetime.combine(working, time(dice.choice((9, 15))), ZONE)
        number = len(dates)
        lasting = timedelta(minutes=dice.choice((90, 120)))
        dates.append(_Date(start, lasting, number % len(MATTERS), number % 6 == 0))
        day += EVERY
    return dates


def _prepare(work: Work, now: datetime) -> None:
    """The members' term has begun, they have read the consent notice, and a server was there all year."""
    work.db.execute(update(Membership).values(from_day=(work.now - TERM).date()))
    work.db.execute(update(Person).values(consented_at=work.now))
    work.db.add(
        Lease(process=PROCESS, kind=WEB, started_at=work.now, renewed_at=now, ended_at=now),
    )


def _topics(work: Work, made: County) -> list[int]:
    organizer = made.organizer(work)
    return [
        topics.create(
            work,
            organizer,
            made.county_id,
            topics.matter(title, f"围绕{title}，听取部门情况介绍，组织委员协商议政。", form, departments),
        ).id
        for title, form, departments in MATTERS
    ]


def _plan(work: Work, made: County, date: _Date, topic_ids: list[int], seed: int) -> Meeting:
    dice = Random(seed)  # noqa: S311
    title, form, _ = MATTERS[date.matter]
    hosted = made.province_id if date.by_province else made.county_id
    on_site = form in (Form.TRAINING, Form.ACTIVITY)
    plan = Plan(
        title=f"{title}远程协商" if date.by_province else f"{title}协商会" if not on_site else title,
        opens_at=date.opens,
        closes_at=date.opens + date.lasting,
        topic_id=None if date.by_province else topic_ids[date.matter],
        form=Form.REMOTE if date.by_province else form,
        mode=Mode.HYBRID if on_site else Mode.REMOTE,
        place="县政协三楼会议室" if on_site else "",
        video_link="" if dice.random() < 0.1 else "https://meeting.example.com/lingchuan",
        audience=Audience(trees=(made.county_id,), sectors=tuple(_sectors(work, made, dice))),
    )
    host = made.administrator(work) if date.by_province else made.organizer(work)
    return scheduling.schedule(work, host, hosted, plan)


def _sectors(work: Work, made: County, dice: Random) -> list[str]:
    """Some sectors, until there are enough people for a meeting."""
    rows = work.db.scalars(select(Membership.sector).where(Membership.unit_id == made.county_id)).all()
    sectors = sorted(set(rows))
    dice.shuffle(sectors)
    chosen: list[str] = []
    while sectors and sum(row in chosen for row in rows) < 60:
        chosen.append(sectors.pop())
    return chosen


def _hold(work: Work, made: County, date: _Date, topic_ids: list[int], seed: int) -> None:
    """A meeting from its scheduling to its settlement, each verb at its own instant."""
    dice = Random(seed)  # noqa: S311

    def at(instant: datetime) -> Work:
        return replace(work, now=instant)

    planned = at(date.opens - timedelta(days=14))
    meeting = _plan(planned, made, date, topic_ids, seed)
    office = made.administrator(work) if date.by_province else made.organizer(work)
    expected = work.db.execute(
        select(Expected.membership_id, Expected.person_id).where(Expected.meeting_id == meeting.id)
    ).all()
    actors: list[Actor] = []
    for membership_id, person_id in expected:
        if dice.random() < 0.05:
            conduct.excuse(at(date.opens - timedelta(days=1)), office, meeting.id, membership_id, "因公出差")
        elif dice.random() > 0.04:
            actors.append(actor_of(planned, person_id))
    moves.catch_up(at(date.opens), meeting)
    for actor in actors:
        _attend(at, actor, meeting, date, dice)
    for second in sorted(dice.sample(range(300, int(date.lasting.total_seconds()) - 300), 14)):
        key = secrets.token_hex(12)
        actions.post(
            at(date.opens + timedelta(seconds=second)), dice.choice(actors), meeting.id, key, remark(dice)
        )
    moves.catch_up(at(date.opens + date.lasting), meeting)
    settle.settle_due(at(date.opens + date.lasting + timedelta(minutes=3)))


def _attend(
    at: Callable[[datetime], Work], actor: Actor, meeting: Meeting, date: _Date, dice: Random
) -> None:
    """One member's coming and going: most in time to the end, some late, early, or twice."""
    minutes = date.lasting / timedelta(minutes=1)
    kind = dice.random()
    start = dice.uniform(-12, 4)
    if kind < 0.06:
        start = dice.uniform(12, 28)
    end = dice.uniform(minutes * 0.72, minutes - 18) if 0.06 <= kind < 0.11 else None
    if 0.11 <= kind < 0.13:
        end = dice.uniform(10, minutes * 0.5)
    pause = dice.uniform(30, 50) if kind > 0.85 else None
    stays = [(start, end)] if pause is None else [(start, pause), (pause + dice.uniform(1, 4), end)]
    for begun, over in stays:
        row = ledger.join(
            at(date.opens + timedelta(minutes=begun)), actor, meeting.id, Channel.BROWSER, PROCESS, None
        )
        if row is not None and over is not None:
            left = date.opens + timedelta(minutes=over)
            ledger.leave(at(left), row, left, Ended.LEFT)


def _unfinished(work: Work, made: County, now: datetime, topic_ids: list[int]) -> None:
    """A draft, and a meeting that was postponed: what an office has on its table."""
    organizer = made.organizer(work)
    opens = (now + timedelta(days=9)).astimezone(ZONE).replace(hour=15, minute=0, second=0, microsecond=0)
    everyone = Audience(trees=(made.county_id,))
    for number, title in ((4, "保护利用古村落界别协商"), (3, "改善县城停车秩序提案办理协商")):
        plan = Plan(
            title=title,
            opens_at=opens + timedelta(days=number),
            closes_at=opens + timedelta(days=number, hours=2),
            topic_id=topic_ids[number],
            form=MATTERS[number][1],
            audience=everyone,
        )
        meeting = scheduling.schedule(work, organizer, made.county_id, plan, draft=number == 4)
        if number == 3:
            scheduling.postpone(work, organizer, meeting.id, meeting.version, "承办单位请求延期")
