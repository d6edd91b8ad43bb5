"""Importing a roster: previewed, then all or nothing, once, and never other than was shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from consult.core.errors import Invalid, Missing, NotNow, Refusal, Stale
from consult.core.store import Store
from consult.members import imports, seats, units
from consult.members.access import CONSOLE
from consult.members.models import AuditEntry, Level, Membership, Person, RosterImport
from consult.members.roster import Problem, RosterRow
from consult.members.roster_sample import made_up_roster, make_sheet
from consult.members.sheet import PassedOver, Sheet
from tests.members.cast import NOON, Cast, acting, at

ZHAO = RosterRow("A001", "赵秀英", phone="13800000001", line=3)  # the cast's member, as she is
NEW = RosterRow("A003", "钱学礼", sector="教育界", committees=("文史委",), phone="13900000003", line=4)


def sheet(*rows: RosterRow, problems: tuple[Problem, ...] = ()) -> Sheet:
    return Sheet(rows, problems, (PassedOver(1, "above", "委员名册"),), {"number": "委员证号"}, "名单")


def uploaded(store: Store, cast: Cast, *rows: RosterRow, by: int = 0, **more: tuple[Problem, ...]) -> int:
    actor = acting(store, by or cast.organizer_a)
    return store.write_at(NOON, imports.preview, actor, cast.a, "roster.xlsx", sheet(*rows, **more)).id


def shown(store: Store, cast: Cast, import_id: int) -> imports.Preview:
    with store.read(NOON) as work:
        return imports.look(work, acting(store, cast.organizer_a), import_id)


def applied(store: Store, cast: Cast, import_id: int, mark: str, *same: int) -> RosterImport:
    return store.write_at(
        NOON, imports.apply, acting(store, cast.organizer_a), import_id, mark, frozenset(same)
    )


def count(store: Store, of: type) -> int:
    with store.read() as work:
        return work.db.scalar(select(func.count()).select_from(of)) or 0


def test_a_preview_shows_what_would_happen_and_does_nothing(store: Store, cast: Cast) -> None:
    before = count(store, Person)
    preview = shown(store, cast, uploaded(store, cast, replace(ZHAO, sector="工会"), NEW))
    assert [(row.row.number, row.verdict) for row in preview.plan.rows] == [
        ("A001", "changed"),
        ("A003", "new"),
    ]
    assert preview.plan.rows[0].changes == {"sector": ("农业界", "工会")}
    assert [one.number for one in preview.plan.missing] == ["A002"]
    assert preview.sheet.passed_over[0].text == "委员名册"
    assert preview.sheet.rows[1] == NEW
    assert count(store, Person) == before


def test_importing_does_what_was_shown(store: Store, cast: Cast) -> None:
    import_id = uploaded(store, cast, replace(ZHAO, sector="工会"), NEW)
    done = applied(store, cast, import_id, shown(store, cast, import_id).mark)
    with store.read() as work:
        new = work.db.scalars(select(Person).where(Person.name == "钱学礼")).one()
        seat = work.db.scalars(select(Membership).where(Membership.person_id == new.id)).one()
        zhao = work.db.get_one(Membership, cast.membership)
    assert (seat.unit_id, seat.number, seat.committees, seat.from_day) == (
        cast.a,
        "A003",
        ["文史委"],
        NOON.date(),
    )
    assert (zhao.sector, zhao.party) == ("工会", "民盟")  # a blank says nothing
    assert done.result == {
        "new": 1,
        "linked": 0,
        "changed": 1,
        "unchanged": 0,
        "missing": 1,
        "people": [new.id],
    }


def test_after_the_import_phone_numbers_are_kept_only_with_their_people(store: Store, cast: Cast) -> None:
    import_id = uploaded(store, cast, NEW)
    done = applied(store, cast, import_id, shown(store, cast, import_id).mark)
    assert done.sheet == {}
    with store.read() as work:
        entry = work.db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.unit_id, entry.by_id) == ("roster.imported", cast.a, cast.organizer_a)
    assert entry.details == {"new": 1, "changed": 0, "unchanged": 0, "linked": 0}


def test_importing_twice_does_nothing_twice(store: Store, cast: Cast) -> None:
    import_id = uploaded(store, cast, NEW)
    mark = shown(store, cast, import_id).mark
    first = applied(store, cast, import_id, mark)
    people, entries = count(store, Person), count(store, AuditEntry)
    assert applied(store, cast, import_id, mark).result == first.result
    assert (count(store, Person), count(store, AuditEntry)) == (people, entries)
    with pytest.raises(NotNow):
        shown(store, cast, import_id)


def test_the_same_sheet_again_changes_nothing(store: Store, cast: Cast) -> None:
    for expected in ("new", "unchanged"):
        import_id = uploaded(store, cast, ZHAO, NEW)
        preview = shown(store, cast, import_id)
        assert preview.plan.rows[1].verdict == expected
        applied(store, cast, import_id, preview.mark)


def test_one_wrong_row_and_nothing_is_imported(store: Store, cast: Cast) -> None:
    problem = Problem(4, "phone", "手机", "not_a_phone", {"text": "12"})
    import_id = uploaded(store, cast, replace(ZHAO, sector="工会"), NEW, problems=(problem,))
    preview = shown(store, cast, import_id)
    assert [str(one.message()) for row in preview.rows("wrong") for one in row.problems] == [
        "Row 4, 手机: “12” is not a phone number."
    ]
    before = count(store, Person)
    with pytest.raises(Invalid):
        applied(store, cast, import_id, preview.mark)
    assert count(store, Person) == before
    with store.read() as work:
        assert work.db.get_one(Membership, cast.membership).sector == "农业界"


def test_a_roster_that_changed_meanwhile_is_shown_again(store: Store, cast: Cast) -> None:
    import_id = uploaded(store, cast, replace(ZHAO, sector="工会"))
    mark = shown(store, cast, import_id).mark

    def somebody_else(work) -> None:  # type: ignore[no-untyped-def]
        work.db.get_one(Membership, cast.membership).sector = "教育界"

    store.write(somebody_else)
    with pytest.raises(Stale):
        applied(store, cast, import_id, mark)
    applied(store, cast, import_id, shown(store, cast, import_id).mark)


def test_a_change_that_bears_on_nothing_in_the_sheet_is_no_hindrance(store: Store, cast: Cast) -> None:
    import_id = uploaded(store, cast, NEW)
    mark = shown(store, cast, import_id).mark

    def somebody_else(work) -> None:  # type: ignore[no-untyped-def]
        work.db.get_one(Membership, cast.membership).sector = "教育界"

    store.write(somebody_else)
    assert applied(store, cast, import_id, mark).applied_at is not None


OUTSIDER = RosterRow("A009", "外县人", phone="13800000003", email="w@example.com", line=5)


def test_a_likely_same_person_is_proposed_and_not_merged(store: Store, cast: Cast) -> None:
    import_id = uploaded(store, cast, OUTSIDER)
    preview = shown(store, cast, import_id)
    assert preview.plan.rows[0].same_person == cast.outsider
    assert preview.elsewhere == {cast.outsider: ["清河县政协"]}
    done = applied(store, cast, import_id, preview.mark)
    assert done.result is not None
    assert (done.result["new"], done.result["linked"]) == (1, 0)
    assert done.result["people"] != [cast.outsider]


def test_ticked_the_same_person_gets_the_seat(store: Store, cast: Cast) -> None:
    import_id = uploaded(store, cast, OUTSIDER)
    before = count(store, Person)
    done = applied(store, cast, import_id, shown(store, cast, import_id).mark, 5)
    assert done.result is not None
    assert (done.result["new"], done.result["linked"], done.result["people"]) == (0, 1, [cast.outsider])
    assert count(store, Person) == before
    with store.read(NOON) as work:
        person = work.db.get_one(Person, cast.outsider)
    assert (person.name, person.email) == ("外县人", "w@example.com")
    assert {one.unit_id for one in acting(store, cast.outsider).seats} == {cast.a, cast.b}


def test_a_line_that_proposes_nobody_cannot_be_ticked(store: Store, cast: Cast) -> None:
    import_id = uploaded(store, cast, NEW)
    mark = shown(store, cast, import_id).mark
    with pytest.raises(Invalid):
        applied(store, cast, import_id, mark, 4)
    with pytest.raises(Invalid):
        applied(store, cast, import_id, mark, 99)


def test_who_left_and_returns_is_proposed_as_the_same_person(store: Store, cast: Cast) -> None:
    organizer = acting(store, cast.organizer_a)
    store.write_at(NOON, seats.end_term, organizer, cast.membership, NOON.date())
    import_id = uploaded(store, cast, ZHAO)
    preview = shown(store, cast, import_id)
    assert (preview.plan.rows[0].verdict, preview.plan.rows[0].same_person) == ("new", cast.member)
    applied(store, cast, import_id, preview.mark, 3)
    assert len(acting(store, cast.member).seats) == 1


@pytest.mark.parametrize("by", ["organizer_b", "reader_a", "member", "outsider"])
def test_a_roster_is_for_the_units_organizers(store: Store, cast: Cast, by: str) -> None:
    actor = acting(store, getattr(cast, by))
    import_id = uploaded(store, cast, NEW)
    mark = shown(store, cast, import_id).mark
    with pytest.raises(Missing):
        store.write(imports.preview, actor, cast.a, "roster.xlsx", sheet(NEW))
    with store.read() as work, pytest.raises(Missing):
        imports.look(work, actor, import_id)
    with pytest.raises(Missing):
        store.write(imports.apply, actor, import_id, mark)


@pytest.mark.parametrize("by", ["city_organizer", "admin_a"])
def test_those_above_and_administrators_may_import_too(store: Store, cast: Cast, by: str) -> None:
    import_id = uploaded(store, cast, NEW, by=getattr(cast, by))
    applied(store, cast, import_id, shown(store, cast, import_id).mark)


def test_an_upload_replaces_ones_own_earlier_one_and_old_ones_are_forgotten(store: Store, cast: Cast) -> None:
    mine = uploaded(store, cast, NEW)
    others = uploaded(store, cast, NEW, by=cast.city_organizer)
    again = uploaded(store, cast, NEW)
    with store.read() as work:
        assert set(work.db.scalars(select(RosterImport.id))) == {others, again} - {mine}
    store.write_at(at(days=8), imports.preview, acting(store, cast.admin_a), cast.a, "x.csv", sheet(NEW))
    assert count(store, RosterImport) == 1


def test_a_whole_sheet_goes_in_from_the_console(store: Store) -> None:
    county = store.write(units.create, "禾川县政协", Level.COUNTY, None)
    done = imports.run(store, CONSOLE, county.id, "../../委员名册.xlsx", make_sheet(60, seed=1))
    assert done.result is not None
    assert done.result["new"] == 60
    expected = {row.number: row for row in made_up_roster(60, seed=1)}
    with store.read() as work:
        for seat, person in work.db.execute(
            select(Membership, Person).join(Person, Person.id == Membership.person_id)
        ):
            row = expected.pop(seat.number)
            assert (person.name, person.phone, seat.sector) == (row.name, row.phone, row.sector)
    assert expected == {}


def test_the_console_is_told_all_that_is_wrong(store: Store, cast: Cast) -> None:
    csv = "委员证号,姓名,手机\nX1,张三,12\nX2,,19900000000\n".encode("gbk")
    with pytest.raises(Refusal) as refused:
        imports.run(store, CONSOLE, cast.a, "名册.csv", csv)
    assert len(str(refused.value).splitlines()) == 2
    assert count(store, Membership) == 4
