"""One county of everything: whoever may be somewhere in the tree, and one thing of each kind to ask about.

A city (the host) between a province above and a county below, and another city beside it. What the city's
office keeps, what a member of the city has of his own, and a meeting of the province's for which both cities
name participants. Everything is as it is at NOW.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from consult.attendance import corrections, ledger, objections, settle
from consult.attendance.corrections import Wanted
from consult.attendance.intervals import Channel, Ended
from consult.attendance.models import Correction, Presence
from consult.attendance.rules import Outcome as Verdict
from consult.background import links, tasks
from consult.calendars import feeds
from consult.checkins import codes, tickets, venue
from consult.checkins.models import Prompt
from consult.core.store import Base, Store, Work
from consult.discussion import actions
from consult.files import files
from consult.files.models import Purpose
from consult.invitations import asking, standing
from consult.invitations.models import LeaveRequest
from consult.invitations.standing import Invited
from consult.issued import issuing
from consult.issued.issuing import Issued
from consult.issued.subjects import Subject
from consult.meetings import agenda, materials, moves, quiet, scheduling, series
from consult.meetings.agenda import Item
from consult.meetings.audience import Audience
from consult.meetings.models import Delegation, Meeting
from consult.meetings.plan import Plan
from consult.members import charges, imports, sign_in_links, sign_ins, units
from consult.members.access import Actor, actor_of
from consult.members.models import Level, Membership, Person, Role, RoleGrant
from consult.members.sheet import read_sheet
from consult.notices import groups, known
from consult.notices.groups import Draft
from consult.notices.kinds import Kind as NoticeKind
from consult.notices.models import Delivery, DeliveryState, Notice
from consult.notices.robots import RobotKind
from consult.records import imports as record_imports
from consult.records import recording, sheets
from consult.records.kinds import Kind
from consult.register import marking, video_import
from consult.register.video_sheet import Said
from consult.topics import calls, decisions, proposals, topics
from consult.topics.calls import Within
from tests.files.samples import PDF
from tests.members.sheets import HEADINGS, ZHANG, text_table
from tests.records.office import entry
from tests.support.cast import NINE

NOW = NINE
LONG_AGO = NOW - timedelta(days=30)
SECRET = "k" * 40
KEY = b"k" * 32
STAFF = {
    "office": ("city", Role.ORGANIZER),
    "colleague": ("city", Role.ORGANIZER),
    "administrator": ("city", Role.ADMINISTRATOR),
    "reader": ("city", Role.READER),
    "above": ("province", Role.ORGANIZER),
    "below": ("county", Role.ORGANIZER),
    "stranger": ("other", Role.ORGANIZER),
}
MEMBERS = {
    "member": ("city", "农业界"),
    "fellow": ("city", "教育界"),
    "convener": ("city", "农业界"),
    "outsider": ("other", "农业界"),
}
ROLES = ("office", "colleague", "administrator", "reader", "above", "below", "stranger",
         "member", "fellow", "outsider")  # fmt: skip
"""Who is asked about each verb. `office` has made what the city's office has made; its colleague is another
organizer of the city. `member` is he whom a thing of a member's own is about; the fellow sits in the city,
too, and is called to nothing."""


@dataclass
class Scene:
    """The ids of what there is, by name: `scene.meeting`, `scene.topic`, …"""

    store: Store
    ids: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)

    def __getattr__(self, name: str) -> int:
        try:
            found: int = self.__dict__["ids"][name]
        except KeyError:
            raise AttributeError(name) from None
        return found

    def actor(self, role: str) -> Actor:
        """Who that is, with his powers at NOW."""
        if role not in self.actors:
            with self.store.read(NOW) as work:
                self.actors[role] = actor_of(work, self.ids[role])
        return self.actors[role]

    def row(self, table: type[Base], name: str) -> Any:
        """The row of that thing, as whoever looked it up would hand it on."""
        with self.store.read(NOW) as work:
            return work.db.get_one(table, self.ids[name])

    def version(self, table: type[Any], name: str) -> int:
        """The version of that thing as somebody has just read it."""
        found: int = self.row(table, name).version
        return found

    def delegation(self) -> Delegation:
        """The city's delegation to the province's hearing."""
        with self.store.read(NOW) as work:
            return work.db.get_one(Delegation, (self.ids["hearing"], self.ids["city"]))

    def invited(self, meeting: str) -> Invited:
        """How the member stands to the meeting."""
        with self.store.read(NOW) as work:
            return standing.invited_to(work, work.db.get_one(Meeting, self.ids[meeting]), self.ids["member"])

    def look_at_issued(self) -> Issued:
        """The report on the settled meeting that the city's office has issued."""
        with self.store.read(NOW) as work:
            return issuing.look(work, self.actor("office"), self.ids["issued"])


