from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.members.roster_sample import made_up_roster, make_csv, make_sheet
from consult.members.sheet import read_sheet


@settings(max_examples=25)
@given(members=st.integers(1, 120), seed=st.integers(0, 2**32))
def test_made_up_sheet_reads_as_the_roster_it_was_made_from(members, seed):
    sheet = read_sheet(make_sheet(members, seed), "roster.xlsx")
    assert list(sheet.rows) == made_up_roster(members, seed)
    assert sheet.problems == ()


def test_sheet_of_a_county_reads_as_its_roster():
    sheet = read_sheet(make_sheet(250, 1), "roster.xlsx")
    assert list(sheet.rows) == made_up_roster(250, 1)
    assert {over.code for over in sheet.passed_over} == {"above", "heading", "note", "sheet", "column"}


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
def test_made_up_csv_reads_as_the_roster_it_was_made_from(seed, encoding):
    rows = made_up_roster(60, seed)
    assert list(read_sheet(make_csv(rows, encoding), "roster.csv").rows) == rows


def test_same_seed_makes_the_same_people_and_another_makes_others():
    assert made_up_roster(50, 7) == made_up_roster(50, 7)
    assert made_up_roster(50, 7) != made_up_roster(50, 8)


@pytest.mark.parametrize("members", [1, 250, 3000])
def test_made_up_people_are_distinct_and_cannot_be_reached(members):
    rows = made_up_roster(members, 3)
    assert len({row.name for row in rows}) == len({row.number for row in rows}) == members
    assert len({row.phone for row in rows}) == members
    assert all(re.fullmatch(r"1990000\d{4}", row.phone) for row in rows)
    assert all(row.email.endswith("@example.com") for row in rows if row.email)
