"""A county's 2023 with made-up people, entered as an office would: rosters and sheets imported with their
preview, forms, meetings scheduled, held and settled by their verbs, each at its own time. What must not be
counted is there as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from consult.attendance import ledger, settle
from consult.attendance.intervals import Channel, Ended
from consult.attendance.leases import WEB
from consult.attendance.models import Lease, Settlement
from consult.core.store import Store, Work
from consult.meetings import moves, scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Meeting
from consult.meetings.plan import Plan
from consult.members import accounts, imports, roles, sign_ins, units
from consult.members.access import CONSOLE, Actor, actor_of
from consult.members.models import Level, Membership, Role, Unit
from consult.members.sheet import read_sheet
from consult.records import imports as record_imports
from consult.records import recording
from consult.records.entries import entry_of
from consult.records.kinds import Kind
from consult.records.sheets import read_sheet as read_records
from consult.topics.forms_of_consultation import Form
from tests.annual.sheets_2023 import (
    COUNTY_SHEETS,
    MEMBERS,
    OTHER_SHEETS,
    PARTY,
    Sheet,
    member_number,
    roster,
)  # fmt: skip
from tests.members.sheets import xlsx

TERM_BEGINS = datetime(2022, 1, 5, 1, tzinfo=UTC)
YEAR_END = datetime(2024, 1, 20, 2, tzinfo=UTC)
REPORTED = datetime(2024, 3, 1, 2, tzinfo=UTC)
LASTING = timedelta(hours=2)
PROCESS = "a web process"
REMOTE_TITLES = ("黄河流域生态保护远程协商", "推进乡村振兴远程协商", "优化营商环境远程协商")


@dataclass(frozen=True)
class Tree:
    """The ids of the units, who organizes in each, and who reads the county's figures."""

    store: Store
    units: dict[str, int]
    offices: dict[str, int]
    reader: int

    def actor(self, person_id: int, now: datetime = REPORTED) -> Actor:
        with self.store.read(now) as work:
            return actor_of(work, person_id)

    def office(self, name: str) -> Actor:
        return self.actor(self.offices[name])

    def seats(self, name: str, count: int, start: int = 0) -> list[tuple[int, int]]:
        """So many of the unit's members: membership and person, the CPC's first."""
        with self.store.read(REPORTED) as work:
            found = work.db.execute(
                select(Membership.id, Membership.person_id)
                .where(Membership.unit_id == self.units[name])
                .order_by(Membership.number)
            ).all()
        return [(seat, person) for seat, person in found][start : start + count]


def build(store: Store) -> Tree:
    """Writes the year into an empty database."""
    tree = store.write_at(TERM_BEGINS, _units, store)
    for name, members in (("county", MEMBERS), ("other", 12), ("city", 4), ("province", 4)):
        _import_roster(tree, name, roster(name, members), TERM_BEGINS)
    _import_roster(tree, "county", roster("county", 1, first=900), datetime(2024, 2, 1, tzinfo=UTC))
    store.write_at(TERM_BEGINS + timedelta(days=9), _join_the_platform, tree)
    _hold_meetings(tree)
    for sheet in COUNTY_SHEETS:
        _import_records(tree, "county", sheet)
    _import_records(tree, "county", COUNTY_SHEETS[0])  # the same sheet once more
    for sheet in OTHER_SHEETS:
        _import_records(tree, "other", sheet)
    _write_single_records(tree)
    return tree


def _units(work: Work, store: Store) -> Tree:
    province = units.create(work, "陕北省政协", Level.PROVINCE, None)
    city = units.create(work, "洛川市政协", Level.CITY, province)
    county = units.create(work, "清涧县政协", Level.COUNTY, city)
    other = units.create(work, "白水县政协", Level.COUNTY, city)
    found: dict[str, Unit] = {"province": province, "city": city, "county": county, "other": other}
    offices = {
        name: roles.create_staff(
            work, CONSOLE, unit.id, f"{name}office", f"{unit.name}办公室", Role.ORGANIZER
        ).id
        for name, unit in found.items()
    }
    reader = roles.create_staff(work, CONSOLE, county.id, "leader", "县政协主席", Role.READER).id
    end = YEAR_END + timedelta(days=1)
    work.db.add(Lease(process=PROCESS, kind=WEB, started_at=TERM_BEGINS, renewed_at=end, ended_at=end))
    return Tree(store, {name: unit.id for name, unit in found.items()}, offices, reader)


