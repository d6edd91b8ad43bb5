"""Reading the attendance sheet of a video platform: who says to have been there, from when to when.

Tencent Meeting (腾讯会议), DingTalk (钉钉), Zoom and others write a line for each person, or for each time
that somebody came in; their headings differ, so columns are recognised by what they are called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from consult.core.errors import Invalid
from consult.members.sheet_cells import excerpt
from consult.members.sheet_file import read_grids
from consult.members.sheet_headings import Headings, find_headings, vocabulary

MOST_LINES = 20_000
LONGEST_NAME = 120
_MEANINGS = vocabulary(
    {
        "name": (
            "用户昵称", "入会昵称", "参会人", "参会成员", "参会者", "成员名称", "昵称", "用户名", "姓名",
            "名称", "name", "name original name", "user name", "participant", "display name",
        ),
        "real_name": ("真实姓名", "企业姓名", "通讯录姓名", "full name"),
        "phone": ("手机号", "手机", "手机号码", "电话", "phone", "phone number", "mobile"),
        "joined": (
            "首次入会时间", "入会时间", "加入时间", "进入时间", "入会", "join time", "joined", "joined at",
            "first join", "first join time",
        ),
        "left": (
            "最后退会时间", "最后离会时间", "退会时间", "离会时间", "离开时间", "退出时间", "离会",
            "leave time", "left", "left at", "last leave", "last leave time",
        ),
        "lasted": (
            "累计参会时长", "累计时长", "参会时长", "入会时长", "在会时长", "会议时长", "时长", "时长分钟",
            "参会时长分钟", "duration", "duration minutes", "total duration minutes", "attendance duration",
            "in meeting duration", "in-meeting duration",
        ),
        "running": ("序号", "no", "no."),
    }
)  # fmt: skip
_INSTANT = re.compile(
    r"(?:(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?[ T]*)?"
    r"(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2}))?秒?"
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_SPOKEN = re.compile(
    r"(?:(\d+)\s*(?:小时|时|h|hours?)\s*)?(?:(\d+)\s*(?:分钟|分|min|m|minutes?)\s*)?(?:(\d+)\s*(?:秒|s|seconds?))?",
    re.I,
)
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class Line:
    """Somebody's time in the video, as the sheet says it: `away` are the seconds between `joined` and `left`
    in which he was not there, by its own count."""

    line: int
    name: str
    phone: str
    joined: datetime
    left: datetime
    away: int = 0


@dataclass(frozen=True)
class Said:
    """What a sheet says, and the rows that could not be read: their number and why."""

    lines: tuple[Line, ...]
    unread: tuple[tuple[int, str], ...]


def read_video_sheet(data: bytes, filename: str, zone: ZoneInfo, day: date) -> Said:
    """The lines of an .xlsx or .csv file. Times without a date are of that day, all in that zone.

    Refuses: Invalid (field `file`), when it is no such sheet.
    """
    found = [
        (grid, headings)
        for grid in read_grids(data, filename)
        if not grid.hidden and (headings := find_headings(grid, _MEANINGS)) and _usable(headings)
    ]
    if not found:
        raise Invalid(
            _(
                "No line of headings was found. The sheet needs a column of names (用户昵称) and one of the "
                "time of joining (入会时间), and one of leaving (退会时间) or of minutes (参会时长)."
            ),
            field="file",
        )
    grid, headings = max(found, key=lambda pair: len(pair[0].rows))
    if len(grid.rows) > MOST_LINES:
        raise Invalid(_("At most %(most)s rows at a time.", most=MOST_LINES), field="file")
    lines, unread = [], []
    for number, cells in sorted(grid.rows.items()):
        if number <= headings.last or number in grid.hidden_rows or headings.repeated(cells):
            continue
        texts = {field: cells.get(column, "").strip() for field, column in headings.columns.items()}
        if not texts["name"] and not texts.get("real_name"):
            continue
        try:
            lines.append(_line(number, texts, zone, day))
        except ValueError as wrong:
            unread.append((number, str(wrong)))
    if not lines and not unread:
        raise Invalid(_("There is nobody below the headings."), field="file")
    return Said(tuple(lines), tuple(unread))


def _usable(headings: Headings) -> bool:
    columns = headings.columns
    return "name" in columns and "joined" in columns and ("left" in columns or "lasted" in columns)


def _line(number: int, texts: Mapping[str, str], zone: ZoneInfo, day: date) -> Line:
    """The row's line. Raises ValueError, saying which cell can't be read."""
    joined = _instant(texts["joined"], zone, day)
    lasted = _length(texts.get("lasted", ""))
    left = _instant(texts["left"], zone, day) if texts.get("left") else None
    if left is None:
        if lasted is None:
            raise ValueError(_("It says neither when he left nor how long he stayed."))
        left = joined + lasted
    if left < joined:
        raise ValueError(_("It ends before it begins."))
    away = max(left - joined - lasted, timedelta()) if lasted is not None else timedelta()
    if away < timedelta(minutes=1):  # rounding of minutes
        away = timedelta()
    name = (texts.get("real_name") or texts["name"])[:LONGEST_NAME]
    return Line(number, name, texts.get("phone", ""), joined, left, int(away.total_seconds()))


def _instant(text: str, zone: ZoneInfo, day: date) -> datetime:
    match = _INSTANT.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError(text)
        year, month, date_, hour, minute, second = match.groups()
        on = date(int(year), int(month), int(date_)) if year else day
        at = datetime.combine(on, time(int(hour), int(minute), int(second or 0)), zone)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(_("“%(text)s” is not a time.", text=excerpt(text))) from None


def _length(text: str) -> timedelta | None:
    """A length of time: `01:02:03`, `62分钟`, `1小时2分`, or a number of minutes; None for anything else."""
    text = text.strip()
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if _NUMBER.fullmatch(text) and float(text) <= 10_000:
        return timedelta(minutes=float(text))
    spoken = _SPOKEN.fullmatch(text) if text else None
    if spoken and any(spoken.groups()):
        hours, minutes, seconds = (min(int(part or 0), 100_000) for part in spoken.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return None
