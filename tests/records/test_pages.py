"""The pages of records: what they show to whom, and that every figure opens rows that add up to it."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select

from consult.core import clock
from consult.records import recording
from consult.records.kinds import KINDS, Kind
from consult.records.models import Record, RecordImport
from consult.records.sheets import read_sheet
from tests.members.sheets import text_table, xlsx
from tests.records.office import Office, entry
from tests.support.cast import NINE
from tests.support.visitor import Enter

YESTERDAY = (clock.now() - timedelta(days=1)).date()


def fields(kind: Kind, **given: str) -> dict[str, object]:
    right = {"title": "一件事", "day": YESTERDAY.isoformat(), "form_key": "k" * 24, "authors": "王秀兰"}
    right["variety"] = next(iter(KINDS[kind].varieties), "")
    return {**right, **given}


def made(office: Office) -> Record | None:
    with office.store.read() as work:
        return work.db.scalars(select(Record)).first()


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_has_a_form_that_keeps_what_is_typed(
    kind: Kind, sqlite_office: Office, enter: Enter
) -> None:
    visitor = enter(sqlite_office.people.cast.office)
    page = visitor.get(f"/records/new/{kind}").text
    assert all(f'name="{field}"' in page for field in KINDS[kind].fields)
    answer = visitor.post(f"/records/new/{kind}?unit={sqlite_office.county}", fields(kind))
    assert answer.status_code == 302, answer.text
    kept = visitor.form(f"{answer.location}/edit")
    assert kept["title"] == ["一件事"]
    again = visitor.post(f"{answer.location}/edit", {**kept, "note": "后来补记"})
    assert again.status_code == 302
    assert "后来补记" in visitor.get(answer.location).text


def test_the_list_goes_out_as_a_sheet_that_can_be_imported_again(sqlite_office: Office, enter: Enter) -> None:
    sqlite_office.write(Kind.PROPOSAL, title="=修路", number="7", joint="李建国", filed="yes")
    sqlite_office.write(Kind.VISIT, title="走访", visited="30+")
    visitor = enter(sqlite_office.people.cast.office)
    sheet = load_workbook(io.BytesIO(visitor.get("/records.xlsx?year=2026").data)).worksheets[0]
    assert [row[0].value for row in sheet.rows] == ["Kind", "Visit", "Proposal"]
    body = visitor.get("/records.csv?year=2026&kind=proposal")
    assert body.data.startswith(b"\xef\xbb\xbf")
    assert "'=修路" in body.text
    again = read_sheet(body.data, "表.csv", Kind.PROPOSAL, recording.latest(NINE))
    assert again.rows[0].texts["filed"] == "yes"
    assert (
        enter(sqlite_office.people.other_office).get(f"/records.csv?unit={sqlite_office.county}").status_code
        == 404
    )


def test_a_refusal_stands_at_its_field_and_what_was_typed_stays(sqlite_office: Office, enter: Enter) -> None:
    visitor = enter(sqlite_office.people.cast.office)
    for given, says in (
        ({"members": "王伟"}, "王伟（1001）、王伟（1002）"),
        ({"day": "31/31"}, "is not a date"),
        ({"visited": "<b>"}, "is not a number"),
    ):
        answer = visitor.post("/records/new/visit", fields(Kind.VISIT, **{"place": "城关镇", **given}))
        assert answer.status_code == 400
        assert says in answer.text
        assert "城关镇" in answer.text
        assert "“<b>”" not in answer.text
    assert made(sqlite_office) is None


def test_who_saves_second_sees_what_the_first_changed(sqlite_office: Office, enter: Enter) -> None:
    record = sqlite_office.write(Kind.VISIT, visited="200+")
    visitor = enter(sqlite_office.people.cast.office)
    typed = visitor.form(f"/records/{record.id}/edit")
    sqlite_office.store.write(
        recording.edit, sqlite_office.actor(), record.id, 1, entry(Kind.VISIT, visited="226")
    )
    answer = visitor.post(f"/records/{record.id}/edit", {**typed, "note": "我的话"})
    assert answer.status_code == 409
    assert "Kept now: 226" in answer.text
    assert "我的话" in answer.text
    assert visitor.post(f"/records/{record.id}/edit", {**typed, "version": "2"}).status_code == 302


def test_a_record_is_voided_with_a_reason_and_restored(sqlite_office: Office, enter: Enter) -> None:
    record = sqlite_office.write(Kind.VISIT, title="走访困难户")
    visitor = enter(sqlite_office.people.cast.office)
    assert visitor.post(f"/records/{record.id}/void", {"version": "1", "reason": ""}).status_code == 400
    assert (
        visitor.post(f"/records/{record.id}/void", {"version": "1", "reason": "重复登记"}).status_code == 302
    )
    year = f"/records?year=2026&unit={sqlite_office.county}"
    assert "走访困难户" not in visitor.get(year).text
    assert "走访困难户" in visitor.get(f"{year}&voided=1").text
    page = visitor.get(f"/records/{record.id}").text
    assert "重复登记" in page
    assert visitor.post(f"/records/{record.id}/restore", {"version": "1"}).status_code == 409
    assert visitor.post(f"/records/{record.id}/restore", {"version": "2"}).status_code == 302
    assert "走访困难户" in visitor.get(year).text


def test_every_figure_opens_rows_that_add_up_to_it(sqlite_office: Office, enter: Enter) -> None:
    office = sqlite_office
    for number in range(60):
        office.write(
            Kind.BRIEF,
            title=f"信息{number}",
            authors="李建国" if number % 3 else "王秀兰、赵敏",
            departments="县水利局",
        )
    office.write(Kind.ACTIVITY_DAY, members="李建国、赵敏", more_members="7", public="200+")
    office.write(Kind.ACTIVITY_DAY, title="第二次", members="李建国", public="12")
    visitor = enter(office.people.cast.office)
    page = visitor.get("/records/figures?year=2026").text
    doors = re.findall(r'href="(/records\?[^"]*figure=[^"]*)">([0-9]+)(\+?)</a>', page)
    assert len(doors) >= 8
    for href, number, _more in doors:
        total, number_of_page, last = 0, 1, 1
        while number_of_page <= last:
            found = visitor.get(href.replace("&amp;", "&").partition("#")[0] + f"&page={number_of_page}").text
            total += sum(map(int, re.findall(r'data-name="Counted">([0-9]+)', found)))
            last = max([1, *map(int, re.findall(r"page=([0-9]+)", found))])
            number_of_page += 1
        assert total == int(number), href
    assert ("212", "+") in [(number, more) for _href, number, more in doors]
    assert "66.7%" in page


def test_lists_are_searched_filtered_and_paged(sqlite_office: Office, enter: Enter) -> None:
    for number in range(55):
        sqlite_office.write(Kind.PROPOSAL, title=f"提案{number}", number=str(number), departments="县水利局")
    sqlite_office.write(Kind.VISIT, title="走访", members="王伟（1002）")
    visitor = enter(sqlite_office.people.reader)
    titles = re.compile(r'<th scope="row" class="full"><a href="/records/[0-9]+">\s*([^<]*)</a>')
    first, second = (titles.findall(visitor.get(f"/records?year=2026&page={page}").text) for page in (1, 2))
    assert (len(first), len(second)) == (50, 6)
    for query, expected in (
        ("kind=visit", 1),
        ("q=王 伟", 1),
        ("q=水利&kind=proposal&page=2", 5),
        ("q=没有", 0),
        ("year=2025", 0),
    ):
        page = visitor.get(f"/records?{'' if 'year' in query else 'year=2026&'}{query}")
        assert len(titles.findall(page.text)) == expected, query
    assert "Write down or import" not in visitor.get("/records?year=2026").text
    for wrong in ("kind=x", "figure=x", "of=x", "unit=999", f"unit={sqlite_office.people.cast.other_county}"):
        assert visitor.get(f"/records?year=2026&{wrong}").status_code == 404
    assert visitor.get("/records?year=0").status_code == 400
    assert visitor.get("/records?page=0&year=abc").status_code == 200


def test_pages_are_for_whom_they_are_meant(sqlite_office: Office, enter: Enter) -> None:
    record = sqlite_office.write(Kind.PROPOSAL, authors="李建国", title="我的提案")
    cast, people = sqlite_office.people.cast, sqlite_office.people
    paths = ["/records", "/records/figures", f"/records/{record.id}", "/records/new", "/records/new/visit",
             "/records/import/visit", f"/records/{record.id}/edit", f"/records/{record.id}/void",
             "/records/sample/visit.xlsx", "/my/records"]  # fmt: skip
    expected = {
        cast.office: [200] * 10,
        people.reader: [200, 200, 200, 404, 404, 404, 403, 403, 200, 200],
        cast.li: [404, 404, 200, 404, 404, 404, 403, 403, 404, 200],
        cast.zhao: [404, 404, 404, 404, 404, 404, 404, 404, 404, 200],
        people.other_office: [200, 200, 404, 200, 200, 200, 404, 404, 200, 200],
    }
    for person, statuses in expected.items():
        visitor = enter(person)
        assert [visitor.get(path).status_code for path in paths] == statuses, person
    li, reader = enter(cast.li), enter(people.reader)
    assert "我的提案" in li.get("/my/records").text
    assert "我的提案" not in enter(cast.zhao).get("/my/records").text
    for visitor in (li, reader):
        page = visitor.get(f"/records/{record.id}").text
        assert "民盟盟员" not in page
        assert ("What was done" in page) == (visitor is reader)
    assert "民盟盟员" in enter(cast.office).get(f"/records/{record.id}").text


def test_a_sheet_goes_from_file_to_records(sqlite_office: Office, enter: Enter) -> None:
    visitor = enter(sqlite_office.people.cast.office)
    day = YESTERDAY.isoformat()
    data = text_table(
        ("类型", "名称", "日期", "参加委员"), ("线上培训", "网络培训", day, "王伟"), ("平台", "培训", day, "")
    )
    where = f"/records/import/training?unit={sqlite_office.county}"
    for sent in ({}, {"file": (io.BytesIO(b"%PDF-1.4"), "a.xlsx")}):
        assert visitor.post(where, sent).status_code == 400
    answer = visitor.post(where, {"file": (io.BytesIO(data), "培训.csv")})
    page = visitor.get(answer.location).text
    assert "“平台” is none of these" in page
    data = text_table(("类型", "名称", "日期", "参加委员"), ("线上培训", "网络培训", day, "王伟"))
    location = visitor.post(where, {"file": (io.BytesIO(data), "培训.csv")}).location
    page = visitor.get(location).text
    mark = re.search(r'name="mark" value="([0-9a-f]+)"', page)
    assert mark
    assert visitor.post(f"{location}/apply", {"mark": mark[1]}).status_code == 400
    choice = {"mark": mark[1], "2:王伟": str(sqlite_office.namesakes[0])}
    assert visitor.post(f"{location}/apply", choice).status_code == 302
    assert "The sheet is imported" in visitor.get(location).text
    [row] = sqlite_office.year(YESTERDAY.year)
    assert [one.number for one in row.people] == ["1001"]


def test_an_import_is_its_offices_own(sqlite_office: Office, enter: Enter) -> None:
    visitor = enter(sqlite_office.people.cast.office)
    data = xlsx(("名称", "日期"), ("走访", YESTERDAY.isoformat()))
    location = visitor.post("/records/import/visit", {"file": (io.BytesIO(data), "a.xlsx")}).location
    for person in (
        sqlite_office.people.reader,
        sqlite_office.people.cast.li,
        sqlite_office.people.other_office,
    ):
        stranger = enter(person)
        assert stranger.get(location).status_code == 404
        assert stranger.post(f"{location}/apply", {"mark": "x"}).status_code == 404
    with sqlite_office.store.read() as work:
        assert work.db.scalars(select(RecordImport.applied_at)).all() == [None]


@pytest.mark.parametrize("path", ["/records?year=2026", "/records/figures?year=2026", "/my/records"])
def test_pages_ask_the_same_number_of_questions_however_much_there_is(
    path: str, sqlite_office: Office, enter: Enter
) -> None:
    visitor = enter(
        sqlite_office.people.cast.wang if path.startswith("/my") else sqlite_office.people.cast.office
    )
    asked = []

    def questions() -> int:
        asked.clear()
        assert visitor.get(path).status_code == 200
        return len(asked)

    engine = sqlite_office.store.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    sqlite_office.write(Kind.VISIT, members="王秀兰", visited="3")
    one = questions()
    for number in range(20):
        sqlite_office.write(Kind.VISIT, title=f"走访{number}", members="王秀兰、李建国", visited="3")
    assert questions() == one
