"""A county's published review of 2023, figure by figure, from rows that were entered as an office enters
them; what must not be counted is entered, too (see county_2023.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from consult.annual import printing, year
from consult.annual.counting import Held, Told
from consult.annual.lines import BY_KEY, Column, of_series
from consult.annual.sheets import about
from consult.annual.year import Asked, Report
from consult.core.i18n import in_language
from consult.core.store import Store
from consult.records.rows import Row
from tests.annual.county_2023 import REMOTE_TITLES, REPORTED, Tree, build, settlements

ZONE = "Asia/Shanghai"
FIGURES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "review_2023.json").read_text()
)["figures"]
SERIES = {"outreach_three_entries": "三走进一联系", "outreach_three_deliveries": "三送"}
PRINTED_SHARE, PRINTED_MORE = "{}%以上", "{}余"


def report(tree: Tree, name: str = "county", in_year: int = 2023, *, below: bool = False) -> Report:
    with tree.store.read(REPORTED) as work:
        asked = Asked(tree.units[name], in_year, below, ZONE)
        return year.report(work, tree.office(name), asked)


def line(found: Report, key: str) -> Told:
    """The line of that key of the review."""
    wanted = of_series(SERIES[key]) if key in SERIES else BY_KEY[key]
    (told,) = (one for one in found.lines if (one.line.key, one.line.series) == (wanted.key, wanted.series))
    return told


def check(told: Told, figure: dict[str, Any]) -> None:
    """That the line prints the review's figure, in Chinese."""
    with in_language("zh_CN"):
        attendance = printing.printed(told, Column.TIMES)
        value = printing.printed(told)
    rounded = figure.get("rounded", False)
    wanted = str(figure["value"])
    if told.line.percent:
        wanted = PRINTED_SHARE.format(wanted) if rounded else f"{wanted}%"
    elif rounded and "attendance" not in figure:
        wanted = PRINTED_MORE.format(wanted)
    assert value == wanted
    if "attendance" in figure:
        count = str(figure["attendance"])
        assert attendance == (PRINTED_MORE.format(count) if rounded else count)
    if "public_attendance" in figure:
        assert told.total(Column.PUBLIC).value == figure["public_attendance"]


@pytest.fixture(scope="module")
def county(year_2023: tuple[Tree, Path]) -> Report:
    return report(year_2023[0])


@pytest.mark.parametrize("figure", FIGURES, ids=[one["key"] for one in FIGURES])
def test_the_report_prints_each_figure_of_the_review(county: Report, figure: dict[str, Any]) -> None:
    check(line(county, figure["key"]), figure)


def test_each_line_is_the_sum_of_its_rows(county: Report, tree: Tree) -> None:
    for told in county.lines:
        with tree.store.read(REPORTED) as work:
            asked = Asked(tree.units["county"], 2023, False, ZONE)
            _unit, _day, again = year.line(
                work, tree.office("county"), asked, told.line.key, told.line.series
            )
        assert (again.totals, again.people) == (told.totals, told.people)
        assert list(map(about, again.behind)) == list(map(about, told.behind))
        for column in told.line.columns:
            assert sum(row.of(column).value for row in told.behind) == told.total(column).value


def test_a_meeting_of_the_province_counts_once_for_each(county: Report, tree: Tree) -> None:
    mine, held = line(county, "remote_consultations"), line(report(tree, "province"), "consultation_remote")
    all_of_it = report(tree, "province", below=True)
    assert {row.what.title for row in mine.behind if isinstance(row.what, Held)} == set(REMOTE_TITLES)
    assert (mine.value, held.value) == (3, 3)
    assert line(all_of_it, "consultation_remote").value == 3 + 1  # and the city's
    assert line(all_of_it, "consultation_remote").total(Column.TIMES).value == 240 + 10
    assert line(all_of_it, "remote_consultations").empty
    assert [row.record.title for row in county.twice] == [REMOTE_TITLES[0]]


def test_what_several_units_wrote_down_counts_once_over_all_of_them(county: Report, tree: Tree) -> None:
    over_all = report(tree, "city", below=True)
    alone = report(tree, "other")
    assert line(alone, "training_provincial_online").value == 1
    assert line(over_all, "training_provincial_online").value == 3
    assert line(over_all, "training_provincial_online").total(Column.TIMES).value == 120 + 6
    assert line(over_all, "outreach_three_deliveries").value == 2 + 1
    assert line(over_all, "consultation_counterpart").value == 4 + 1
    assert line(report(tree, "city"), "consultation_remote").value == 1
    assert line(county, "consultations_elsewhere").value == 1


def test_what_must_not_be_counted_is_there(county: Report, tree: Tree) -> None:
    assert settlements(tree, REMOTE_TITLES[1]) == 2
    titles = {
        row.what.record.title for told in county.lines for row in told.behind if isinstance(row.what, Row)
    }
    for title in ("误记的学习", "误记的信息", "上年的学习", "次年的学习", "上年的提案"):
        assert not any(title in one for one in titles), title
    assert line(report(tree, in_year=2024), "consultation_counterpart").value == 1
    assert line(report(tree, in_year=2022), "consultation_counterpart").value == 1


def test_people_are_distinct_beside_person_times(county: Report) -> None:
    remote = line(county, "remote_consultations")
    assert (remote.total(Column.TIMES).value, remote.people) == (240, 80)
    days = line(county, "activity_days")
    assert (days.total(Column.TIMES).value, days.people) == (150, 50 + 16 + 13)


def test_the_year_before_stands_beside_it(county: Report, tree: Tree) -> None:
    later = report(tree, in_year=2024)
    told = line(later, "study_staff_group")
    earlier = later.earlier(told)
    assert earlier is not None
    assert (told.value, earlier.value, printing.difference(told, earlier)) == (1, 9, -8)
    assert county.earlier(line(county, "clinic_brochures")) is None


@pytest.mark.slow
def test_the_same_on_each_kind_of_database(store: Store) -> None:
    found = report(build(store))
    for figure in FIGURES:
        check(line(found, figure["key"]), figure)