def build(store: Store) -> Scene:
    """Writes all of it into an empty database."""
    scene = Scene(store)
    for minutes, part in ((0, _people), (5, _meetings), (10, _topics), (15, _kept), (20, _told)):
        store.write_at(LONG_AGO + timedelta(minutes=minutes), part, scene)
    _hold(scene)
    store.write_at(NOW - timedelta(minutes=20), _questioned, scene)
    store.write_at(NOW - timedelta(minutes=10), _said, scene)
    store.write_at(NOW - timedelta(minutes=1), _came, scene)
    store.write_at(NOW - timedelta(minutes=1), _issued, scene)
    return scene


def plan(scene: Scene, opens: float, lasts: float = 60, **given: Any) -> Plan:
    """A meeting so many minutes from NOW, to which the member and the convener are called."""
    opens_at = NOW + timedelta(minutes=opens)
    audience = Audience(also=(scene.seat, scene.convener_seat))
    return Plan(**{
        "title": "推进城乡供水一体化", "opens_at": opens_at, "closes_at": opens_at + timedelta(minutes=lasts),
        "audience": audience, "grace_seconds": 3600, **given,
    })  # fmt: skip


def matter(title: str = "农村饮水安全") -> topics.Matter:
    return topics.matter(title=title, background="管网老化", form="remote", departments=[])


def terms(**given: Any) -> calls.Terms:
    return calls.terms(**{
        "title": "征集2027年度协商议题", "text": "", "year": 2027, "within": Within.UNIT,
        "opens_at": NOW - timedelta(days=20), "closes_at": NOW + timedelta(days=10), **given,
    })  # fmt: skip


def _people(work: Work, scene: Scene) -> None:
    province = units.create(work, "岭南省政协", Level.PROVINCE, None)
    city = units.create(work, "清河市政协", Level.CITY, province)
    other = units.create(work, "白塔市政协", Level.CITY, province)
    county = units.create(work, "柳林县政协", Level.COUNTY, city)
    scene.ids |= {"province": province.id, "city": city.id, "other": other.id, "county": county.id}

    def person(name: str) -> int:
        row = Person(
            name=name, account=name, email=f"{name}@example.org", created_at=work.now, consented_at=work.now
        )
        work.db.add(row)
        work.db.flush()
        scene.ids[name] = row.id
        return row.id

    for name, (unit, role) in STAFF.items():
        given = RoleGrant(person_id=person(name), unit_id=scene.ids[unit], role=role, granted_at=work.now)
        work.db.add(given)
        work.db.flush()
        scene.ids[f"{name}_grant"] = given.id
    for number, (name, (unit, sector)) in enumerate(MEMBERS.items()):
        seat = Membership(
            unit_id=scene.ids[unit], person_id=person(name), number=f"10{number}", sector=sector,
            committees=["提案委"], from_day=date(2022, 1, 1),
        )  # fmt: skip
        work.db.add(seat)
        work.db.flush()
        scene.ids[f"{name}_seat"] = seat.id
    scene.ids["seat"] = scene.member_seat


def _meetings(work: Work, scene: Scene) -> None:
    office, above = _actor(work, scene, "office"), _actor(work, scene, "above")
    new = partial(scheduling.schedule, work, office, scene.city)
    day = 24 * 60
    ids = {
        "meeting": new(plan(scene, day - 60)).id,
        "draft": new(plan(scene, 9 * day), draft=True).id,
        "open": new(plan(scene, -30, 120)).id,
        "closed": new(plan(scene, -120, 119)).id,
        "postponed": new(plan(scene, 8 * day)).id,
        "settled": new(plan(scene, -2 * day)).id,
        "asked": new(plan(scene, 3 * day, form="sector")).id,
        "granted": new(plan(scene, 4 * day)).id,
        "hearing": scheduling.schedule(
            work, above, scene.province,
            plan(scene, 5 * day, audience=Audience(naming=(scene.city, scene.other))),
        ).id,
        "inquiry": scheduling.schedule(
            work, above, scene.province, plan(scene, 6 * day, audience=Audience(naming=(scene.city,)))
        ).id,
    }  # fmt: skip
    scene.ids |= ids
    scheduling.postpone(work, office, scene.postponed, 1, "场地未定")
    series.repeat(
        work, office, scene.draft, [date(2026, 3, 26)], draft=True, form_key="series-key-0000001"
    )  # fmt: skip
    opened = NOW - timedelta(days=2)
    work.db.add(
        Presence(
            meeting_id=scene.settled, person_id=scene.member, membership_id=scene.seat, process="",
            channel=Channel.HTTP, joined_at=opened, seen_at=opened, left_at=opened + timedelta(hours=1),
            ended=Ended.LEFT,
        )
    )  # fmt: skip
    scene.ids["item"] = agenda.add(work, office, scene.meeting, 1, Item("发言", "member", 10)).id
    charge = charges.give(work, office, scene.city, "sector", "农业界", "convener")
    scene.ids["charge"] = charge.id
    member = _actor(work, scene, "member")
    scene.ids["request"] = asking.ask(work, member, scene.asked, "illness", "").id
    asking.give(work, office, scene.granted, scene.seat, "住院")


