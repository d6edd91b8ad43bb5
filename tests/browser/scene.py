"""A province's meeting with the members of three counties, as it stands in its middle."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select, update

from consult.attendance import leases, ledger
from consult.attendance.intervals import Channel
from consult.attendance.models import Lease
from consult.core.store import Work
from consult.discussion import actions
from consult.meetings import moves, scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Expected, Meeting
from consult.meetings.plan import Plan
from consult.members import imports, units
from consult.members.access import CONSOLE, actor_of
from consult.members.models import Level, Membership, Person, Unit
from consult.members.roster_sample import made_up_roster, make_csv
from consult.members.sheet import read_sheet
from consult.rehearsal.history import TERM
from tests.browser.conftest import Year

OTHERS = {"玉泉县政协": 48, "白塔县政协": 36}
SECTORS = ("农业界", "医药卫生界", "经济界", "教育界", "妇联", "工会", "科协", "农工党")
TITLE = "推进城乡供水一体化远程协商"
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
ASKED, ANSWER = 3, "二级保护区划定方案已报市政府，预计十二月上旬批复，批复后一个月内立界标。"
TO_HIDE = 4
OPEN_FOR, LASTS = timedelta(minutes=41), timedelta(hours=2)
PROCESS, LONG = "scene", timedelta(hours=12)


def held_open(year: Year, now: datetime) -> int:
    """The id of a meeting that opened 41 minutes ago and goes on for as long again and more."""
    opens = now.replace(second=0, microsecond=0) - OPEN_FOR
    year.store.write(_counties, year)
    meeting_id = year.store.write_at(opens - timedelta(days=14), _plan, year, opens)
    year.store.write(_go_on, year, meeting_id)
    return meeting_id


def _counties(work: Work, year: Year) -> None:
    above = work.db.get_one(Unit, year.made.city_id)
    for order, (name, members) in enumerate(OTHERS.items(), 1):
        county = units.create(work, name, Level.COUNTY, above)
        roster = [
            replace(row, phone=str(int(row.phone) + order * 1000)) for row in made_up_roster(members, order)
        ]
        sheet = read_sheet(make_csv(roster, "utf-8"), "roster.csv")
        kept = imports.preview(work, CONSOLE, county.id, "roster.csv", sheet)
        imports.apply(work, CONSOLE, kept.id, imports.look(work, CONSOLE, kept.id).mark)
    work.db.execute(update(Membership).values(from_day=(work.now - TERM).date()))
    work.db.execute(update(Person).values(consented_at=work.now - TERM))


def _plan(work: Work, year: Year, opens: datetime) -> int:
    plan = Plan(
        title=TITLE,
        opens_at=opens,
        closes_at=opens + LASTS,
        video_link="https://meeting.example.com/8801",
        audience=Audience(trees=(year.made.province_id,), sectors=SECTORS),
    )
    return scheduling.schedule(work, year.made.administrator(work), year.made.province_id, plan).id


def _go_on(work: Work, year: Year, meeting_id: int) -> None:
    """Three of four come; ten of them speak; the office answers one, pins the answer and hides another."""
    dice = Random(3)
    meeting = work.db.get_one(Meeting, meeting_id)
    office = year.made.administrator(work)
    work.db.add(
        Lease(process=PROCESS, kind=leases.WEB, started_at=work.now - LONG, renewed_at=work.now + LONG)
    )

    def at(minutes: float) -> Work:
        return Work(work.db, meeting.opens_at + timedelta(minutes=minutes), work.events)

    people = work.db.scalars(select(Expected.person_id).where(Expected.meeting_id == meeting_id)).all()
    there = [actor_of(work, person) for person in dice.sample(people, len(people) * 3 // 4)]
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
