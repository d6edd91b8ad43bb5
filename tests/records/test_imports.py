"""Importing records: previewed row by row, then all or nothing, once; doubts are decided, not guessed."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from consult.core.clock import zone
from consult.core.errors import Invalid, Missing, NotNow, Stale
from consult.core.export import Sheet as Page
from consult.core.export import xlsx_bytes
from consult.records import imports, recording
from consult.records.kinds import FIELDS, KINDS, Kind
from consult.records.models import Record, RecordImport
from consult.records.sheets import read_sheet, sample
from tests.members.sheets import text_table, xlsx
from tests.records.office import Office
from tests.support.cast import NINE

PROPOSALS = (
    "序号", "提案号", "案由", "提交日期", "第一提案人", "联名人", "是否立案", "承办单位",
    "见面日期", "办复日期", "满意度",
)  # fmt: skip
WATER = (
    1, "1", "改造管网", "2026年1月15日", "王秀兰", "李建国、赵敏", "是", "县水利局、县住建局", "", "", "",
)  # fmt: skip
NOBODYS = "Please name whose it is: a member, or under other authors a body or staff."
BUS = (3, "3", "公交站", "2026/1/17", "赵敏", "", "是", "", "2026/2/1", "2026/2/2", "满意")
ROAD = (2, "2", "修路", "2026/1/16", "李建国", "", "否", "", "", "", "")


def uploaded(office: Office, kind: Kind, *rows: Sequence[object], by: str = "office") -> int:
    sheet = read_sheet(xlsx(*rows), "表.xlsx", kind, recording.latest(NINE))
    return office.store.write_at(
        NINE, imports.preview, office.actor(by), office.county, kind, "表.xlsx", sheet
    ).id


def looked(office: Office, import_id: int) -> imports.Preview:
    with office.store.read(NINE) as work:
        return imports.look(work, office.actor(), import_id)


def applied(
    office: Office, import_id: int, mark: str = "", chosen: imports.Choices | None = None
) -> RecordImport:
    mark = mark or looked(office, import_id).mark
    return office.store.write_at(NINE, imports.apply, office.actor(), import_id, mark, chosen or {})


def count(office: Office) -> int:
    with office.store.read() as work:
        return work.db.scalar(select(func.count()).select_from(Record)) or 0


def test_a_preview_does_nothing_and_an_import_all_once(office: Office) -> None:
    rows = (("提案登记表",), PROPOSALS, WATER, PROPOSALS, ROAD, BUS, ("合计", "3件"))
    upload = uploaded(office, Kind.PROPOSAL, *rows)
    shown = looked(office, upload)
    assert [(row.line, row.title, row.verdict) for row in shown.plan] == [
        (3, "改造管网", "new"),
        (5, "修路", "new"),
        (6, "公交站", "new"),
    ]
    assert count(office) == 0
    assert applied(office, upload).result == {"new": 3, "changed": 0, "unchanged": 0}
    applied(office, upload, shown.mark)
    assert count(office) == 3
    with pytest.raises(NotNow):
        looked(office, upload)
    bus, road, water = office.year()
    assert (bus.record.filed, bus.record.rating) == (True, "satisfied")
    assert [one.name for one in water.people] == ["王秀兰", "李建国", "赵敏"]
    assert (water.record.filed, road.record.filed, water.record.departments) == (
        True,
        False,
        ["县水利局", "县住建局"],
    )


def test_the_same_sheet_twice_adds_nothing(office: Office) -> None:
    for expected in ({"new": 2, "changed": 0, "unchanged": 0}, {"new": 0, "changed": 0, "unchanged": 2}):
        assert applied(office, uploaded(office, Kind.PROPOSAL, PROPOSALS, WATER, ROAD)).result == expected
    assert count(office) == 2


def test_a_later_sheet_fills_in_and_a_blank_says_nothing(office: Office) -> None:
    applied(office, uploaded(office, Kind.PROPOSAL, PROPOSALS, WATER))
    headings = ("编号", "标题", "日期", "答复时间", "评价", "承办单位")
    upload = uploaded(
        office, Kind.PROPOSAL, headings, ("1", "改造管网", "2026-01-15", "2026-03-01", "满意", "")
    )
    [row] = looked(office, upload).plan
    assert (row.verdict, row.changes) == (
        "changed",
        {"replied_on": ("", "2026-03-01"), "rating": ("", "satisfied")},
    )
    applied(office, upload)
    [kept] = office.year()
    assert (kept.record.version, kept.record.rating, len(kept.people)) == (2, "satisfied", 3)
    assert kept.record.departments == ["县水利局", "县住建局"]


def test_a_sheet_with_first_authors_alone_keeps_the_joint_ones(sqlite_office: Office) -> None:
    applied(sqlite_office, uploaded(sqlite_office, Kind.PROPOSAL, PROPOSALS, WATER))
    for authors, verdict in (
        ("王秀兰", "unchanged"),
        ("王秀兰、李建国、赵敏", "unchanged"),
        ("赵敏", "changed"),
    ):
        headings = ("编号", "标题", "日期", "提案人", "联名")
        row = ("1", "改造管网", "2026-01-15", authors, "")
        again = uploaded(sqlite_office, Kind.PROPOSAL, headings, row)
        [planned] = looked(sqlite_office, again).plan
        assert planned.verdict == verdict, planned.changes
    applied(sqlite_office, again)
    [kept] = sqlite_office.year()
    assert [one.name for one in kept.people] == ["赵敏", "李建国"]


def test_wrong_rows_are_named_and_nothing_is_imported(office: Office) -> None:
    rows = [
        (*WATER[:4], "无此人", *WATER[5:]),
        (1, "3", "", "昨天", *WATER[4:]),
        (2, "2", "修桥", "2026-01-15", "", *WATER[5:5], "", "", "", "", "", ""),
        ROAD,
        (*ROAD[:2], "又一件", *ROAD[3:]),
    ]
    upload = uploaded(office, Kind.PROPOSAL, PROPOSALS, *rows)
    told = [problem.message() for row in looked(office, upload).plan for problem in row.problems]
    assert told[0].startswith("Row 2, 第一提案人: “无此人” is no member of this unit on that day.")
    assert told[1:] == [
        "Row 3, 案由: Please fill this in.",
        "Row 3, 提交日期: “昨天” is not a date. Write it like 2026-03-15.",
        f"Row 4, 第一提案人: {NOBODYS}",
        "Row 5, 案由: Row 4 says the same already.",
        "Row 6, 案由: Row 4 says the same already.",
    ]
    with pytest.raises(Invalid):
        applied(office, upload)
    assert count(office) == 0


def test_a_name_of_several_is_decided_by_the_office(office: Office) -> None:
    upload = uploaded(
        office, Kind.VISIT, ("名称", "日期", "参加委员"), ("走访", "2026-03-01", "王伟、李建国")
    )
    [row] = looked(office, upload).plan
    assert row.verdict == "unsure"
    [doubt] = row.doubts
    assert [seat.written for seat in doubt.seats] == ["王伟（1001）", "王伟（1002）"]
    for chosen in ({}, {(2, "王伟"): 99}, {(3, "王伟"): office.namesakes[1]}):
        with pytest.raises(Invalid):
            applied(office, upload, chosen=chosen)
    applied(office, upload, chosen={(2, "王伟"): office.namesakes[1]})
    [kept] = office.year()
    assert [one.number for one in kept.people] == ["1002", office.numbers["李建国"]]


def test_what_was_changed_since_the_preview_is_shown_first(office: Office) -> None:
    upload = uploaded(office, Kind.PROPOSAL, PROPOSALS, WATER)
    mark = looked(office, upload).mark
    office.write(Kind.PROPOSAL, number="1", title="改造管网", day="2026-01-15")
    with pytest.raises(Stale):
        applied(office, upload, mark)
    assert [row.verdict for row in looked(office, upload).plan] == ["changed"]


def test_only_the_office_imports(office: Office) -> None:
    upload = uploaded(office, Kind.PROPOSAL, PROPOSALS, WATER)
    mark = looked(office, upload).mark
    for role in ("reader", "wang", "other_office"):
        with pytest.raises(Missing):
            uploaded(office, Kind.PROPOSAL, PROPOSALS, WATER, by=role)
        with pytest.raises(Missing):
            office.store.write(imports.apply, office.actor(role), upload, mark, {})
    office.store.write_at(NINE, imports.apply, office.actor("province_office"), upload, mark, {})
    assert count(office) == 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("甲", "乙"), ("丙", "丁")], "No line of headings was found"),
        ([("名称", "地点"), ("走访", "县城")], "has no column “Date”"),
        ([("名称", "日期", "日期"), ("走访", "2026-03-01", "")], "stands there twice"),
        ([("名称", "日期")], "There is no record below"),
        ([("名称", "日期"), *[("走访", "2026-03-01")] * 3001], "At most 3000 records"),
    ],
)
def test_a_sheet_that_is_none_is_refused(rows: list[Sequence[object]], says: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_sheet(text_table(*rows), "表.csv", Kind.VISIT, recording.latest(NINE))
    assert refusal.value.field == "file"
    assert says in str(refusal.value)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_sample_sheet_can_be_read_back(kind: Kind) -> None:
    headings, rows = sample(kind)
    data = xlsx_bytes([Page("样表", headings, rows)], zone=zone("Asia/Shanghai"))
    sheet = read_sheet(data, "样表.xlsx", kind, recording.latest(NINE.replace(year=2027)))
    assert list(sheet.columns) == list(KINDS[kind].fields)
    assert len(sheet.rows) == 2
    assert sheet.passed_over == ()
    assert all(
        "variety" not in KINDS[kind].fields or row.texts["variety"] in KINDS[kind].varieties
        for row in sheet.rows
    )
    assert load_workbook(io.BytesIO(data)).active is not None


def test_headings_are_understood_in_any_order_and_language() -> None:
    for kind, told in KINDS.items():
        for field in told.fields:
            for heading in (*told.headings.get(field, ()), *FIELDS[field].headings):
                others = {"variety": "类型", "title": "名称", "day": "日期"}
                others.pop(field, None)
                rows = [[*others.values(), heading], [*("x" for _ in others), "y"]]
                sheet = read_sheet(text_table(*rows), "表.csv", kind, recording.latest(NINE))
                assert sheet.columns.get(field) == heading, (kind, field, heading)
