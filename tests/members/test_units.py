"""The tree of units, roles in it, staff accounts, and members looked up and edited by their office."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from consult.core.errors import Invalid, Missing, NotAllowed, Refusal, Stale
from consult.core.store import Store
from consult.members import directory, passwords, roles, seats, sign_ins, units
from consult.members.access import Actor
from consult.members.directory import Search
from consult.members.models import AuditEntry, Level, Membership, Person, Role, SignIn
from tests.members.cast import NOON, Cast, acting, at


def last_audit(store: Store) -> AuditEntry:
    with store.read() as work:
        return work.db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def city_admin(store: Store, cast: Cast) -> Actor:
    made = store.write(
        roles.create_admin, "cityadmin", "市管理员", "lanzhou-cha-88", "岭川市政协", Level.CITY
    )
    return acting(store, made.id)


# Units


def test_the_tree_shows_what_is_below_ones_roles(store: Store, cast: Cast) -> None:
    with store.read(NOON) as work:
        city = units.tree(work, acting(store, cast.city_organizer))
        county = units.tree(work, acting(store, cast.admin_a))
        nothing = units.tree(work, acting(store, cast.member))
    assert [(one.unit.id, one.depth, one.members, one.administered) for one in city] == [
        (cast.city, 0, 1, False),
        (cast.a, 1, 2, False),
        (cast.b, 1, 1, False),
    ]
    assert [(one.unit.id, one.depth, one.administered) for one in county] == [(cast.a, 0, True)]
    assert nothing == []


def test_a_unit_is_added_below_ones_own(store: Store, cast: Cast) -> None:
    made = store.write(units.add, city_admin(store, cast), cast.city, "东源县政协", Level.COUNTY)
    assert made.path == f"/{cast.city}/{made.id}/"
    entry = last_audit(store)
    assert (entry.action, entry.unit_id, entry.details) == ("unit.added", made.id, {"name": "东源县政协"})


@pytest.mark.parametrize("level", [Level.CITY, Level.PROVINCE])
def test_a_unit_stands_only_below_a_higher_one(store: Store, cast: Cast, level: Level) -> None:
    with pytest.raises(Invalid) as refused:
        store.write(units.add, city_admin(store, cast), cast.city, "东源市政协", level)
    assert refused.value.field == "level"


def test_two_units_side_by_side_have_two_names(store: Store, cast: Cast) -> None:
    actor = city_admin(store, cast)
    with pytest.raises(Invalid) as refused:
        store.write(units.add, actor, cast.city, "禾川县政协", Level.COUNTY)
    assert refused.value.field == "name"
    with pytest.raises(Invalid):
        store.write(units.rename, actor, cast.b, "禾川县政协")
    assert store.write(units.rename, actor, cast.b, "清河区政协").name == "清河区政协"
    assert last_audit(store).details == {"old": "清河县政协", "new": "清河区政协"}


@pytest.mark.parametrize(
    ("by", "unit", "refusal"),
    [
        ("admin_a", "b", Missing),
        ("admin_a", "city", Missing),
        ("organizer_a", "a", NotAllowed),
        ("city_organizer", "a", NotAllowed),
        ("reader_a", "a", NotAllowed),
        ("member", "a", Missing),
        ("outsider", "a", Missing),
    ],
)
def test_only_a_units_administrators_change_it(
    store: Store, cast: Cast, by: str, unit: str, refusal: type[Refusal]
) -> None:
    actor, unit_id = acting(store, getattr(cast, by)), getattr(cast, unit)
    for change in (
        lambda: store.write(units.add, actor, unit_id, "新单位", Level.COUNTY),
        lambda: store.write(units.rename, actor, unit_id, "新名字"),
        lambda: store.write(roles.create_staff, actor, unit_id, "newstaff", "新人", Role.READER),
        lambda: store.write(roles.grant, actor, unit_id, cast.member, Role.READER),
    ):
        with pytest.raises(refusal):
            change()


# Roles


def test_a_role_is_given_once_and_taken(store: Store, cast: Cast) -> None:
    admin = acting(store, cast.admin_a)
    given = store.write(roles.grant, admin, cast.a, cast.member, Role.READER)
    again = store.write(roles.grant, admin, cast.a, cast.member, Role.READER)
    assert given.id == again.id
    assert acting(store, cast.member).paths(Role.READER)
    store.write(sign_ins.begin, cast.member, "token", "phone")
    assert store.write(roles.revoke, admin, given.id) == cast.a
    assert acting(store, cast.member).roles == ()
    assert last_audit(store).action == "role.revoked"
    with store.read() as work:
        assert work.db.scalars(select(SignIn.ended_at)).one() is not None


def test_an_administrator_below_takes_no_role_from_those_above(store: Store, cast: Cast) -> None:
    with store.read() as work:
        above = roles.staff_of(work, cast.city)[0].grant.id
    for by in (cast.admin_a, cast.organizer_a, cast.city_organizer, cast.outsider):
        with pytest.raises((Missing, NotAllowed)):
            store.write(roles.revoke, acting(store, by), above)


def test_an_administrator_keeps_his_own_role(store: Store, cast: Cast) -> None:
    with store.read() as work:
        own = next(one for one in roles.staff_of(work, cast.a) if one.person.id == cast.admin_a)
    with pytest.raises(NotAllowed):
        store.write(roles.revoke, acting(store, cast.admin_a), own.grant.id)
    store.write(roles.revoke, city_admin(store, cast), own.grant.id)


def test_an_account_name_is_taken_once(store: Store, cast: Cast) -> None:
    admin = acting(store, cast.admin_a)
    store.write(roles.create_staff, admin, cast.a, "chenjing", "陈静", Role.ORGANIZER)
    with pytest.raises(Invalid) as refused:
        store.write(roles.create_staff, admin, cast.a, "chenjing", "陈静", Role.ORGANIZER)
    assert refused.value.field == "account"
    with store.read() as work:
        assert roles.holder_of(work, "chenjing").name == "陈静"
        with pytest.raises(Invalid):
            roles.holder_of(work, "nobody")


def test_the_first_administrator_comes_from_the_console(store: Store) -> None:
    made = store.write(roles.create_admin, "admin1", "管理员", "lanzhou-cha-88", "禾川县政协", Level.COUNTY)
    with store.read() as work:
        assert [one.name for one in units.units_under(work, acting(store, made.id), Role.ADMINISTRATOR)] == [
            "禾川县政协"
        ]
    assert passwords.matches(made.password_hash, "lanzhou-cha-88")
    with pytest.raises(Invalid) as refused:
        store.write(roles.create_admin, "admin2", "管理员", "lanzhou-cha-88", "没有的单位")
    assert refused.value.field == "unit"
    with pytest.raises(Invalid):
        store.write(roles.create_admin, "admin3", "管理员", "admin123", "禾川县政协")


# Members, as their office sees them


def test_private_fields_are_for_the_office_alone(store: Store, cast: Cast) -> None:
    with store.read(NOON) as work:
        seen = directory.members_of(work, acting(store, cast.organizer_a), cast.a)
        read = directory.members_of(work, acting(store, cast.reader_a), cast.a)
    assert [one.number for one in seen] == [one.number for one in read] == ["A001", "A002"]
    assert seen[0].private is not None
    assert (seen[0].private.phone, seen[0].private.party) == ("13800000001", "民盟")
    assert [one.private for one in read] == [None, None]
    assert "138" not in repr(read)
    assert "民盟" not in repr(read)


@pytest.mark.parametrize("by", ["organizer_b", "member", "outsider"])
def test_members_are_not_for_everyone(store: Store, cast: Cast, by: str) -> None:
    actor = acting(store, getattr(cast, by))
    with store.read(NOON) as work:
        with pytest.raises(Missing):
            directory.members_of(work, actor, cast.a)
        with pytest.raises(Missing):
            directory.member(work, actor, cast.membership)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(), ["A001", "A002"]),
        (Search("秀英"), ["A001"]),
        (Search("a00"), ["A001", "A002"]),
        (Search("13800000002"), ["A002"]),
        (Search("提案"), ["A001", "A002"]),
        (Search(sector="农业界"), ["A001"]),
        (Search(committee="文史委", sector="文化艺术界"), ["A002"]),
        (Search(committee="文"), []),
        (Search(account="none"), ["A001", "A002"]),
        (Search(account="active"), []),
        (Search("%"), []),
    ],
)
def test_search_finds(store: Store, cast: Cast, search: Search, found: list[str]) -> None:
    with store.read(NOON) as work:
        members = directory.members_of(work, acting(store, cast.organizer_a), cast.a)
    assert [one.number for one in directory.matching(members, search)] == found


def test_a_reader_finds_nobody_by_phone(store: Store, cast: Cast) -> None:
    with store.read(NOON) as work:
        members = directory.members_of(work, acting(store, cast.reader_a), cast.a)
    assert directory.matching(members, Search("13800000001")) == []
    assert directory.matching(members, Search(account="none")) == []


def edited(store: Store, cast: Cast, by: int, seen: str | None = None, **new: str) -> Membership:
    with store.read() as work:
        seat = work.db.get_one(Membership, cast.membership)
        values = seats.values_of(work.db.get_one(Person, cast.member), seat)
    mark = seen or seats.version_of(values)
    return store.write_at(NOON, seats.edit, acting(store, by), cast.membership, mark, {**values, **new})


def test_a_member_is_edited_by_his_office(store: Store, cast: Cast) -> None:
    edited(store, cast, cast.organizer_a, phone="13911112222", sector="工会")
    with store.read() as work:
        assert work.db.get_one(Person, cast.member).phone == "13911112222"
        assert work.db.get_one(Membership, cast.membership).sector == "工会"
    entry = last_audit(store)
    assert (entry.action, entry.by_id) == ("member.edited", cast.organizer_a)
    assert entry.details == {"fields": ["phone", "sector"]}  # and no phone number


def test_an_edit_of_what_has_changed_meanwhile_is_refused(store: Store, cast: Cast) -> None:
    with store.read() as work:
        seat = work.db.get_one(Membership, cast.membership)
        before = seats.version_of(seats.values_of(work.db.get_one(Person, cast.member), seat))
    edited(store, cast, cast.organizer_a, post="校长")
    with pytest.raises(Stale):
        edited(store, cast, cast.city_organizer, seen=before, post="局长")


def test_a_number_belongs_to_one_member(store: Store, cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        edited(store, cast, cast.organizer_a, number="A002")
    assert refused.value.field == "number"
    assert edited(store, cast, cast.organizer_a, number="A099").number == "A099"


@pytest.mark.parametrize(
    ("by", "refusal"), [("organizer_b", Missing), ("reader_a", NotAllowed), ("member", Missing)]
)
def test_who_may_not_edit(store: Store, cast: Cast, by: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        edited(store, cast, getattr(cast, by), post="校长")
    with pytest.raises(refusal):
        store.write(seats.end_term, acting(store, getattr(cast, by)), cast.membership, date(2026, 3, 2))


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("phone", "12"), ("phone", "x" * 9999), ("name", ""), ("name", "<b>"), ("name", "\u200b"),
        ("name", "#REF!"), ("sex", "?"), ("number", ""), ("number", "二零二四"), ("number", "1.38E+10"),
        ("number", "2024/1/1"), ("email", "nobody"), ("post", "长" * 121), ("sector", "界" * 41),
        ("committees", "委" * 41),
    ],
)  # fmt: skip
def test_a_field_that_makes_no_sense_is_refused_by_name(field: str, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        seats.parse(field, typed)
    assert refused.value.field == field


def test_fields_are_read_as_in_a_sheet() -> None:
    assert seats.parse("name", "赵　秀英") == "赵秀英"
    assert seats.parse("phone", "138-0000 0001") == "13800000001"
    assert seats.parse("committees", "提案委、文史委") == ("提案委", "文史委")
    assert seats.parse("post", "") == ""


def test_the_end_of_a_term_frees_the_number_and_signs_out(store: Store, cast: Cast) -> None:
    store.write_at(NOON, sign_ins.begin, cast.member, "token", "phone")
    organizer = acting(store, cast.organizer_a)
    with pytest.raises(Invalid):
        store.write_at(at(days=9), seats.end_term, organizer, cast.membership, date(2026, 3, 1))
    store.write_at(at(days=9), seats.end_term, organizer, cast.membership, date(2026, 3, 11))
    with store.read(at(days=9)) as work:
        assert [one.number for one in directory.members_of(work, organizer, cast.a)] == ["A002"]
        assert work.db.scalars(select(SignIn.ended_at)).one() is not None
        assert directory.member(work, organizer, cast.membership)[0].to_day == date(2026, 3, 11)

    def succeed(work) -> None:  # type: ignore[no-untyped-def]
        values = dict.fromkeys((*seats.OF_THE_PERSON, *seats.OF_THE_SEAT), "")
        new = {**values, "committees": (), "number": "A001", "name": "新委员"}
        seats.create(work, seats.lock(work, cast.a), new)

    store.write_at(at(days=9), succeed)
    with store.read(at(days=9)) as work:
        members = directory.members_of(work, organizer, cast.a)
    assert [(one.number, one.name) for one in members] == [("A001", "新委员"), ("A002", "买买提·艾力")]


def test_a_term_that_ends_later_lasts_until_then(store: Store, cast: Cast) -> None:
    store.write_at(NOON, sign_ins.begin, cast.member, "token", "phone")
    organizer = acting(store, cast.organizer_a)
    store.write_at(NOON, seats.end_term, organizer, cast.membership, date(2026, 3, 4))
    with store.read(at(days=1)) as work:
        assert len(directory.members_of(work, organizer, cast.a)) == 2
        assert work.db.scalars(select(SignIn.ended_at)).one() is None
    with store.read(at(days=2)) as work:
        assert len(directory.members_of(work, organizer, cast.a)) == 1