def _import_roster(tree: Tree, name: str, rows: Sequence[Sequence[object]], now: datetime) -> None:
    store, office = tree.store, tree.office(name)
    sheet = read_sheet(xlsx(*rows), "名册.xlsx")
    kept = store.write_at(now, imports.preview, office, tree.units[name], "名册.xlsx", sheet)
    with store.read(now) as work:
        mark = imports.look(work, office, kept.id).mark
    store.write_at(now, imports.apply, office, kept.id, mark)


def _join_the_platform(work: Work, tree: Tree) -> None:
    """All members but the other county's sign in and agree to what is recorded."""
    for person_id in work.db.scalars(
        select(Membership.person_id).where(Membership.unit_id != tree.units["other"])
    ).all():
        if person_id in _late(work, tree):
            continue
        sign_ins.begin(work, person_id, sign_ins.new_token(), "phone")
        accounts.consent(work, person_id)
    (first,) = work.db.scalars(
        select(Membership.person_id).where(Membership.unit_id == tree.units["other"]).limit(1)
    )
    accounts.consent(work, first)


def _late(work: Work, tree: Tree) -> set[int]:
    """Who has a seat only since the next year."""
    later = select(Membership.person_id).where(Membership.from_day >= date(2024, 1, 1))
    return set(work.db.scalars(later))


def _hold_meetings(tree: Tree) -> None:
    """The meetings held in Consult; those of the province with the county's members."""
    cpc, others = tree.seats("county", PARTY), tree.seats("county", MEMBERS - PARTY, PARTY)
    for number, title in enumerate(REMOTE_TITLES):
        there = [*cpc[:44], *others[:36]]
        absent = others[36:40]
        _hold(tree, "province", title, Form.REMOTE, _at(4 + number, 18), there, looked_in=absent,
              counted_twice=number == 1)  # fmt: skip
    _hold(tree, "province", "省政协委员线上履职培训（第一期）", Form.TRAINING, _at(5, 22), others[:40])
    _hold(tree, "city", "全市水资源保护远程协商", Form.REMOTE, _at(6, 9), cpc[:10])
    ten = [*cpc[:6], *others[:4]]
    _hold(tree, "county", "常委会专题协商：乡村教育", Form.STANDING_COMMITTEE, _at(5, 10), ten)
    _hold(tree, "county", "对口协商：养老服务", Form.COUNTERPART, _at(6, 15), ten)
    _hold(tree, "county", "对口协商：苹果产业", Form.COUNTERPART, _at(7, 13), ten)
    _hold(tree, "county", "提案办理协商：停车难", Form.PROPOSAL_HANDLING, _at(8, 17), ten)
    _hold(tree, "county", "委员活动日（一）", Form.ACTIVITY, _at(9, 5), [*cpc[:30], *others[:20]])
    _hold(tree, "other", "白水县对口协商", Form.COUNTERPART, _at(6, 20), tree.seats("other", 1))
    _call_off(tree)
    _hold(tree, "county", "对口协商：去年的", Form.COUNTERPART, datetime(2023, 12, 31, 17, tzinfo=UTC), ten)


def _call_off(tree: Tree) -> None:
    """One meeting is cancelled, one postponed for good; both had been on the calendar."""
    for verb, day in ((scheduling.cancel, 3), (scheduling.postpone, 4)):
        opens = _at(10, day)
        meeting = _schedule(tree, "county", f"对口协商（{verb.__name__}）", Form.COUNTERPART, opens, [])
        tree.store.write_at(
            opens - timedelta(days=2),
            verb,
            tree.office("county"),
            meeting.id,
            meeting.version,
            "承办单位请求",
        )


def _at(month: int, day: int) -> datetime:
    return datetime(2023, month, day, 1, tzinfo=UTC)


def _schedule(
    tree: Tree, host: str, title: str, form: Form, opens: datetime, people: Sequence[tuple[int, int]]
) -> Meeting:
    audience = Audience(also=tuple(seat for seat, _person in people)) if people else Audience(
        units=(tree.units[host],)
    )  # fmt: skip
    plan = Plan(title=title, opens_at=opens, closes_at=opens + LASTING, form=form, audience=audience)
    return tree.store.write_at(
        opens - timedelta(days=12), scheduling.schedule, tree.office(host), tree.units[host], plan
    )


