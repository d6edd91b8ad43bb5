"""What an office has in hand today: a call and a plan, answers and leave, a waiting list, a delegation,
agenda and material, days off, and what members were told of it. By the verbs that everybody uses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from consult.core.store import Store, Work
from consult.files import files
from consult.files.models import Purpose
from consult.invitations import answering, asking, delegations
from consult.invitations.answering import Wish
from consult.invitations.delegations import Venue
from consult.invitations.leave import ReasonType, Status
from consult.meetings import agenda, materials, quiet, scheduling
from consult.meetings.agenda import Item
from consult.meetings.audience import Audience, label
from consult.meetings.lifecycle import State
from consult.meetings.models import Attending, Invitation, Meeting, Mode
from consult.meetings.plan import Plan
from consult.members.access import actor_of
from consult.members.models import Membership, Unit
from consult.notices import errand
from consult.notices.policy import Policy
from consult.rehearsal.county import County
from consult.rehearsal.history import ZONE
from consult.topics import calls, decisions, proposals, topics
from consult.topics.forms_of_consultation import Form
from consult.topics.models import Topic

BEGAN = timedelta(days=20)
ASKED, NAMED = timedelta(days=18), timedelta(days=3)
LATELY = timedelta(hours=5)

PROPOSED = (
    ("加快村级充电桩建设", Form.PROPOSAL_HANDLING), ("规范电动自行车停放充电", Form.COUNTERPART),
    ("办好乡镇老年食堂", Form.REMOTE), ("推广苹果冷链仓储", Form.COUNTERPART),
    ("改造老旧小区供暖管网", Form.PROPOSAL_HANDLING), ("保护传承县域非遗", Form.SECTOR),
    ("提升村医待遇", Form.STANDING_COMMITTEE), ("整治农村黑臭水体", Form.REMOTE),
    ("优化城乡公交班次", Form.COUNTERPART), ("培育返乡创业青年", Form.SECTOR),
    ("扩大普惠托育服务", Form.REMOTE), ("推进建筑垃圾资源化利用", Form.PROPOSAL_HANDLING),
)  # fmt: skip
NOT_HELD = ("规范物业服务收费", "建设县城口袋公园")
COMING = "加强校园食品安全监管"
AGENDA = (("承办部门介绍情况", "县水利局", 15), ("委员协商发言", "", 50), ("主席会议成员讲话", "", 10))
MATERIAL = """关于推进城乡供水一体化的情况说明（演示材料）

一、基本情况：全县十三个乡镇，集中供水覆盖九个。
二、主要问题：管网老化，末梢水压不足，维修力量分散。
三、请委员围绕管网改造、水质监测、运营管护提出意见建议。
"""


def build(store: Store, made: County, now: datetime, policy: Policy, seed: int) -> None:
    """Adds the season to a county with its history; people have been told of it, at the times it came."""
    dice = Random(seed)  # noqa: S311
    errand.turn(store, policy, now - BEGAN)  # what was before stays silent
    store.write_at(now - ASKED, _call, made, now)
    store.write_at(now - ASKED, _year, made, now.astimezone(ZONE).year)
    reading, naming = store.write_at(now - ASKED, _meetings, made, now)
    store.write_at(now - NAMED, _prepare, made, naming, now)
    errand.turn(store, policy, now - NAMED)
    store.write_at(now - LATELY, _proposals, made, dice)
    store.write_at(now - LATELY, _answers, made, reading, now)
    errand.turn(store, policy, now)


def _members(work: Work, made: County) -> Sequence[int]:
    return work.db.scalars(
        select(Membership.person_id).where(Membership.unit_id == made.county_id).order_by(Membership.id)
    ).all()


def _call(work: Work, made: County, now: datetime) -> None:
    year = now.astimezone(ZONE).year + 1
    text = "请委员围绕全县中心工作和群众急难愁盼提出协商议题。"
    closes_at = (
        (now + timedelta(days=10)).astimezone(ZONE).replace(hour=18, minute=0, second=0, microsecond=0)
    )
    said = calls.terms(f"{year}年度协商议题征集", text, year, calls.Within.UNIT, work.now, closes_at)
    calls.create(work, made.organizer(work), made.county_id, said, None)


def _proposals(work: Work, made: County, dice: Random) -> None:
    """A dozen proposals, each by another member, some with many seconds and some with none."""
    (one,) = calls.for_member(work, actor_of(work, (people := _members(work, made))[0]))
    for number, (title, form) in enumerate(PROPOSED):
        said = topics.matter(title, f"群众对“{title}”反映集中，建议列入协商。", form, ())
        topic = proposals.propose(work, actor_of(work, people[number]), one.call.id, said)
        for person_id in dice.sample(people[len(PROPOSED) :], dice.choice((0, 2, 5, 9))):
            proposals.second(work, actor_of(work, person_id), topic.id)


def _year(work: Work, made: County, year: int) -> None:
    """This year's plan: what was held, what is coming, and two matters that nobody has scheduled."""
    organizer = made.organizer(work)
    for title in (*NOT_HELD, COMING):
        said = topics.matter(title, f"围绕{title}开展协商。", Form.PROPOSAL_HANDLING, ())
        topics.create(work, organizer, made.county_id, said)
    found = work.db.scalars(select(Topic).where(Topic.unit_id == made.county_id).order_by(Topic.id)).all()
    for number, topic in enumerate(one for one in found if one.call_id is None):
        month = 6 if topic.title in NOT_HELD else min(1 + number, 12)
        decisions.take_into_plan(work, organizer, topic.id, topic.version, year, month)


