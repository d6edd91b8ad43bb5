"""Who is expected: from what was picked to people, each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from consult.core.errors import Invalid, NotAllowed
from consult.meetings.audience import Audience, Seat, label, named, picked, resolve, seats_on
from consult.members.models import Membership, Unit
from tests.meetings.people import People

DAY = date(2026, 3, 10)


def seat(number: int, name: str, unit: str = "/1/2/", sector: str = "农业界", **given: object) -> Seat:
    person = given.pop("person", number)
    parts = {"committees": (), "post": "", **given}
    ids = [int(part) for part in unit.split("/") if part]
    unit_name = f"单位{ids[-1]}"
    return Seat(number, person, name, f"N{number}", ids[-1], unit, unit_name, sector, **parts)


# A province (1) with a member, counties (2, 3); 艾力 has a seat in county 2 and one in the province.
SEATS = [
    seat(1, "省委员", "/1/"),
    seat(2, "艾力", "/1/", "少数民族界", person=50),
    seat(3, "艾力", "/1/2/", "少数民族界", person=50),
    seat(4, "王伟", sector="农业界", committees=("提案委", "文史委")),
    seat(5, "王伟", sector="教育界", post="县一中校长"),
    seat(6, "张三", "/1/3/", sector="教育界", post="镇中心小学副校长"),
]


@pytest.mark.parametrize(
    ("audience", "members"),
    [
        (Audience(), []),
        (Audience(units=(2,)), [3, 4, 5]),
        (Audience(units=(1,)), [1, 2]),
        (Audience(trees=(1,)), [1, 2, 4, 5, 6]),
        (Audience(units=(1, 2)), [1, 2, 4, 5]),
        (Audience(trees=(1,), sectors=("教育界",)), [5, 6]),
        (Audience(trees=(1,), committees=("文史委",)), [4]),
        (Audience(trees=(1,), posts=("校长",)), [5, 6]),
        (Audience(units=(2,), posts=("校长",)), [5]),
        (Audience(trees=(1,), sectors=("少数民族界",), committees=("提案委",)), [2, 4]),
        (Audience(sectors=("教育界",)), []),
        (Audience(also=(6,)), [6]),
        (Audience(units=(3,), also=(4, 6)), [4, 6]),
        (Audience(units=(2,), minus=(4,)), [3, 5]),
        (Audience(trees=(1,), minus=(3,)), [1, 4, 5, 6]),
        (Audience(also=(4,), minus=(4,)), []),
        (Audience(also=(999,), minus=(998,)), []),
    ],
)
def test_what_was_picked_comes_to_these_people(audience: Audience, members: list[int]) -> None:
    assert sorted(one.membership_id for one in picked(SEATS, audience).seats) == members


def test_nobody_is_counted_twice_and_the_seat_nearest_the_host_counts() -> None:
    found = picked(SEATS, Audience(trees=(1,), minus=(4,)))
    assert len({one.person_id for one in found.seats}) == len(found.seats) == 4
    assert [one.membership_id for one in found.seats if one.person_id == 50] == [2]
    assert (found.further_seats, found.left_out) == (1, 1)


def test_names_are_found_and_ambiguous_ones_asked_about() -> None:
    assert named(SEATS, ["张三", "N4", "王伟（N5）", "张三"], "also") == (6, 4, 5)
    assert named(SEATS, ["艾力"], "also") == (2,)
    for typed, says in (("王伟", "N4"), ("李四", "李四"), ("", "")):
        with pytest.raises(Invalid) as refusal:
            named(SEATS, [typed], "minus")
        assert refusal.value.field == "minus"
        assert says in str(refusal.value)


def test_names_are_written_as_they_are_read() -> None:
    ids = (6, 4, 5, 2)
    assert label(SEATS, (*ids, 999)) == ["张三", "王伟（N4）", "王伟（N5）", "艾力"]
    assert named(SEATS, label(SEATS, ids), "also") == ids


def test_an_audience_is_stored_as_what_was_picked() -> None:
    audience = Audience(units=(1, 2), sectors=("教育界",), minus=(3,))
    assert audience.as_data() == {"units": [1, 2], "sectors": ["教育界"], "minus": [3]}
    assert Audience.from_data(audience.as_data()) == audience
    assert Audience.from_data({}) == Audience()


def test_too_much_picked_one_by_one_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        Audience(also=tuple(range(2001)))
    assert refusal.value.field == "also"


def test_a_province_may_expect_members_of_its_counties(people: People) -> None:
    cast = people.cast
    with people.store.read() as work:
        host = work.db.get_one(Unit, cast.province)
        found = resolve(work, people.actor("province_office"), host, Audience(trees=(host.id,)), DAY)
    assert {one.person_id for one in found.seats} == {
        cast.wang,
        cast.li,
        cast.zhao,
        cast.outsider,
        people.both,
    }
    assert [one.unit_id for one in found.seats if one.person_id == people.both] == [cast.province]
    assert found.further_seats == 1


def test_a_county_never_expects_members_of_elsewhere(people: People) -> None:
    cast = people.cast
    with people.store.read() as work:
        host = work.db.get_one(Unit, cast.county)
        everywhere = Audience(units=(cast.province, cast.other_county), trees=(cast.province,))
        found = resolve(work, people.office, host, everywhere, DAY)
        foreign = resolve(work, people.office, host, Audience(also=(cast.seats[cast.outsider],)), DAY)
    assert {one.unit_id for one in found.seats} == {cast.county}
    assert foreign.seats == ()


@pytest.mark.parametrize("role", ["reader", "wang", "other_office"])
def test_only_the_host_s_office_resolves(people: People, role: str) -> None:
    with people.store.read() as work, pytest.raises(NotAllowed):
        resolve(work, people.actor(role), work.db.get_one(Unit, people.cast.county), Audience(), DAY)


def test_a_seat_counts_from_its_first_day_to_its_last(people: People) -> None:
    seat_id = people.cast.seats[people.cast.wang]

    def last(work: object, first_day: date, after_last: date) -> None:
        row = work.db.get_one(Membership, seat_id)  # type: ignore[attr-defined]
        row.from_day, row.to_day = first_day, after_last

    def lasts_on(day: date) -> bool:
        with people.store.read() as work:
            host = work.db.get_one(Unit, people.cast.county)
            return seat_id in {one.membership_id for one in seats_on(work, host, day)}

    change: Callable[..., None] = last
    people.store.write(change, date(2026, 3, 9), date(2026, 3, 11))
    assert [lasts_on(date(2026, 3, day)) for day in (8, 9, 10, 11)] == [False, True, True, False]
