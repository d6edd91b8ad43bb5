"""Names are dropped when their time has come, everywhere at once; figures stay; others lose nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import JSON, LargeBinary, String, select

from consult.annual import year as annual
from consult.annual.year import Asked
from consult.attendance.models import Presence, VideoSheet
from consult.config import Settings
from consult.core.store import Base, Store, Work
from consult.invitations.models import LeaveRequest
from consult.meetings.models import Content, Entry
from consult.members.access import CONSOLE
from consult.members.models import AuditEntry, Membership, Person, Role, RoleGrant
from consult.notices.models import Notice
from consult.records import rows as records
from consult.records.figures import MEASURES, by_standing, figure
from consult.reports import facts
from consult.reports.dimensions import Dimension
from consult.reports.scope import Scope
from consult.retention import forgetting
from tests.permissions.scene import Scene
from tests.retention import traced
from tests.retention.decided import DROPPED, STAYS
from tests.retention.traced import NAMESAKE, WORD

NAMELESS = "（已匿名）"
YEARS = 10
ENDED = date(2026, 4, 1)
"""The first day on which the member has no seat any more."""
DUE = datetime(2036, 4, 1, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def end(work: Work, membership_id: int, day: date | None = ENDED) -> None:
    work.db.get_one(Membership, membership_id).to_day = day


def leave(scene: Scene) -> None:
    """The member's seat ends, after everything of the scene."""
    scene.store.write(traced.mark, scene)
    scene.store.write(end, scene.seat)


def nameless(scene: Scene, at: datetime = DUE, years: int = YEARS) -> set[str]:
    """Who has lost his name once the clock has looked at that time, by his name in the scene."""
    while scene.store.write_at(at, forgetting.forget, years, NAMELESS):
        pass
    with scene.store.read() as work:
        gone = set(work.db.scalars(select(Person.id).where(Person.nameless_at.is_not(None))))
    return {name for name, number in scene.ids.items() if number in gone and name in ("member", "fellow")}


def totals(scene: Scene) -> list[Any]:
    """All figures that there are: by each dimension, of each record's measure, of the year's report."""
    told: list[Any] = []
    with scene.store.read(DUE + timedelta(days=1)) as work:
        start, until = (datetime(year, 1, 1, tzinfo=SHANGHAI) for year in (2026, 2027))
        for by in Dimension:
            for unit in (None, scene.city, scene.province):
                scope = Scope(unit, start, until, "Asia/Shanghai")
                told.append(facts.count(work, CONSOLE, scope, (by,), meetings=True).figures)
        kept = records.year_of(work, CONSOLE, scene.city, 2026)
        for measure in MEASURES.values():
            told.append([(one.value, one.people) for one in by_standing(kept, measure).values()])
            told.append((figure(kept, measure).value, figure(kept, measure).people))
        report = annual.report(work, CONSOLE, Asked(scene.province, 2026, True, "Asia/Shanghai"))
        told += [(one.line.key, one.line.series, one.totals, one.people) for one in report.lines]
        of_leave = select(LeaveRequest.reason_type, LeaveRequest.status)
        told.append(Counter(map(tuple, work.db.execute(of_leave))))
        told.append(len(work.db.scalars(select(Presence.id)).all()))
    return told


def test_every_column_of_words_is_decided() -> None:
    words = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String | JSON | LargeBinary)
    }
    stays = [column for columns in STAYS.values() for column in columns.split()]
    assert len(stays) == len(set(stays))
    assert words - DROPPED - set(stays) == set(), "decide on these in tests/retention/decided.py"
    assert (DROPPED | set(stays)) - words == set(), "there are no such columns any more"
    assert DROPPED & set(stays) == set()


def test_what_is_to_be_dropped_is_nowhere_afterwards(scene: Scene) -> None:
    leave(scene)
    with scene.store.read() as work:
        assert traced.found(work) == DROPPED
    assert nameless(scene) == {"member"}
    with scene.store.read() as work:
        assert traced.found(work) == set()
        person = work.db.get_one(Person, scene.member)
        assert (person.name, person.phone, person.account) == (NAMELESS, "", None)
        assert person.disabled_at is not None


def test_all_figures_stay(scene: Scene) -> None:
    leave(scene)
    before = totals(scene)
    assert nameless(scene) == {"member"}
    after = totals(scene)
    assert len(after) == len(before) > 100
    assert [(old, new) for old, new in zip(before, after, strict=True) if old != new] == []


def test_the_log_stays_whole_and_comments_lose_their_author(scene: Scene) -> None:
    leave(scene)
    entries = select(Entry.meeting_id, Entry.seq, Entry.person_id, Entry.content_hash)
    with scene.store.read() as work:
        before = work.db.execute(entries.order_by(Entry.meeting_id, Entry.seq)).all()
    nameless(scene)
    with scene.store.read() as work:
        assert work.db.execute(entries.order_by(Entry.meeting_id, Entry.seq)).all() == before
        said = work.db.get_one(Content, (scene.open, scene.comment))
        assert (said.text, said.name, said.salt) == ("水费太高", NAMELESS, "")


