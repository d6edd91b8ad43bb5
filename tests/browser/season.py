"""What stands before the made-up county in the season of next year's plan: a call with its proposals, a plan,
meetings that wait for answers, leave, names and readers, and what people were told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from consult.config import load
from consult.core.store import Store, Work
from consult.files import files
from consult.files.models import Purpose
from consult.invitations import answering, asking, delegations, nudging
from consult.invitations.answering import Wish
from consult.invitations.delegations import Venue
from consult.invitations.leave import ReasonType
from consult.meetings import agenda, materials, quiet, scheduling
from consult.meetings.agenda import Item
from consult.meetings.audience import Audience
from consult.meetings.models import Attending, Delegation, Invitation, Meeting, Mode
from consult.meetings.plan import Plan
from consult.members import charges
from consult.members.access import Actor, actor_of
from consult.members.charges import ChargeKind
from consult.members.models import Membership, Unit
from consult.notices import errand, groups
from consult.notices.kinds import FOR_GROUPS
from consult.notices.outgoing import Reach
from consult.notices.policy import policy_of
from consult.rehearsal.county import County
from consult.reports import year_export
from consult.topics import attachments, calls, decisions, proposals, topics
from consult.topics.calls import Within
from consult.topics.forms_of_consultation import Form
from consult.topics.models import Call, Topic
from tests.files import samples

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
MOST_FILES = 20
MATTERS = (
    ("整治村镇生活污水", "八个乡镇有三个没有污水处理站，雨天漫到路上。建议分期建设，先集镇后村庄。"),
    ("发展社区养老食堂", "独居老人做饭难。建议利用闲置校舍办食堂，政府补一点、社会捐一点、老人出一点。"),
    ("办好村里的老年食堂", "我们村六十岁以上的有二百多人。"),
    ("给县城主街换路灯", "东段有十几盏不亮。"),
    ("规范农村客运班线", "末班车四点就停了，看病的人回不了家。"),
    ("保护城关古城墙", ""),
)
AGENDA = (("县生态环境局介绍情况", "周局长", 20), ("委员协商议政", "", 70), ("县政府领导回应", "", 30))
REJECTION = "路灯改造已列入住建局今年的计划，十月完工。"


def build(store: Store, made: County, now: datetime, member_id: int) -> int:
    """Adds all of it to the made-up county; `member_id` has something of each kind. Gives the meeting that
    waits for his answer."""
    policy = policy_of(load({}))
    errand.turn(store, policy, now - 21 * DAY)
    call_id = store.write_at(now - 20 * DAY, _call, made, now)
    store.write_at(now - 12 * DAY, _propose, made, call_id, member_id)
    store.write_at(now - 9 * DAY, _decide, made, call_id)
    store.write_at(now - 8 * DAY, _offices, made, now)
    errand.turn(store, policy, now - 8 * DAY)
    meetings = store.write_at(now - 6 * DAY, _meetings, made, now)
    errand.turn(store, policy, now - 5 * DAY)
    store.write_at(now - 4 * DAY, _answers, made, meetings, member_id)
    errand.turn(store, policy, now - 3 * DAY)
    store.write_at(now - 2 * DAY, _moves, made, meetings)
    errand.turn(store, policy, now - DAY)
    store.write_at(now - timedelta(hours=2), _task, made, now.year)
    return meetings[0]


def day_at(now: datetime, days: int, hour: int) -> datetime:
    day = now.astimezone(ZONE).date() + timedelta(days=days)
    return datetime.combine(day, time(hour), ZONE)


def members(work: Work, unit_id: int, member_id: int) -> list[Actor]:
    """The member first, then others of that unit."""
    people = work.db.scalars(
        select(Membership.person_id)
        .where(Membership.unit_id == unit_id, Membership.person_id != member_id)
        .order_by(Membership.id)
    )
    return [actor_of(work, person_id) for person_id in (member_id, *people)]


def _call(work: Work, made: County, now: datetime) -> int:
    said = calls.terms(
        f"征集{now.year + 1}年度协商议题",
        "请结合本职工作和调研，围绕乡村振兴、民生实事提出议题。一事一议，写明理由和建议。",
        now.year + 1, Within.UNIT, work.now, day_at(now, 10, 18),
    )  # fmt: skip
    return calls.create(work, made.organizer(work), made.county_id, said).id


def _propose(work: Work, made: County, call_id: int, member_id: int) -> None:
    """The member proposes every other topic; all are seconded, the first ones most."""
    there = members(work, made.county_id, member_id)
    for order, (title, background) in enumerate(MATTERS):
        proposer = there[0] if order % 2 == 0 else there[order]
        said = topics.matter(title, background, Form.REMOTE, ())
        topic = proposals.propose(work, proposer, call_id, said)
        for other in there[10 : 28 - 3 * order]:
            proposals.second(work, other, topic.id)


def _decide(work: Work, made: County, call_id: int) -> None:
    office, call = made.organizer(work), work.db.get_one(Call, call_id)
    found = work.db.scalars(select(Topic).where(Topic.call_id == call_id).order_by(Topic.id)).all()
    sewage, canteens, canteen, lamps, buses, _wall = found
    decisions.take_into_plan(work, office, sewage.id, sewage.version, call.year, 3)
    decisions.take_into_plan(work, office, canteens.id, canteens.version, call.year, None)
    decisions.merge(work, office, canteen.id, canteen.version, canteens.id)
    decisions.reject(work, office, lamps.id, lamps.version, REJECTION)
    decisions.shortlist(work, office, buses.id, buses.version)
    this_year = work.db.scalars(select(Topic).where(Topic.call_id.is_(None)).order_by(Topic.id)).all()
    for month, topic in enumerate(this_year[:8], 3):
        if topic.unit_id == made.county_id:
            decisions.take_into_plan(work, office, topic.id, topic.version, call.year - 1, month)
    attached = files.brought("污水处理现状.pdf", samples.PDF, 1)
    files.add(work, office, attachments.KIND, sewage.id, Purpose.ATTACHMENT, attached, MOST_FILES)


def _offices(work: Work, made: County, now: datetime) -> None:
    """Days on which nothing is held, a convener, and a group that is told."""
    office = made.organizer(work)
    first = day_at(now, 40, 0).date()
    quiet.add(work, office, made.county_id, first, first + 6 * DAY, "全县换届选举")
    circle = next(one for one in charges.circles(work, made.county_id) if one.kind is ChargeKind.SECTOR)
    somebody = work.db.scalars(
        select(Membership.number).where(
            Membership.unit_id == made.county_id, Membership.sector == circle.name
        )
    ).first()
    charges.give(work, office, made.county_id, circle.kind, circle.name, somebody or "")
    robot = groups.draft(
        "wecom", "委员群", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc", "",
        [kind.value for kind in FOR_GROUPS], Reach(),
    )  # fmt: skip
    groups.add(work, office, made.county_id, robot)


def _meetings(work: Work, made: County, now: datetime) -> tuple[int, int, int, int]:
    """One that waits for answers, one from which the member asks for leave, one to sign up for, one to which
    counties name people."""
    office, province = made.organizer(work), made.administrator(work)
    county = Audience(units=(made.county_id,))

    def on(title: str, days: int, hour: int, audience: Audience = county, **more: Any) -> Plan:
        opens = day_at(now, days, hour)
        by = day_at(now, days - 3, 18)
        return Plan(
            title, opens, opens + timedelta(minutes=120), audience=audience, answer_by=by,
            **more,
        )  # fmt: skip

    topic = work.db.scalars(select(Topic).where(Topic.title == MATTERS[0][0])).one()
    hybrid: dict[str, Any] = {"topic_id": topic.id, "mode": Mode.HYBRID, "place": "县政协三楼会议室"}
    waits = scheduling.schedule(
        work, office, made.county_id, on("整治村镇生活污水专题协商会", 24, 9, **hybrid)
    )  # fmt: skip
    leave = scheduling.schedule(work, office, made.county_id, on("委员视察乡村学校", 27, 9))
    signing = on("智能协商平台培训", 29, 15, attending=Attending.SIGN_UP, capacity=3, form=Form.TRAINING)
    signs = scheduling.schedule(work, office, made.county_id, signing)
    counties = work.db.scalars(select(Unit.id).where(Unit.level == "county").order_by(Unit.id)).all()
    naming = Audience(naming=tuple(counties), places=3)
    joint = scheduling.schedule(
        work, province, made.province_id, on("全省农村饮水安全远程协商会", 33, 9, naming)
    )  # fmt: skip
    for title, speaker, minutes in AGENDA:
        agenda.add(work, office, waits.id, waits.version, Item(title, speaker, minutes))
    for number, name in enumerate(("会议通知.pdf", "调研报告.pdf")):
        sent = files.brought(name, samples.PDF + b"%d" % number, 1)
        files.add(work, office, materials.KIND, waits.id, Purpose.MATERIAL, sent, MOST_FILES)
    return waits.id, leave.id, signs.id, joint.id


def _answers(work: Work, made: County, meetings: Sequence[int], member_id: int) -> None:
    office, (waits, leave, signs, joint) = made.organizer(work), meetings
    there = members(work, made.county_id, member_id)
    for order, actor in enumerate(there[1:60]):
        answering.answer(work, actor, waits, Wish.REMOTE if order % 5 == 0 else Wish.COME)
    for actor in there[1:6]:
        answering.answer(work, actor, signs, Wish.COME)
    reasons = (ReasonType.ILLNESS, ReasonType.SUPERIOR, ReasonType.AWAY, ReasonType.FAMILY)
    asked = [
        asking.ask(work, actor, leave, reason, "去省里开会" if reason.needs_text else "")
        for actor, reason in zip((there[0], *there[70:73]), reasons, strict=True)
    ]
    asking.decide(work, office, asked[1].id, "granted", "", "公务")
    asking.decide(work, office, asked[2].id, "refused", "这次请务必参加", "")
    nudging.nudge(work, office, waits)
    own = work.db.get_one(Delegation, (joint, made.county_id))
    named = [_number(work, made, actor) for actor in there[:2]]
    delegations.name(
        work, office, joint, made.county_id, own.version, named, Venue("县政协一楼分会场", "解放路1号", None)
    )


def _number(work: Work, made: County, actor: Actor) -> str:
    seat = select(Membership.number).where(
        Membership.unit_id == made.county_id, Membership.person_id == actor.person_id
    )
    return work.db.scalars(seat).one()


def _moves(work: Work, made: County, meetings: Sequence[int]) -> None:
    """The training is an hour later; some have read what the other one is about."""
    office, (waits, _leave, signs, _joint) = made.organizer(work), meetings
    meeting, hour = work.db.get_one(Meeting, signs), timedelta(hours=1)
    scheduling.reschedule(
        work, office, signs, meeting.version, meeting.opens_at + hour, meeting.closes_at + hour, "教室有课"
    )
    file = files.listed(work, office, materials.KIND, waits, Purpose.MATERIAL)[0].file
    readers = work.db.scalars(
        select(Invitation.person_id).where(Invitation.meeting_id == waits).order_by(Invitation.person_id)
    ).all()
    for person_id in readers[20:45]:
        files.opened(work, actor_of(work, person_id), file.id)


def _task(work: Work, made: County, year: int) -> None:
    """The year's attendance is being written into a sheet."""
    year_export.ask(work, made.administrator(work), year, ZONE.key, "zh_CN", None)
