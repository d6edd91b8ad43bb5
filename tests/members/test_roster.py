"""What importing a roster would do to the members that are already there."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from consult.members.roster import FIELDS, Known, Problem, RosterRow, plan
from consult.members.roster_sample import made_up_roster

ZHANG = RosterRow("001", "张三", "男", phone="19900000001", committees=("提案委",), line=4)
LI = RosterRow("002", "李四", "女", phone="19900000002", line=5)


def known(row: RosterRow, membership_id: int, person_id: int | None = None) -> Known:
    return Known(
        membership_id, person_id or membership_id + 100, **{field: getattr(row, field) for field in FIELDS}
    )


def verdicts(planned):
    return [row.verdict for row in planned.rows]


def test_everyone_is_new_in_an_empty_unit():
    planned = plan([ZHANG, LI], [])
    assert verdicts(planned) == ["new", "new"]
    assert [row.row for row in planned.rows] == [ZHANG, LI]
    assert planned.missing == ()


def test_same_roster_again_changes_nothing():
    planned = plan([ZHANG, LI], [known(ZHANG, 1), known(LI, 2)])
    assert verdicts(planned) == ["unchanged", "unchanged"]
    assert [row.membership_id for row in planned.rows] == [1, 2]


def test_changes_are_told_field_by_field():
    row = replace(ZHANG, committees=("提案委", "经济委"), phone="19900000009")
    (planned,) = plan([row], [known(ZHANG, 1)]).rows
    assert planned.verdict == "changed"
    assert planned.changes == {
        "committees": (("提案委",), ("提案委", "经济委")),
        "phone": ("19900000001", "19900000009"),
    }


def test_blank_in_the_sheet_erases_nothing():
    (planned,) = plan([RosterRow("001", "张三")], [known(ZHANG, 1)]).rows
    assert (planned.verdict, planned.changes) == ("unchanged", {})


def test_member_who_is_not_in_the_sheet_is_listed_and_kept():
    planned = plan([ZHANG], [known(ZHANG, 1), known(LI, 2)])
    assert planned.missing == (known(LI, 2),)


def test_row_with_a_problem_is_wrong_and_its_member_is_not_missing():
    problem = Problem(ZHANG.line, "phone", "手机", "not_a_phone", {"text": "x"})
    planned = plan([replace(ZHANG, phone=""), LI], [known(ZHANG, 1)], problems=[problem])
    assert verdicts(planned) == ["wrong", "new"]
    assert planned.rows[0].problems == (problem,)
    assert planned.missing == ()


def test_name_is_corrected_where_the_phone_is_the_same():
    (planned,) = plan([replace(ZHANG, name="张山")], [known(ZHANG, 1)]).rows
    assert (planned.verdict, planned.changes) == ("changed", {"name": ("张三", "张山")})


def test_number_is_not_handed_to_somebody_else():
    for phone in ("", "19900000009"):
        (planned,) = plan([RosterRow("001", "王五", phone=phone, line=4)], [known(ZHANG, 1)]).rows
        assert planned.verdict == "wrong"
        assert planned.problems[0].message().startswith("Row 4, Member number: 001 is the number of 张三.")


def test_two_swapped_numbers_are_wrong():
    rows = [replace(ZHANG, number="002"), replace(LI, number="001")]
    assert verdicts(plan(rows, [known(ZHANG, 1), known(LI, 2)])) == ["wrong", "wrong"]


def test_known_member_under_a_new_number_is_wrong():
    planned = plan([replace(ZHANG, number="101")], [known(ZHANG, 1)])
    assert verdicts(planned) == ["wrong"]
    assert (
        planned.rows[0]
        .problems[0]
        .message()
        .startswith("Row 4, Member number: 张三 with this phone is already here as number 001.")
    )
    assert planned.missing == ()


def test_same_name_without_a_phone_is_somebody_else():
    assert verdicts(plan([RosterRow("101", "张三")], [known(replace(ZHANG, phone=""), 1)])) == ["new"]


def test_same_name_and_phone_in_another_unit_is_proposed_as_the_same_person():
    elsewhere = [known(replace(ZHANG, number="C-9"), 7, person_id=77), known(replace(LI, phone=""), 8)]
    planned = plan([ZHANG, replace(LI, phone="")], [], elsewhere=elsewhere)
    assert verdicts(planned) == ["new", "new"]
    assert [row.same_person for row in planned.rows] == [77, None]


def test_nobody_is_proposed_where_two_people_fit():
    elsewhere = [known(ZHANG, 7), known(ZHANG, 8)]
    assert plan([ZHANG], [], elsewhere=elsewhere).rows[0].same_person is None


def test_person_with_two_other_memberships_is_proposed_once():
    elsewhere = [known(ZHANG, 7, person_id=77), known(ZHANG, 8, person_id=77)]
    assert plan([ZHANG], [], elsewhere=elsewhere).rows[0].same_person == 77


def test_a_member_here_is_not_proposed_again():
    planned = plan([ZHANG], [known(ZHANG, 1, person_id=77)], elsewhere=[known(ZHANG, 7, person_id=77)])
    assert planned.rows[0].same_person is None


@given(st.integers(0, 2**32), st.sets(st.integers(0, 29)), st.sets(st.integers(0, 29)))
def test_every_row_has_one_verdict_and_every_member_one_place(seed, here, listed):
    roster = made_up_roster(30, seed)
    existing = [known(roster[index], index + 1) for index in sorted(here)]
    planned = plan([roster[index] for index in sorted(listed)], existing)
    assert verdicts(planned) == ["unchanged" if index in here else "new" for index in sorted(listed)]
    assert {member.membership_id for member in planned.missing} == {index + 1 for index in here - listed}