def test_the_trail_says_how_many_and_keeps_a_namesake(scene: Scene) -> None:
    leave(scene)
    nameless(scene)
    with scene.store.read() as work:
        last = work.db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert (last.action, last.details) == ("names.dropped", {"people": 1, "years": YEARS})
        of_record = select(AuditEntry).where(AuditEntry.subject == f"record:{scene.record}")
        changed = work.db.scalars(of_record).first()
        assert changed is not None
        assert changed.details["changed"]["authors"] == [f"{NAMELESS}（100）、fellow", NAMESAKE]


def test_others_lose_nothing(scene: Scene) -> None:
    leave(scene)
    nameless(scene)
    with scene.store.read() as work:
        fellow = work.db.get_one(Person, scene.fellow)
        seat = work.db.get_one(Membership, scene.fellow_seat)
        assert (fellow.name, fellow.account, fellow.disabled_at) == ("fellow", "fellow", None)
        assert seat.number == "101"
    assert WORD not in NAMELESS


@pytest.mark.parametrize(
    ("at", "gone"),
    [
        (datetime(2036, 3, 31, 15, 59, 59, tzinfo=UTC), set()),  # a second before midnight in Shanghai
        (datetime(2036, 3, 31, 16, 0, tzinfo=UTC), {"member"}),
    ],
)
def test_it_is_due_to_the_day_of_the_site(sqlite_scene: Scene, at: datetime, gone: set[str]) -> None:
    sqlite_scene.store._zone = SHANGHAI
    leave(sqlite_scene)
    assert nameless(sqlite_scene, at) == gone


def test_who_has_a_seat_or_a_role_keeps_his_name_though_disabled(sqlite_scene: Scene) -> None:
    scene = sqlite_scene
    leave(scene)

    def role(work: Work) -> None:
        work.db.add(
            RoleGrant(person_id=scene.member, unit_id=scene.city, role=Role.READER, granted_at=work.now)
        )
        work.db.get_one(Person, scene.member).disabled_at = work.now

    scene.store.write(role)
    scene.store.write(lambda work: setattr(work.db.get_one(Person, scene.fellow), "disabled_at", work.now))
    assert nameless(scene) == set()


def test_a_role_counts_until_it_was_taken(sqlite_scene: Scene) -> None:
    scene = sqlite_scene
    leave(scene)

    def taken(work: Work) -> None:
        work.db.add(
            AuditEntry(at=work.now, action="role.revoked", subject=f"person:{scene.member}", details={})
        )

    scene.store.write_at(DUE - timedelta(days=365), taken)
    assert nameless(scene) == set()
    assert nameless(scene, DUE + timedelta(days=365 * 10)) == {"member"}


def test_who_attended_since_keeps_his_name(sqlite_scene: Scene) -> None:
    scene = sqlite_scene
    leave(scene)
    later = DUE - timedelta(days=300)

    def came(work: Work) -> None:
        row = work.db.scalars(select(Presence).where(Presence.person_id == scene.member)).first()
        assert row is not None
        row.seen_at = later

    scene.store.write(came)
    assert nameless(scene) == set()


def test_it_is_done_once(sqlite_scene: Scene) -> None:
    leave(sqlite_scene)
    nameless(sqlite_scene)
    assert sqlite_scene.store.write_at(DUE, forgetting.forget, YEARS, NAMELESS) == 0


def test_notices_and_sheets_go_by_their_age_alone(sqlite_scene: Scene) -> None:
    """Also those of members who are still there: nobody has a use for them after so long."""
    scene = sqlite_scene
    scene.store.write(traced.mark, scene)
    nameless(scene)
    with scene.store.read() as work:
        assert work.db.scalars(select(Notice)).all() == []
        assert [sheet.lines for sheet in work.db.scalars(select(VideoSheet))] == [[], []]
        assert work.db.get_one(Person, scene.member).name == WORD


def test_the_clock_s_errand_drops_many_and_stops_when_told(sqlite_store: Store) -> None:
    long_ago = datetime(2010, 1, 1, tzinfo=UTC)

    def people(work: Work) -> None:
        work.db.add_all([Person(name=f"委员{number}", created_at=long_ago) for number in range(60)])

    def left() -> int:
        with sqlite_store.read() as work:
            return len(work.db.scalars(select(Person.id).where(Person.nameless_at.is_(None))).all())

    sqlite_store.write(people)
    forgetting.run(sqlite_store, Settings(keep_names_years=0), "clock", lambda: False)
    forgetting.run(sqlite_store, Settings(), "clock", lambda: True)
    assert left() == 60
    forgetting.run(sqlite_store, Settings(), "clock", lambda: False)
    assert left() == 0
    with sqlite_store.read() as work:
        assert set(work.db.scalars(select(Person.name))) == {NAMELESS}