def _topics(work: Work, scene: Scene) -> None:
    office, member = _actor(work, scene, "office"), _actor(work, scene, "member")
    call = calls.create(work, office, scene.city, terms(opens_at=work.now - timedelta(days=1)))
    drafted, planned, held = (topics.create(work, office, scene.city, matter(title)) for title in "甲乙丙")
    proposed = proposals.propose(work, member, call.id, matter("丁"))
    shortlisted = topics.create(work, office, scene.city, matter("戊"))
    decisions.shortlist(work, office, shortlisted.id, 1)
    decisions.take_into_plan(work, office, planned.id, 1, 2026)
    decisions.take_into_plan(work, office, held.id, 1, 2026)
    work.db.get_one(Meeting, scene.settled).topic_id = held.id
    scene.ids |= {
        "call": call.id, "topic": drafted.id, "planned": planned.id, "consulted": held.id,
        "proposed": proposed.id, "shortlisted": shortlisted.id,
    }  # fmt: skip


def _kept(work: Work, scene: Scene) -> None:
    """Files, records, imports, a quiet period, robots, tasks."""
    office = _actor(work, scene, "office")
    sent = files.brought("材料.pdf", PDF, 1)
    scene.ids["material"] = files.add(
        work, office, materials.KIND, scene.meeting, Purpose.MATERIAL, sent, 9
    ).id
    scene.ids["attachment"] = files.add(work, office, "topic", scene.topic, Purpose.ATTACHMENT, sent, 9).id
    said = entry(Kind.PROPOSAL, authors="member", title="改造管网")
    scene.ids["record"] = recording.create(work, office, scene.city, said).id
    voided = recording.create(work, office, scene.city, entry(Kind.PROPOSAL, authors="member", title="旧"))
    scene.ids["voided"] = recording.void(work, office, voided.id, 1, "重复").id
    roster = read_sheet(text_table(HEADINGS, ZHANG), "名单.csv")
    kept = imports.preview(work, office, scene.city, "名单.csv", roster)
    scene.ids["import"], scene.texts["mark"] = kept.id, imports.look(work, office, kept.id).mark
    rows = text_table(("案由", "提交日期", "第一提案人"), ("公交站", "2026-01-17", "member"))
    sheet = sheets.read_sheet(rows, "提案.csv", Kind.PROPOSAL, recording.latest(NOW))
    listed = record_imports.preview(work, office, scene.city, Kind.PROPOSAL, "提案.csv", sheet)
    scene.ids["record_import"] = listed.id
    scene.texts["record_mark"] = record_imports.look(work, office, listed.id).mark
    scene.ids["quiet"] = quiet.add(work, office, scene.city, date(2026, 10, 1), date(2026, 10, 8), "全会").id
    _tasks(work, scene, office)


def _tasks(work: Work, scene: Scene, office: Actor) -> None:
    lasting = timedelta(days=40)
    task = links.ask(work, office, scene.city, [scene.fellow, scene.convener], lasting, "zh_CN", None)
    codes = links.codes_of(SECRET, task, [scene.fellow])
    expires_at = sign_in_links.make(work, office, [scene.fellow], codes, lasting)
    task.done, task.cursor = 1, {"expires_at": expires_at.isoformat()}
    made = tasks.start(work, office, "year", {"year": 2026, "zone": "Asia/Shanghai"})
    tasks.finish(work, made, made=tasks.File("年.xlsx", "application/octet-stream", b"x"))
    scene.ids |= {"task": task.id, "made": made.id}


