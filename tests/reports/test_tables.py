import pytest

from consult.attendance.rules import Figure, Outcome, Tally
from consult.reports.tables import OutcomeRow, behind, by


def row(
    number: int,
    outcome: Outcome,
    *,
    unit: str = "岭川县",
    sector: str = "",
    committees: tuple[str, ...] = (),
    party: str = "",
) -> OutcomeRow:
    return OutcomeRow(
        membership_id=number,
        person_id=number,
        name=f"委员{number}",
        unit=unit,
        sector=sector,
        committees=committees,
        party=party,
        outcome=outcome,
        seconds=0,
        first=None,
        last=None,
        spans=(),
        channels=frozenset(),
        reasons=(),
        excused_reason="",
    )


ROWS = [
    row(1, Outcome.ON_TIME, sector="", committees=("经济委", "文史委"), party="民盟"),
    row(2, Outcome.LATE, sector="农业界", committees=("文史委",)),
    row(3, Outcome.PARTIAL, sector="中共界", committees=("经济委", "经济委"), party="民盟"),
    row(4, Outcome.EXCUSED, sector="农业界"),
    row(5, Outcome.WALK_IN, sector="农业界", unit="江北县"),
    row(6, Outcome.LOOKED_IN, sector="特邀界", unit="江北县"),
]


def test_groups_come_in_the_order_of_the_rows_with_the_nameless_last():
    assert [group.name for group in by(ROWS, "sector")] == ["农业界", "中共界", "特邀界", ""]


def test_groups_have_their_own_figures():
    groups = {group.name: group.tally for group in by(ROWS, "sector")}
    assert groups["农业界"] == Tally.of([Outcome.LATE, Outcome.EXCUSED, Outcome.WALK_IN])
    assert (groups["农业界"].rate, groups["农业界"].attending) == ((1, 2), 2)
    assert groups["特邀界"] == Tally.of([])


def test_a_member_of_two_committees_is_counted_in_each_and_once_in_the_total():
    groups = {group.name: group.tally for group in by(ROWS, "committee")}
    assert list(groups) == ["经济委", "文史委", ""]
    assert (groups["经济委"].expected, groups["文史委"].expected, groups[""].expected) == (2, 2, 1)
    assert Tally.of(one.outcome for one in ROWS).expected == 4


def test_groups_by_unit_and_party():
    assert [(group.name, group.tally.attending) for group in by(ROWS, "unit")] == [
        ("岭川县", 2),
        ("江北县", 1),
    ]
    assert [(group.name, group.tally.expected) for group in by(ROWS, "party")] == [("民盟", 2), ("", 2)]


@pytest.mark.parametrize("grouping", ["unit", "sector", "committee", "party"])
@pytest.mark.parametrize("figure", Figure)
def test_every_printed_number_leads_to_as_many_rows(grouping, figure):
    for group in by(ROWS, grouping):
        assert len(behind(ROWS, figure, (grouping, group.name))) == getattr(group.tally, figure)
    assert len(behind(ROWS, figure)) == getattr(Tally.of(one.outcome for one in ROWS), figure)


def test_rows_behind_a_number_are_those_it_counts():
    assert [one.membership_id for one in behind(ROWS, Figure.ABSENT)] == [3]
    assert [one.membership_id for one in behind(ROWS, Figure.ATTENDING, ("sector", "农业界"))] == [2, 5]
    assert [one.membership_id for one in behind(ROWS, group=("committee", ""))] == [4, 5, 6]
    assert behind(ROWS) == ROWS