def _hold(
    tree: Tree, host: str, title: str, form: Form, opens: datetime, there: Sequence[tuple[int, int]], *,
    looked_in: Sequence[tuple[int, int]] = (), counted_twice: bool = False,
) -> None:  # fmt: skip
    """A meeting from its scheduling to its settlement. Who looked in was there for five minutes; if it is
    counted twice, the first counting had one more, who then left early enough to be absent."""
    meeting = _schedule(tree, host, title, form, opens, [*there, *looked_in])
    tree.store.write_at(opens, _attend, meeting.id, opens, there, looked_in, counted_twice)
    tree.store.write_at(opens + LASTING, moves.advance_due)
    tree.store.write_at(opens + LASTING + timedelta(minutes=5), settle.settle_due)


def _attend(
    work: Work,
    meeting_id: int,
    opens: datetime,
    there: Sequence[tuple[int, int]],
    looked_in: Sequence[tuple[int, int]],
    counted_twice: bool,
) -> None:
    def at(minutes: float) -> Work:
        return Work(work.db, opens + timedelta(minutes=minutes), work.events)

    meeting = work.db.get_one(Meeting, meeting_id)
    moves.catch_up(at(-10), meeting)
    moves.catch_up(at(0), meeting)
    for minutes, people in ((LASTING / timedelta(minutes=1), there), (5, looked_in)):
        for _seat, person_id in people:
            presence = ledger.join(
                at(0), actor_of(at(0), person_id), meeting_id, Channel.BROWSER, PROCESS, None
            )
            if presence is not None:
                ledger.leave(at(minutes), presence, opens + timedelta(minutes=minutes), Ended.LEFT)
    if counted_twice:
        settle.settle(at(6), meeting, reason="误结算")  # when those who looked in had been there all the time


def settlements(tree: Tree, title: str) -> int:
    """How often the meeting was counted."""
    with tree.store.read() as work:
        counted = select(Settlement.id).join(Meeting, Meeting.id == Settlement.meeting_id)
        return len(work.db.scalars(counted.where(Meeting.title == title)).all())


def _import_records(tree: Tree, name: str, sheet: Sheet) -> None:
    store, office = tree.store, tree.office(name)
    read = read_records(
        xlsx(sheet.headings, *sheet.rows), "登记表.xlsx", sheet.kind, recording.latest(YEAR_END)
    )
    kept = store.write_at(
        YEAR_END, record_imports.preview, office, tree.units[name], sheet.kind, "登记表.xlsx", read
    )
    with store.read(YEAR_END) as work:
        look = record_imports.look(work, office, kept.id)
    assert not look.rows("wrong"), [one.message() for row in look.rows("wrong") for one in row.problems]
    store.write_at(YEAR_END, record_imports.apply, office, kept.id, look.mark, {})


def _write_single_records(tree: Tree) -> None:
    """What the office types in by itself: one form sent twice, one record that is voided, one of a meeting
    that the province held in Consult."""
    store, office, county = tree.store, tree.office("county"), tree.units["county"]

    def create(kind: Kind, form_key: str | None = None, **texts: str) -> int:
        entry = entry_of(kind, texts, recording.latest(YEAR_END))
        return store.write_at(YEAR_END, recording.create, office, county, entry, form_key).id

    for _again in range(2):
        create(Kind.STUDY, "k" * 24, variety="staff", title="机关干部学习（第九次）", day="2023-12-20")
    for kind, texts in (
        (Kind.STUDY, {"variety": "staff", "title": "误记的学习"}),
        (Kind.BRIEF, {"title": "误记的信息", "authors": member_number("county", 1)}),
        (Kind.CONSULTATION, {"variety": "counterpart", "title": "误记的协商", "more_members": "20"}),
    ):
        wrong = create(kind, day="2023-11-11", **texts)
        store.write_at(YEAR_END, recording.void, office, wrong, 1, "重复登记")
    create(Kind.CONSULTATION, variety="other", title=REMOTE_TITLES[0], day="2023-04-18", host="province",
           more_members="80")  # fmt: skip
