"""The pages of figures: who may open them, that their figures lead to as many rows, and their files."""

from __future__ import annotations

import io
import re
from html import unescape

import openpyxl
import pytest
from sqlalchemy import update

from consult.core.store import Store, Work
from consult.members.models import Person
from consult.reports.dimensions import DIMENSIONS, Dimension
from consult.reports.measures import CROSSED
from tests.reports.settled import held_meeting, staff
from tests.support.cast import Cast, cast
from tests.support.visitor import Enter

YEAR = "from=2026-01-01&to=2026-12-31"
PAGES = (
    "cross",
    "cross?rows=committee&columns=month",
    "rows",
    "rows?figure=people",
    "rows?figure=attended",
    "members",
)


@pytest.fixture
def people(sqlite_store: Store) -> Cast:
    found = cast(sqlite_store)
    held_meeting(found, {found.wang: (0, 60), found.li: (12, 60)}, excused=found.zhao)
    held_meeting(found, {found.wang: (0, 60)}, days=40, host=found.province)
    return found


def address(page: str, **more: object) -> str:
    said = "&".join([YEAR, *(f"{name}={value}" for name, value in more.items())])
    return f"/reports/{page}{'&' if '?' in page else '?'}{said}"


@pytest.mark.parametrize("page", PAGES)
def test_an_office_opens_its_own_and_nobody_elses(people: Cast, enter: Enter, page: str) -> None:
    office = enter(people.office)
    assert office.get(address(page)).status_code == 200
    for unit in (people.province, people.other_county, 999):
        assert office.get(address(page, unit=unit)).status_code == 404
    stranger = enter(staff(people, people.other_county).person_id)
    assert stranger.get(address(page, unit=people.county)).status_code == 404
    assert enter(people.wang).get(address(page)).status_code == 404


@pytest.mark.parametrize("dimension", [one for one in Dimension if one not in ("meeting", "member")])
def test_each_figure_of_a_table_leads_to_as_many_rows(
    people: Cast, enter: Enter, dimension: Dimension
) -> None:
    office = enter(people.office)
    page = office.get(address("cross", rows=dimension.value)).text
    doors = re.findall(r'<a href="(/reports/rows\?[^"]+)">([0-9]+)</a>', page)
    assert doors
    for door, number in dict.fromkeys(doors):
        rows = office.get(unescape(door)).text
        counted = re.search(r'<h1>.*<span class="num">([^<]*)</span></h1>', rows)
        assert counted is not None
        assert counted[1].split()[-1] == number, door


@pytest.mark.parametrize("figure", CROSSED)
def test_any_two_are_crossed_for_any_figure(people: Cast, enter: Enter, figure: str) -> None:
    office = enter(people.office)
    for rows in DIMENSIONS:
        page = office.get(address("cross", rows=rows.value, columns="form", figure=figure))
        assert page.status_code == (400 if rows == "form" else 200)


@pytest.mark.parametrize(
    "wrong",
    ["rows=x", "figure=x", "columns=x", "from=x", "from=2026-02-30", "to=1999-01-01", "to=2025-01-01",
     "meeting=x", "to=2090-01-01", "unit=x&member=99999999999999999999", "half=x"],
)  # fmt: skip
def test_what_can_not_be_asked_is_refused(people: Cast, enter: Enter, wrong: str) -> None:
    asked = f"from=2026-01-01&{wrong}"
    for page in ("cross", "rows", "cross.csv", "rows.xlsx", "members"):
        assert enter(people.office).get(f"/reports/{page}?{asked}").status_code in (200, 400)


def test_sheets_hold_the_rows_with_formulas_inert_and_a_mark_for_excel(people: Cast, enter: Enter) -> None:
    def rename(work: Work) -> None:
        work.db.execute(update(Person).where(Person.id == people.wang).values(name="=1+1"))

    people.store.write(rename)
    held_meeting(people, {people.wang: (0, 60)}, days=80)
    office = enter(people.office)
    sent = office.get(address("rows.csv", figure="times")).data
    assert sent.startswith(b"\xef\xbb\xbf")
    assert len(sent.decode("utf-8-sig").splitlines()) == 1 + 4
    assert "'=1+1" in sent.decode()
    book = openpyxl.load_workbook(io.BytesIO(office.get(address("rows.xlsx", figure="times")).data))
    page = book.worksheets[0]
    assert page.max_row == 1 + 4
    assert all(cell.data_type != "f" for row in page.rows for cell in row)
    for name in ("cross", "cross?columns=month", "members"):
        path, _, query = name.partition("?")
        for form in ("csv", "xlsx"):
            assert office.get(address(f"{path}.{form}?{query}")).status_code == 200


def test_a_duty_file_is_for_the_unit_that_has_the_member_and_for_himself(people: Cast, enter: Enter) -> None:
    path = f"members/{people.wang}"
    assert "100.0%" in enter(people.office).get(address(path)).text
    assert enter(people.office).get(address(f"members/{people.outsider}")).status_code == 404
    stranger = enter(staff(people, people.other_county).person_id)
    assert stranger.get(address(path)).status_code == 404
    own = enter(people.wang).get("/my/duty?year=2026")
    assert own.status_code == 200
    assert own.text.count("推进城乡供水一体化") == 2
    assert enter(people.wang).get("/my/duty?year=1999").status_code == 400
    assert enter(people.office).get("/my/duty").status_code == 404
