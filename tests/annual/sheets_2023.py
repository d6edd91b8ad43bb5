"""The sheets of a county's 2023, as its office would keep them: rosters, and one of each kind of record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consult.records.kinds import Kind

MEMBERS, PARTY = 120, 46
"""How many members the county has, and how many of them, the first ones, are in the CPC."""
OTHERS = ("民盟盟员", "无党派人士", "群众", "民革党员")
SECTORS = ("农业界", "教育界", "医药卫生界", "经济界")
_SURNAMES, _GIVEN = (
    "王李张刘陈杨赵黄周吴徐孙",
    ["建国", "秀兰", "志强", "桂英", "海燕", "文博", "春梅", "立新", "玉珍", "永福"],
)
_PREFIX = {"county": "61", "other": "62", "city": "63", "province": "64"}


@dataclass(frozen=True)
class Sheet:
    """A sheet of records of one kind."""

    kind: Kind
    headings: tuple[str, ...]
    rows: Sequence[Sequence[object]]


def member_number(unit: str, place: int) -> str:
    """The number of the unit's member at that place, the first one being 1."""
    return f"{_PREFIX[unit]}{place:04}"


def roster(unit: str, members: int, first: int = 1) -> list[Sequence[object]]:
    """A roster with its headings; every name is another."""
    rows: list[Sequence[object]] = [("委员证号", "姓名", "党派", "界别")]
    for place in range(first, first + members):
        surname = _SURNAMES[place % len(_SURNAMES)]
        given = _GIVEN[place // len(_SURNAMES) % len(_GIVEN)]
        party = "中共党员" if place <= PARTY else OTHERS[place % len(OTHERS)]
        rows.append((member_number(unit, place), f"{surname}{given}", party, SECTORS[place % len(SECTORS)]))
    return rows


def _numbers(*places: int) -> str:
    return "、".join(member_number("county", place) for place in places)


def _span(first: int, count: int) -> str:
    return _numbers(*range(first, first + count))


def _day(number: int) -> str:
    """Days over the year, two weeks at most between them."""
    return f"2023-{1 + number % 12:02}-{2 + number // 12 % 26:02}"


def _times(count: int, *texts: object, start: int = 0) -> Iterator[tuple[object, ...]]:
    """So many rows with their day and a running number in the title, which is the first of the texts."""
    for number in range(start, start + count):
        yield (f"{texts[0]}（{number + 1}）", _day(number), *texts[1:])


def _study() -> Sheet:
    rows = [
        *_times(8, "机关干部学习", "机关学习"),
        ("上年的学习", "2022-12-20", "机关学习"),
        ("次年的学习", "2024-01-09", "机关学习"),
    ]
    return Sheet(Kind.STUDY, ("名称", "日期", "类型"), rows)


def _meetings() -> Sheet:
    rows = [
        *_times(5, "常委会会议", "常委会议", ""),
        *_times(8, "主席会议", "主席会议", ""),
        ("市政协常委会会议", "2023-04-04", "常委会议", "市"),
    ]
    return Sheet(Kind.MEETING, ("名称", "日期", "类型", "主办"), rows)


def _consultations() -> Sheet:
    """Three more of its own, with fourteen non-CPC members, and one that only the city's people attended."""
    rows = [
        ("常委会专题协商：医疗", "2023-09-12", "专题协商", "", _numbers(1, 2, 3, 47, 48, 49, 50, 51)),
        ("对口协商：旅游", "2023-10-17", "对口协商", "", _numbers(1, 2, 52, 53, 54, 55, 56)),
        ("对口协商：社区治理", "2023-11-08", "对口协商", "", _numbers(3, 57, 58, 59, 60)),
        ("对口协商：作为上年工作的", "2022-12-28", "对口协商", "", _numbers(61, 62)),
    ]
    return Sheet(Kind.CONSULTATION, ("名称", "日期", "类型", "主办", "参会委员"), rows)


def _training() -> Sheet:
    rows = [
        ("省政协线上履职培训（第二期）", "2023-06-22", "线上培训", "省", _span(1, 30), "8", "周明、吴静", ""),
        ("省政协线上履职培训（第三期）", "2023-10-22", "线上培训", "省", _span(31, 40), "", "", ""),
        ("井冈山履职能力提升培训", "2023-05-15", "履职能力提升培训", "", _span(1, 25), "", "周明", "7"),
        ("宜兴履职能力提升培训", "2023-09-18", "履职能力提升培训", "", _span(40, 30), "", "", "2"),
        ("智能协商平台培训（一）", "2023-03-10", "平台培训", "", _span(1, 52), "", "", ""),
        ("智能协商平台培训（二）", "2023-03-11", "平台培训", "", _span(53, 51), "", "", ""),
    ]
    headings = ("名称", "日期", "类型", "主办", "参训委员", "委员人数", "机关干部", "干部人数")
    return Sheet(Kind.TRAINING, headings, rows)


def _activity_days() -> Sheet:
    rows = [
        ("委员活动日（二）", "2023-07-20", _span(1, 50), "", "86"),
        ("委员活动日（三）", "2023-11-20", _span(60, 20), "30", "126"),
    ]
    return Sheet(Kind.ACTIVITY_DAY, ("名称", "日期", "参加委员", "委员人数", "参加群众"), rows)


def _outreach() -> Sheet:
    rows = [
        *_times(16, "走进基层", "三走进一联系", "", "", ""),
        ("送医下乡义诊（春）", "2023-04-28", "三送", "96", "700", _numbers(61, 62)),
        ("送医下乡义诊（秋）", "2023-10-28", "三送", "110", "838", _numbers(61, 63)),
    ]
    headings = ("名称", "日期", "活动系列", "接诊群众", "发放宣传册", "参加委员")
    return Sheet(Kind.OUTREACH, headings, rows)


def _surveys() -> Sheet:
    rows = [*_times(7, "解剖式调研", "解剖式调研", "18"), ("专题视察", "2023-08-08", "视察", "20")]
    return Sheet(Kind.SURVEY, ("名称", "日期", "类型", "走访群众"), rows)


def _visits() -> Sheet:
    return Sheet(Kind.VISIT, ("名称", "日期", "走访群众"), list(_times(4, "走访群众", "20")))


def _seminars() -> Sheet:
    return Sheet(Kind.SEMINAR, ("名称", "日期"), list(_times(5, "座谈交流")))


def _proposals() -> Sheet:
    """Thirty of forty-eight by non-CPC members; many have joint authors of the other sort."""
    rows: list[Sequence[object]] = []
    for number in range(48):
        first, joint = (47 + number, 1 + number % 40) if number < 30 else (number - 29, 47 + number)
        rows.append((
            str(number + 1), f"关于第{number + 1}件事的提案", "2023-02-06", member_number("county", first),
            _numbers(joint, joint + 1), "是", "2023-05-10", "2023-06-10", "满意",
        ))  # fmt: skip
    rows.append(("49", "上年的提案", "2022-11-30", member_number("county", 1), "", "是", "", "", "不满意"))
    headings = (
        "提案号",
        "案由",
        "提交日期",
        "第一提案人",
        "联名人",
        "是否立案",
        "见面日期",
        "答复日期",
        "满意度",
    )
    return Sheet(Kind.PROPOSAL, headings, rows)


def _briefs() -> Sheet:
    rows = [
        (f"社情民意第{number + 1}期", _day(number),
         member_number("county", 47 + number if number < 40 else number - 39),
         member_number("county", 46 if number < 40 else 110), "县教育局" if number % 3 else "")
        for number in range(65)
    ]  # fmt: skip
    return Sheet(Kind.BRIEF, ("信息标题", "收到日期", "反映人", "联名人", "转送部门"), rows)


def _speeches() -> Sheet:
    oral = [
        ("大会发言", "2023-02-07", "口头", "大会", member_number("county", place))
        for place in (1, 2, 3, 50, 51, 52, 53, 54)
    ]
    rows = [
        *((f"{title}（{number + 1}）", *rest) for number, (title, *rest) in enumerate(oral)),
        *_times(10, "读书班研讨", "口头", "读书班", member_number("county", 1)),
        ("学习体会分享", "2023-09-01", "口头", "分享会", member_number("county", 2)),
        ("书面发言", "2023-02-07", "书面", "大会", member_number("county", 4)),
    ]
    return Sheet(Kind.SPEECH, ("发言题目", "日期", "发言方式", "场合", "发言人"), rows)


def _papers() -> Sheet:
    rows = [
        *(
            (f"学习体会（{number + 1}）", _day(number), "学习体会", member_number("county", 1 + number))
            for number in range(42)
        ),
        ("理论文章", "2023-06-01", "理论文章", member_number("county", 9)),
    ]
    return Sheet(Kind.PAPER, ("标题", "日期", "类型", "撰稿人"), rows)


COUNTY_SHEETS = (
    _study(), _meetings(), _consultations(), _training(), _activity_days(), _outreach(), _surveys(),
    _visits(), _seminars(), _proposals(), _briefs(), _speeches(), _papers(),
)  # fmt: skip

OTHER_SHEETS = (
    _study(), _seminars(), _visits(),
    Sheet(Kind.TRAINING, ("名称", "日期", "类型", "主办", "委员人数"),
          [("省政协线上履职培训（第二期）", "2023-06-22", "线上培训", "省", "6")]),
    Sheet(Kind.OUTREACH, ("名称", "日期", "活动系列", "接诊群众"),
          [("白水义诊", "2023-05-05", "三送", "300")]),
)  # fmt: skip
"""Another county's, some of it just as the county's own."""
