"""A made-up county with a year behind and ahead of it, and today: a meeting of the province and its three
counties in its middle, one in its lobby."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import func, select, update

from consult.attendance import leases, ledger
from consult.attendance.intervals import Channel
from consult.attendance.models import Lease
from consult.core.store import Store, Work
from consult.discussion import actions
from consult.meetings import conduct, moves, scheduling
from consult.meetings.audience import Audience
from consult.meetings.lifecycle import State
from consult.meetings.models import Expected, Meeting
from consult.meetings.plan import Plan
from consult.members import imports, sign_in_links, units
from consult.members.access import CONSOLE, actor_of
from consult.members.models import Level, Membership, Person, Unit
from consult.members.roster_sample import made_up_roster, make_csv
from consult.members.sheet import read_sheet
from consult.rehearsal import county, history
from consult.rehearsal.county import Account, County
from consult.topics import topics
from consult.topics.forms_of_consultation import Form
from tests.browser import season

MEMBERS, SEED = 120, 1
OTHERS = {"玉泉县政协": 48, "白塔县政协": 36}
SECTORS = ("农业界", "医药卫生界", "经济界", "教育界", "妇联", "工会", "科协", "农工党")
TOPIC, TITLE = "推进城乡供水一体化", "推进城乡供水一体化远程协商"
BACKGROUND = (
    "三县农村集中供水率百分之八十一，管网漏损率百分之二十三。围绕水源保护、管网改造、管护机制和水价，"
    "听取部门情况介绍，协商议政。"
)
DEPARTMENTS = ("省水利厅", "省住房和城乡建设厅", "省财政厅")
SAID = (
    "北片三个乡镇的管网多是二〇〇三年铺的，去年爆管四十多次。建议把主管网改造排进明年的项目计划。",
    "我们村的水质检测结果从来没有公布过。建议每季度在村务公开栏公布一次，大家喝得放心。",
    "夏天用水高峰，三楼以上的住户到晚上十点才有水。",
    "请问水利部门，上河水源地的二级保护区什么时候完成划定？",
    "水价和管护经费要一起算，不然建得起、用不久。",
    "山上散居的有六十多户，铺管网不合算，可以考虑集中供水点加净水设备。",
    "建议县乡村三级各有一支管护队伍，经费列入预算。",
    "停水通知常常不及时，建议提前一天用短信告诉用户。",
    "学校和卫生院应当有备用水源，去年冬天停过两天水。",
    "老旧小区入户接管要交两千多元，困难户交不起，希望有补助。",
)
ANSWER = "二级保护区划定方案已报市政府，预计十二月上旬批复，批复后一个月内立界标。"
OWN = "谢谢答复。立界标时请通知沿线各村，我们去现场看。"
TO_HIDE = 4
OPEN_FOR, LASTS = timedelta(minutes=41), timedelta(hours=2)
PROCESS, LONG = "scene", timedelta(hours=12)


@dataclass(frozen=True)
class Year:
    """The county, its database and where it is served; a meeting that is open, one in its lobby, the last one
    that is settled, one ahead that waits for answers, and a member who is expected at all of them."""

    site: str
    store: Store
    made: County
    open: int
    lobby: int
    past: int
    ahead: int
    member: int

    def account(self, name: str) -> Account:
        return next(one for one in self.made.accounts if one.account == name)

    def link(self) -> str:
        """A new one-time sign-in link of the member's."""
        code = sign_in_links.mint()
        with self.store.read() as work:
            organizer = self.made.organizer(work)
        self.store.write(sign_in_links.make, organizer, [self.member], [code], timedelta(days=1))
        return f"{self.site}/s/{code.text}"


def play(site: str, store: Store, now: datetime) -> Year:
    """Makes all of it in an empty database."""
    made = county.build(store, MEMBERS, SEED)
    history.build(store, made, now, SEED)
    opened = now.replace(second=0, microsecond=0) - OPEN_FOR
    store.write(_counties, made)
    open_ = store.write_at(opened - timedelta(days=14), _plan, made, opened)
    store.write(_go_on, made, open_)
    lobby = store.write(_in_lobby, made)
    with store.read() as work:
        past = _last_settled(work, made)
        member = _expected_at_all(work, [open_, lobby, past])
    store.write(_speaks, member, open_)
    ahead = season.build(store, made, now, member)
    return Year(site, store, made, open_, lobby, past, ahead, member)


