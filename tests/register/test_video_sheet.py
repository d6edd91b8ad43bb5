"""Sheets as video platforms export them, and whom their names mean."""

from __future__ import annotations

import io
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from consult.core.errors import Invalid
from consult.meetings.audience import Seat
from consult.register.matching import visitors
from consult.register.video_sheet import Line, Said, read_video_sheet
from tests.support.cast import at

ZONE, DAY = ZoneInfo("Asia/Shanghai"), date(2026, 3, 10)

TENCENT = """会议主题,城乡供水协商会,,,
会议号,123 456 789,,,
用户昵称（入会昵称）,首次入会时间,最后退会时间,累计参会时长,身份
清河-王秀兰,2026-03-10 08:58:12,2026-03-10 10:00:30,01:02:18,主持人
李建国,2026-03-10 09:05:00,2026-03-10 09:45:00,00:30:00,参会者
"""
ZOOM = """Name (Original Name),Email,Join Time,Leave Time,Duration (Minutes),Guest
Zhao Min,zhao@example.com,2026/03/10 09:00:00,2026/03/10 09:30:00,30,Yes
"""
DINGTALK = "姓名,手机号,加入时间,参会时长\n王秀兰,13900000001,09:01,58分钟\n"


def read(text: str) -> Said:
    return read_video_sheet(text.encode("utf-8-sig"), "参会.csv", ZONE, DAY)


def seat(person: int, name: str, number: str = "") -> Seat:
    return Seat(
        person + 100, person, name, number or f"C{person:03}", 2, "/1/2/", "清河县政协", "农业界", (), ""
    )


def test_tencents_sheet_with_lines_above_its_headings() -> None:
    first, second = read(TENCENT).lines
    assert (first.name, first.joined, first.left, first.away) == (
        "清河-王秀兰", at(-2 + 12 / 60), at(60.5), 0,
    )  # fmt: skip
    assert second.away == 600


def test_zooms_sheet() -> None:
    (line,) = read(ZOOM).lines
    assert (line.name, line.joined, line.left, line.away) == ("Zhao Min", at(0), at(30), 0)


def test_a_time_of_day_is_of_the_meetings_day_and_the_length_gives_the_end() -> None:
    (line,) = read(DINGTALK).lines
    assert (line.phone, line.joined, line.left) == ("13900000001", at(1), at(59))


def test_excels_own_dates_and_times() -> None:
    book = Workbook()
    sheet = book.create_sheet("参会", 0)
    sheet.append(["昵称", "入会时间", "退会时间"])
    sheet.append(["王秀兰", datetime(2026, 3, 10, 9, 0, 30), datetime(2026, 3, 10, 9, 59, 59)])  # noqa: DTZ001
    file = io.BytesIO()
    book.save(file)
    (line,) = read_video_sheet(file.getvalue(), "参会.xlsx", ZONE, DAY).lines
    assert (line.joined, line.left) == (at(0.5), at(59 + 59 / 60))


@pytest.mark.parametrize(
    "row",
    ["王秀兰,昨天,2026-03-10 10:00", "王秀兰,2026-13-10 09:00,2026-03-10 10:00",
     "王秀兰,2026-03-10 10:00,2026-03-10 09:00", "王秀兰,2026-03-10 09:00,", "王秀兰,25:00,26:00"],
)  # fmt: skip
def test_a_row_that_cant_be_read_is_named(row: str) -> None:
    said = read(f"姓名,入会时间,退会时间\n{row}\n")
    assert said.lines == ()
    assert said.unread[0][0] == 2


@pytest.mark.parametrize("text", ["姓名,界别\n王秀兰,农业界\n", "姓名,入会时间,退会时间\n", "x"])
def test_what_is_no_such_sheet_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(text)
    assert refused.value.field == "file"


def called(name: str, *seats: Seat, phone: str = "", phones: dict[int, str] | None = None) -> list[int]:
    line = Line(2, name, phone, at(0), at(60))
    (visitor,) = visitors([line], seats, phones or {})
    return sorted(one.person_id for one in visitor.seats)


@pytest.mark.parametrize(
    "name",
    ["王秀兰", " 王 秀 兰 ", "清河-王秀兰", "王秀兰（医药卫生界）", "C001 王秀兰", "C001", "清河县王秀兰委员",
     "王秀兰_手机"],
)  # fmt: skip
def test_a_name_means_its_member(name: str) -> None:
    assert called(name, seat(1, "王秀兰"), seat(2, "李建国")) == [1]


@pytest.mark.parametrize("name", ["iPhone 12", "王", "会议室", "省政协技术保障"])
def test_a_name_that_means_nobody(name: str) -> None:
    assert called(name, seat(1, "王秀兰", "12"), seat(2, "李建国")) == []


def test_of_two_with_one_name_a_number_or_a_telephone_tells() -> None:
    both = (seat(1, "王秀兰"), seat(2, "王秀兰"))
    assert called("王秀兰", *both) == [1, 2]
    assert called("C002王秀兰", *both) in ([1, 2], [2])
    assert called("C002 王秀兰", *both) == [2]
    phones = {1: "13900000001", 2: "13900000002"}
    assert called("王秀兰", *both, phone="+86 139 0000 0002", phones=phones) == [2]


def test_a_longer_name_is_not_taken_for_the_shorter_one_inside_it() -> None:
    assert called("清河欧阳王秀兰", seat(1, "王秀兰"), seat(2, "欧阳王秀兰")) == [2]


def test_a_number_and_a_name_of_two_people_leave_it_open() -> None:
    assert called("C002 王秀兰", seat(1, "王秀兰"), seat(2, "李建国")) == [1, 2]


def test_lines_of_one_name_are_one_visitor() -> None:
    lines = [Line(2, "王秀兰", "", at(0), at(10)), Line(3, "王秀兰", "", at(20), at(30))]
    (visitor,) = visitors(lines, [seat(1, "王秀兰")], {})
    assert len(visitor.lines) == 2
