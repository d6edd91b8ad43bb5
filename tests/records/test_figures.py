"""Figures are sums of their rows, agree with a naive recount, and count nothing twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.members.models import Level, Unit
from consult.members.parties import Standing, standing
from consult.records import figures
from consult.records.entries import Count
from consult.records.figures import MEASURES, NON_PARTY_SHARES, RATES, Counted, Measure
from consult.records.kinds import KINDS, OCCASIONS, RATINGS, Kind, Role, What
from consult.records.models import Record
from consult.records.rows import Row, Taker
from tests.support.cast import NINE

PARTIES = ("中共党员", "民盟盟员", "群众", "")
COUNTY = Unit(id=1, name="清河县政协", level=Level.COUNTY)
CITY = Unit(id=2, name="岭川市政协", level=Level.CITY)
_ids = count(1)


def taker(person: int, role: Role = Role.TOOK_PART, party: str = "群众") -> Taker:
    if role == Role.STAFF:
        return Taker(role, None, None, f"干部{person}", "", "", (), "")
    return Taker(role, person, person, f"委员{person}", str(person), "农业界", (), party)


def row(
    kind: Kind,
    *people: Taker,
    counts: Mapping[str, Count] | None = None,
    unit: Unit = COUNTY,
    **given: object,
) -> Row:
    values = {
        "variety": "", "day": date(2026, 3, 5), "title": "一", "host": "", "series": "", "occasion": "",
        "filed": None, "departments": [], "rating": "", "adopted": "", "instruction": "", "year": 2026,
        "number": "",
    }  # fmt: skip
    record = Record(id=next(_ids), unit_id=unit.id, kind=kind, version=1, **{**values, **given})
    return Row(record, unit, people, counts or {})


@st.composite
def records(draw: st.DrawFn) -> Row:
    kind = draw(st.sampled_from(list(Kind)))
    contribution = KINDS[kind].contribution
    roles = (Role.AUTHOR, Role.STAFF) if contribution else (Role.LED, Role.TOOK_PART, Role.STAFF)
    ids = draw(st.lists(st.integers(1, 6), unique=True, max_size=4))
    people = [taker(one, draw(st.sampled_from(roles)), PARTIES[one % 4]) for one in ids]
    numbers = st.builds(Count, st.integers(0, 50), st.booleans())
    counts = draw(st.dictionaries(st.sampled_from([what.value for what in What]), numbers))
    day = st.dates(date(2026, 1, 1), date(2026, 12, 31))
    return row(
        kind, *people, counts=counts, title=f"第{next(_ids)}件",
        variety=draw(st.sampled_from(list(KINDS[kind].varieties) or [""])),
        occasion=draw(st.sampled_from(list(OCCASIONS))) if kind == Kind.SPEECH else "",
        filed=draw(st.sampled_from([None, True, False])), met_on=draw(st.none() | day),
        replied_on=draw(st.none() | day), rating=draw(st.sampled_from(["", *RATINGS])),
        departments=draw(st.sampled_from([[], ["县水利局"]])),
        adopted=draw(st.sampled_from(["", "county", "province"])),
        voided_at=draw(st.none() | st.just(NINE)), host=draw(st.sampled_from(["", "province"])),
    )  # fmt: skip


def recounted(rows: list[Row], measure: Measure, of: Standing | None) -> int:
    """The same figure, counted the long way, one person and one record after the other."""
    total = 0
    for one in rows:
        if one.record.voided_at is not None or one.kind not in measure.kinds or not measure.where(one.record):
            continue
        if measure.counted == Counted.ITEMS:
            party = Standing.UNKNOWN
            for person in one.people:
                if person.role == Role.AUTHOR:
                    party = standing(person.party)
                    break
            total += 1 if of is None or party == of else 0
        elif measure.counted == Counted.HEADS:
            total += 0 if of or measure.what not in one.counts else one.counts[measure.what].value
        else:
            staff = measure.counted == Counted.STAFF
            for person in one.people:
                if (person.role == Role.STAFF) == staff and (of is None or standing(person.party) == of):
                    total += 1
            more = one.counts.get("more_staff" if staff else "more_members", Count(0))
            total += more.value if of in (None, Standing.UNKNOWN) else 0
    return total


@given(st.lists(records(), max_size=12))
def test_figures_agree_with_a_naive_recount(rows: list[Row]) -> None:
    for measure in MEASURES.values():
        whole = figures.figure(rows, measure)
        split = figures.by_standing(rows, measure)
        assert whole.value == recounted(rows, measure, None) == sum(part.value for part in whole.parts)
        assert {of: one.value for of, one in split.items()} == {
            of: recounted(rows, measure, of) for of in split
        }
        if measure.counted != Counted.HEADS:
            assert sum(one.value for one in split.values()) == whole.value
        assert len({part.row.record.id for part in whole.parts}) == len(whole.parts)
        assert whole.people <= sum(len(part.people) for part in whole.parts)
    rates = [figures.rate(rows, key) for key in RATES]
    for rate in [*rates, *(figures.non_party_share(rows, key) for key in NON_PARTY_SHARES)]:
        ids = {part.row.record.id for part in rate.whole.parts}
        assert {part.row.record.id for part in rate.part.parts} <= ids
        assert rate.share is None if not rate.whole.value else 0 <= rate.share <= 1
    assert sum(one.value for one in figures.by_kind(rows).values()) == sum(
        one.record.voided_at is None for one in rows
    )


def test_joint_authors_count_an_item_once_with_the_first_ones_party() -> None:
    rows = [
        row(Kind.PROPOSAL, taker(1, Role.AUTHOR, "民盟盟员"), taker(2, Role.AUTHOR, "中共党员"), filed=True),
        row(Kind.PROPOSAL, taker(2, Role.AUTHOR, "中共党员"), taker(3, Role.AUTHOR, "群众"), filed=True),
        row(Kind.PROPOSAL, taker(9, Role.STAFF), filed=True),
    ]
    assert figures.figure(rows, MEASURES["proposals_filed"]).value == 3
    share = figures.non_party_share(rows, "non_party_share_proposals")
    assert (share.part.value, share.whole.value, share.share) == (1, 3, Fraction(1, 3))


def test_nothing_to_divide_by_is_no_rate() -> None:
    assert figures.rate([], "proposals_met_rate").share is None


def test_more_than_is_kept_and_said() -> None:
    rows = [row(Kind.VISIT, counts={"visited": one}) for one in (Count(86), Count(130, at_least=True))]
    figure = figures.figure(rows, MEASURES["people_visited"])
    assert (figure.value, figure.at_least, str(figure)) == (216, True, "216+")
    assert str(figures.figure(rows[:1], MEASURES["people_visited"])) == "86"


def test_person_times_and_people_are_told_apart() -> None:
    rows = [
        row(Kind.ACTIVITY_DAY, taker(1), taker(2)),
        row(Kind.ACTIVITY_DAY, taker(1), day=date(2026, 4, 1)),
    ]
    figure = figures.figure(rows, MEASURES["activity_days_members"])
    assert (figure.value, figure.people) == (3, 2)


def test_an_event_from_above_counts_once_over_several_units() -> None:
    other = Unit(id=3, name="白塔县政协", level=Level.COUNTY)
    above = {"variety": "online", "host": "city", "title": "线上培训"}
    county = row(Kind.TRAINING, taker(1), taker(2), **above)
    neighbour = row(Kind.TRAINING, taker(3), unit=other, **{**above, "title": "线上 培训"})
    held = row(Kind.TRAINING, taker(2), taker(4), unit=CITY, **{**above, "host": ""})
    batches, members = MEASURES["training_online"], MEASURES["training_online_members"]
    for rows, expected in (
        ([county], (1, 2)),
        ([county, neighbour], (1, 3)),
        ([county, neighbour, held], (1, 4)),
        ([held, neighbour, county], (1, 4)),
        (
            [
                county,
                replace(neighbour, record=row(Kind.TRAINING, **{**above, "day": date(2026, 3, 6)}).record),
            ],
            (2, 3),
        ),
    ):
        assert (figures.figure(rows, batches).value, figures.figure(rows, members).value) == expected
    own = [row(Kind.ACTIVITY_DAY, taker(1), unit=unit) for unit in (COUNTY, other)]
    assert figures.figure(own, MEASURES["activity_days"]).value == 2


def test_outreach_is_told_by_its_series() -> None:
    rows = [row(Kind.OUTREACH, series=name) for name in ("三送", "三走进一联系", "三送", "")]
    assert {name: one.value for name, one in figures.by_series(rows).items()} == {
        "三送": 2,
        "三走进一联系": 1,
    }


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        ("中共党员", Standing.PARTY),
        ("中国共产党", Standing.PARTY),
        ("中共预备党员", Standing.PARTY),
        ("党员", Standing.PARTY),
        ("CPC", Standing.PARTY),
        ("中共党员、民盟盟员", Standing.PARTY),
        ("民盟盟员", Standing.NON_PARTY),
        ("民革党员", Standing.NON_PARTY),
        ("农工党党员", Standing.NON_PARTY),
        ("致公党党员", Standing.NON_PARTY),
        ("无党派人士", Standing.NON_PARTY),
        ("群众", Standing.NON_PARTY),
        ("非中共党员", Standing.NON_PARTY),
        ("党外人士", Standing.NON_PARTY),
        ("非 CPC", Standing.NON_PARTY),
        ("九三学社社员", Standing.NON_PARTY),
        (" ", Standing.UNKNOWN),
    ],
)
def test_parties_are_told_apart(party: str, expected: Standing) -> None:
    assert standing(party) == expected