def _counties(work: Work, made: County) -> None:
    above = work.db.get_one(Unit, made.city_id)
    for order, (name, members) in enumerate(OTHERS.items(), 1):
        unit = units.create(work, name, Level.COUNTY, above)
        roster = [
            replace(row, phone=str(int(row.phone) + order * 1000)) for row in made_up_roster(members, order)
        ]
        sheet = read_sheet(make_csv(roster, "utf-8"), "roster.csv")
        kept = imports.preview(work, CONSOLE, unit.id, "roster.csv", sheet)
        imports.apply(work, CONSOLE, kept.id, imports.look(work, CONSOLE, kept.id).mark)
    work.db.execute(update(Membership).values(from_day=(work.now - history.TERM).date()))
    work.db.execute(update(Person).values(consented_at=work.now - history.TERM))


def _plan(work: Work, made: County, opens: datetime) -> int:
    host = made.administrator(work)
    matter = topics.matter(TOPIC, BACKGROUND, Form.REMOTE, DEPARTMENTS)
    topic = topics.create(work, host, made.province_id, matter)
    plan = Plan(
        title=TITLE,
        opens_at=opens,
        closes_at=opens + LASTS,
        topic_id=topic.id,
        video_link="https://meeting.example.com/8801",
        audience=Audience(trees=(made.province_id,), sectors=SECTORS),
    )
    return scheduling.schedule(work, host, made.province_id, plan).id


def _go_on(work: Work, made: County, meeting_id: int) -> None:
    """Three of four come, two have leave, ten speak; the office answers, pins its answer, hides a comment."""
    dice = Random(3)
    meeting = work.db.get_one(Meeting, meeting_id)
    office = made.administrator(work)
    work.db.add(
        Lease(process=PROCESS, kind=leases.WEB, started_at=work.now - LONG, renewed_at=work.now + LONG)
    )

    def at(minutes: float) -> Work:
        return replace(work, now=meeting.opens_at + timedelta(minutes=minutes))

    rows = work.db.scalars(select(Expected).where(Expected.meeting_id == meeting_id)).all()
    *coming, one, other = dice.sample(rows, len(rows) * 3 // 4)
    for away in (one, other):
        conduct.excuse(at(-60), office, meeting_id, away.membership_id, "因公出差")
    there = [actor_of(work, row.person_id) for row in coming]
    moves.catch_up(at(-15), meeting)
    for minute, actor in zip(sorted(dice.uniform(-12, 5) for _ in there), there, strict=True):
        ledger.join(at(minute), actor, meeting_id, Channel.BROWSER, PROCESS, None)
    seqs = [
        actions.post(at(6 + order * 3.4), there[order], meeting_id, f"scene-{order:03}", text).seq
        for order, text in enumerate(SAID)
    ]
    answer = actions.post(at(38), office, meeting_id, "scene-answer", ANSWER)
    actions.pin(at(39), office, meeting_id, answer.seq)
    actions.hide(at(39.5), office, meeting_id, seqs[TO_HIDE], "与议题无关")


def _in_lobby(work: Work, made: County) -> int:
    opens = work.now.replace(second=0, microsecond=0) + timedelta(minutes=12)
    plan = Plan(
        title="提升农村养老服务水平专题协商会",
        opens_at=opens,
        closes_at=opens + timedelta(minutes=90),
        video_link="https://meeting.example.com/8802",
        audience=Audience(units=(made.county_id,)),
    )
    return scheduling.schedule(work, made.organizer(work), made.county_id, plan).id


def _speaks(work: Work, person_id: int, meeting_id: int) -> None:
    """A word of the member's own, a minute ago."""
    then = replace(work, now=work.now - timedelta(minutes=1))
    actions.post(then, actor_of(work, person_id), meeting_id, "scene-own", OWN)


def _last_settled(work: Work, made: County) -> int:
    settled = (Meeting.host_id == made.county_id) & (Meeting.state == State.SETTLED)
    return work.db.scalars(select(Meeting.id).where(settled).order_by(Meeting.opens_at.desc()).limit(1)).one()


def _expected_at_all(work: Work, meeting_ids: Sequence[int]) -> int:
    """Somebody who is expected at all of these, without leave."""
    return work.db.scalars(
        select(Expected.person_id)
        .where(Expected.meeting_id.in_(meeting_ids), Expected.excused_at.is_(None))
        .group_by(Expected.person_id)
        .having(func.count() == len(meeting_ids))
        .order_by(Expected.person_id)
        .limit(1)
    ).one()