def _meetings(work: Work, made: County, now: datetime) -> tuple[int, int]:
    """One on a matter of the plan; one to sign up for, with few places; one of the province's, to which the
    county names participants."""
    opens = _at(now + timedelta(days=12), 9)
    reading = Plan(
        title="委员读书分享会", opens_at=opens, closes_at=opens + timedelta(hours=2), form=Form.ACTIVITY,
        mode=Mode.ON_SITE, place="县图书馆报告厅", audience=Audience(trees=(made.county_id,)),
        attending=Attending.SIGN_UP, capacity=12, answer_by=opens - timedelta(days=1),
    )  # fmt: skip
    opens += timedelta(days=3)
    province = Plan(
        title="黄河流域生态保护远程协商", opens_at=opens, closes_at=opens + timedelta(hours=2),
        mode=Mode.HYBRID, place="省政协协商大厅", audience=Audience(naming=(made.county_id,), places=8),
        answer_by=opens - timedelta(days=2),
    )  # fmt: skip
    topic = work.db.scalars(select(Topic).where(Topic.title == COMING)).one()
    opens += timedelta(days=1)
    on_food = Plan(
        title=f"{COMING}协商会", opens_at=opens, closes_at=opens + timedelta(hours=2), topic_id=topic.id,
        form=Form.PROPOSAL_HANDLING, audience=Audience(trees=(made.county_id,)),
    )  # fmt: skip
    scheduling.schedule(work, made.organizer(work), made.county_id, on_food)
    by_county = scheduling.schedule(work, made.organizer(work), made.county_id, reading)
    by_province = scheduling.schedule(work, made.administrator(work), made.province_id, province)
    return by_county.id, by_province.id


def _prepare(work: Work, made: County, naming: int, now: datetime) -> None:
    """The office names its participants, sets an agenda, brings a material and marks the plenary's days."""
    organizer, meeting = made.organizer(work), work.db.get_one(Meeting, naming)
    county = work.db.get_one(Unit, made.county_id)
    seats = delegations.seats_of(work, meeting, county)
    names = label(seats, [seat.membership_id for seat in seats[20:25]])
    venue = Venue("岭川县分会场", "县政协三楼会议室", None)
    delegations.name(work, organizer, naming, county.id, 1, names, venue)
    next_one = _coming(work, made, now)[0]
    for title, speaker, minutes in AGENDA:
        agenda.add(work, organizer, next_one.id, next_one.version, Item(title, speaker, minutes))
    sent = files.brought("供水一体化情况说明.txt", MATERIAL.encode(), 1)
    files.add(work, organizer, materials.KIND, next_one.id, Purpose.MATERIAL, sent, 10)
    first = (work.now + timedelta(days=45)).astimezone(ZONE).date()
    quiet.add(work, organizer, made.county_id, first, first + timedelta(days=4), "县政协全体会议")


def _answers(work: Work, made: County, reading: int, now: datetime) -> None:
    """Most answer for the next meeting, one has leave, one asks for it; more sign up than can come."""
    organizer, next_one = made.organizer(work), _coming(work, made, now)[0]
    invited = work.db.scalars(
        select(Invitation.person_id)
        .where(Invitation.meeting_id == next_one.id)
        .order_by(Invitation.membership_id)
    ).all()
    away, ill, *others = invited
    for person_id in others[: len(others) * 2 // 3]:
        answering.answer(work, actor_of(work, person_id), next_one.id, Wish.COME)
    asked = asking.ask(work, actor_of(work, away), next_one.id, ReasonType.AWAY, "赴省城参加培训")
    asking.decide(work, organizer, asked.id, Status.GRANTED, "", "因公外出（赴省城参加培训）")
    asking.ask(work, actor_of(work, ill), next_one.id, ReasonType.ILLNESS, "")
    for person_id in _members(work, made)[40:57]:
        answering.answer(work, actor_of(work, person_id), reading, Wish.COME)


def _at(day: datetime, hour: int) -> datetime:
    return day.astimezone(ZONE).replace(hour=hour, minute=0, second=0, microsecond=0)


def _coming(work: Work, made: County, now: datetime) -> Sequence[Meeting]:
    """The county's meetings ahead at which one is simply expected, the next first."""
    return work.db.scalars(
        select(Meeting)
        .where(Meeting.host_id == made.county_id, Meeting.state == State.SCHEDULED)
        .where(Meeting.attending == Attending.MANDATORY, Meeting.opens_at > now)
        .order_by(Meeting.opens_at)
    ).all()