def _told(work: Work, scene: Scene) -> None:
    """A notice that reached the member, one that failed, a robot, his calendar's address."""
    said = Draft(
        RobotKind.GENERIC, "工作群", "https://example.org/hook", "s" * 20, (NoticeKind.INVITATION,)
    )  # fmt: skip
    scene.ids["robot"] = groups.add(work, _actor(work, scene, "office"), scene.city, said).id
    notice = Notice(
        recipient=f"person:{scene.member}", person_id=scene.member, meeting_id=scene.meeting,
        subject=f"meeting:{scene.meeting}", kind=NoticeKind.INVITATION, version=1,
        data=known.about(work, work.db.get_one(Meeting, scene.meeting)), made_at=work.now,
    )  # fmt: skip
    work.db.add(notice)
    work.db.flush()
    delivery = Delivery(
        notice_id=notice.id, channel="email", state=DeliveryState.FAILED, message_id="x", due_at=work.now
    )  # fmt: skip
    work.db.add(delivery)
    work.db.flush()
    scene.ids |= {"notice": notice.id, "delivery": delivery.id}
    scene.texts["feed"] = feeds.renew(work, _actor(work, scene, "member"))


def _hold(scene: Scene) -> None:
    """What the clock has done by NOW: meetings opened, closed and settled."""
    for ago in (timedelta(days=2), timedelta(days=1), timedelta(0)):
        while scene.store.write_at(NOW - ago, moves.advance_due):
            pass
        scene.store.write_at(NOW - ago, settle.settle_due)


def _questioned(work: Work, scene: Scene) -> None:
    """The member's outcome was put right; the convener objects to his own."""
    office, convener = _actor(work, scene, "office"), _actor(work, scene, "convener")
    wanted = [Wanted(scene.seat, Verdict.LATE)]
    corrections.correct(work, office, scene.settled, wanted, "签到表")
    scene.ids["correction"] = work.db.scalars(select(Correction.id)).one()
    said = objections.lodge(work, convener, scene.settled, "present", "我在分会场", timedelta(days=15))
    scene.ids["objection"] = said.id


def _said(work: Work, scene: Scene) -> None:
    said = actions.post(work, _actor(work, scene, "member"), scene.open, "key-00000001", "水费太高")
    scene.ids["comment"] = said.seq
    hidden = actions.post(work, _actor(work, scene, "member"), scene.open, "key-00000002", "不当言论")
    actions.hide(work, _actor(work, scene, "office"), scene.open, hidden.seq, "与议题无关")
    scene.ids["hidden"] = hidden.seq


def _came(work: Work, scene: Scene) -> None:
    """The member has checked in, holds another ticket and was there on two devices; somebody was noted; two
    sheets were brought."""
    office, member = _actor(work, scene, "office"), _actor(work, scene, "member")
    venue.check_in(work, member, scene.open, Channel.QR, None)
    scene.ids["ticket"] = tickets.scan(work, member, KEY, codes.token(KEY, scene.open, work.now), work.now).id
    question = Prompt(meeting_id=scene.open, number=0, at=work.now, until=work.now + timedelta(minutes=2))
    work.db.add(question)
    work.db.flush()
    scene.ids["prompt"] = question.id
    for device in ("phone", "computer"):
        begun = sign_ins.begin(work, scene.member, sign_ins.new_token(), device)
        row = ledger.join(work, member, scene.open, Channel.BROWSER, "web", begun.id)
        work.db.get_one(Presence, row).joined_at -= timedelta(minutes=5)
    marking.arrive(work, office, scene.open, [scene.convener_seat])
    noted = select(Presence.id).where(Presence.entered_by == office.person_id)
    scene.ids["noted"] = work.db.scalars(noted).one()
    applied = video_import.preview(work, office, scene.open, "上半场.xlsx", Said((), ()))
    video_import.apply(work, office, applied.id, video_import.look(work, office, applied.id).mark, {})
    waiting = video_import.preview(work, office, scene.open, "下半场.xlsx", Said((), ()))
    scene.texts["video_mark"] = video_import.look(work, office, waiting.id).mark
    scene.ids |= {"applied_sheet": applied.id, "video_sheet": waiting.id}


def _actor(work: Work, scene: Scene, role: str) -> Actor:
    return actor_of(work, scene.ids[role])


def request_of(scene: Scene) -> LeaveRequest:
    """The member's request for leave that waits."""
    found: LeaveRequest = scene.row(LeaveRequest, "request")
    return found


def _issued(work: Work, scene: Scene) -> None:
    subject = Subject(meeting_id=scene.settled)
    report = issuing.issue(work, _actor(work, scene, "office"), subject, "Asia/Shanghai", None)
    scene.ids["issued"] = report.id
