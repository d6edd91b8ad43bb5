"""The kinds of records, as data: what each is called, which fields it takes, and what may stand in them.

The forms, the sheets that are imported, the pages and the figures all go by these tables.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from consult.core.errors import Message


class Kind(enum.StrEnum):
    """What a record is of: first the events, then the contributions (履职成果)."""

    MEETING = "meeting"
    CONSULTATION = "consultation"
    TRAINING = "training"
    ACTIVITY_DAY = "activity_day"
    OUTREACH = "outreach"
    STUDY = "study"
    SURVEY = "survey"
    VISIT = "visit"
    SEMINAR = "seminar"
    PROPOSAL = "proposal"
    BRIEF = "brief"
    SPEECH = "speech"
    PAPER = "paper"


class Role(enum.StrEnum):
    """What somebody in a record did."""

    AUTHOR = "author"
    LED = "led"
    TOOK_PART = "took_part"
    STAFF = "staff"  # no member: took part or wrote


class What(enum.StrEnum):
    """Whom or what a headcount counts."""

    MEMBERS = "more_members"  # those without names, besides the named ones
    STAFF = "more_staff"
    PUBLIC = "public"
    VISITED = "visited"
    TREATED = "treated"
    BROCHURES = "brochures"


@dataclass(frozen=True)
class Choice:
    """One of the values a field may have: how it is called, and how else sheets say it."""

    label: Message
    said: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """A field of records. `sort`: line, text, day, year, yes_no, choice, list, people or count.

    `headings` are what a sheet's column may be called, the most telling first.
    """

    label: Message
    sort: str
    headings: tuple[str, ...]
    longest: int = 0
    choices: Mapping[str, Choice] | None = None


@dataclass(frozen=True)
class KindOf:
    """What is known of a kind. `people` is by role the label of its field."""

    label: Message
    varieties: Mapping[str, Choice]
    fields: tuple[str, ...]
    labels: Mapping[str, Message]
    headings: Mapping[str, tuple[str, ...]]
    contribution: bool = False

    def label_of(self, field: str) -> Message:
        """What the field is called in records of this kind."""
        return self.labels.get(field, FIELDS[field].label)

    def choices_of(self, field: str) -> Mapping[str, Choice]:
        """What may stand in the field; nothing for a field of free text."""
        return self.varieties if field == "variety" else FIELDS[field].choices or {}


LEVELS: Mapping[str, Choice] = {
    "county": Choice(_l("County"), ("县", "县级", "区县")),
    "city": Choice(_l("City"), ("市", "市级", "市政协")),
    "province": Choice(_l("Province"), ("省", "省级", "省政协")),
    "nation": Choice(_l("Nation"), ("全国", "国家", "国家级", "全国政协")),
}

RATINGS: Mapping[str, Choice] = {
    "satisfied": Choice(_l("Satisfied"), ("满意", "非常满意")),
    "basically": Choice(_l("Basically satisfied"), ("基本满意", "较满意", "比较满意")),
    "unsatisfied": Choice(_l("Not satisfied"), ("不满意",)),
}

OCCASIONS: Mapping[str, Choice] = {
    "plenary": Choice(_l("Plenary session"), ("大会", "全会", "全体会议", "大会发言")),
    "standing_committee": Choice(_l("Standing-committee meeting"), ("常委会", "常委会议")),
    "consultation": Choice(_l("Consultation meeting"), ("协商会", "协商会议")),
    "study_class": Choice(_l("Study class"), ("读书班", "研讨班", "读书班研讨")),
    "sharing": Choice(_l("Sharing of reflections"), ("分享", "分享会", "学习体会分享", "交流分享")),
    "other": Choice(_l("Other"), ("其他", "其它")),
}

FIELDS: Mapping[str, Field] = {
    "variety": Field(_l("Type"), "choice", ("类型", "类别", "种类", "type", "kind")),
    "title": Field(
        _l("Title"), "line", ("标题", "名称", "主题", "题目", "内容", "title", "name", "subject"), 200,
    ),
    "day": Field(_l("Date"), "day", ("日期", "时间", "date", "day")),
    "year": Field(_l("Counted in the year"), "year", ("年度", "统计年度", "所属年度", "year")),
    "host": Field(
        _l("Organized by"), "choice", ("主办", "组织层级", "主办层级", "organized by", "host"), 0, LEVELS,
    ),
    "place": Field(_l("Place"), "line", ("地点", "地址", "活动地点", "place", "venue"), 120),
    "series": Field(_l("Series"), "line", ("系列", "活动系列", "系列名称", "series"), 60),
    "occasion": Field(_l("Occasion"), "choice", ("场合", "会议", "发言场合", "occasion"), 0, OCCASIONS),
    "number": Field(_l("Number"), "line", ("编号", "案号", "提案号", "提案编号", "number", "no"), 40),
    "filed": Field(_l("Filed"), "yes_no", ("立案", "是否立案", "立案情况", "filed")),
    "departments": Field(
        _l("Handling departments"), "list",
        ("承办单位", "办理单位", "承办部门", "转办单位", "转送部门", "报送单位",
         "handling departments", "departments", "forwarded to"),
        60,
    ),
    "met_on": Field(_l("Met on"), "day", ("见面日期", "见面时间", "面商日期", "met on")),
    "replied_on": Field(
        _l("Replied on"), "day", ("答复日期", "答复时间", "办复日期", "办复时间", "replied on"),
    ),
    "rating": Field(_l("Rating"), "choice", ("评价", "满意度", "满意程度", "办理评价", "rating"), 0, RATINGS),
    "adopted": Field(
        _l("Adopted by"), "choice",
        ("采用", "采用层级", "采用级别", "采用情况", "adopted by", "adopted"), 0, LEVELS,
    ),
    "instruction": Field(_l("Instruction"), "text", ("批示", "领导批示", "批示情况", "instruction"), 500),
    "authors": Field(
        _l("Authors"), "people",
        ("作者", "第一提案人", "提案人", "提案者", "提交人", "反映人", "撰稿人", "发言人", "撰写人",
         "authors", "author", "speaker"),
    ),
    "joint": Field(_l("Joint authors"), "people", ("联名", "联名人", "联名委员", "附议人", "joint authors")),
    "led_by": Field(_l("Led by"), "people", ("带队", "带队委员", "主持人", "主持", "led by")),
    "members": Field(
        _l("Members taking part"), "people",
        ("参加委员", "委员", "参会委员", "参训委员", "参加人员", "members", "members taking part"),
    ),
    "staff": Field(
        _l("Others by name, such as staff"), "people",
        ("机关干部", "工作人员", "其他人员", "参加干部", "staff", "others"),
    ),
    "more_members": Field(
        _l("Further members, without names"), "count", ("委员人数", "未列名委员", "further members"),
    ),
    "more_staff": Field(
        _l("Further staff, without names"), "count", ("干部人数", "机关干部人数", "further staff"),
    ),
    "public": Field(_l("Public"), "count", ("群众人数", "参加群众", "群众", "群众人次", "public")),
    "visited": Field(
        _l("People visited"), "count", ("走访群众", "走访人数", "走访", "people visited", "visited"),
    ),
    "treated": Field(
        _l("People treated"), "count",
        ("接诊群众", "接诊人数", "义诊人数", "受益群众", "people treated", "treated"),
    ),
    "brochures": Field(
        _l("Brochures handed out"), "count",
        ("宣传册", "发放宣传册", "宣传资料", "发放资料", "brochures"),
    ),
    "note": Field(_l("Note"), "text", ("备注", "说明", "note", "remarks"), 2000),
}  # fmt: skip
"""All fields, in the order people fill them in."""

ROLES: Mapping[str, Role] = {
    "authors": Role.AUTHOR,
    "joint": Role.AUTHOR,
    "led_by": Role.LED,
    "members": Role.TOOK_PART,
    "staff": Role.STAFF,
}
"""The fields that name people, with what those did."""

_HELD = ("title", "day", "host", "place", "led_by", "members", "more_members", "staff", "more_staff")
_GIVEN = ("title", "day", "authors", "joint", "staff")
_END = ("year", "note")


def _kind(
    label: Message,
    fields: tuple[str, ...],
    varieties: Mapping[str, Choice] | None = None,
    *,
    contribution: bool = False,
    labels: Mapping[str, Message] | None = None,
    headings: Mapping[str, tuple[str, ...]] | None = None,
) -> KindOf:
    taken = {*fields, *_END, *(("variety",) if varieties else ())}
    ordered = tuple(field for field in FIELDS if field in taken)
    return KindOf(label, varieties or {}, ordered, labels or {}, headings or {}, contribution)


_OTHER = {"other": Choice(_l("Other"), ("其他", "其它"))}
_NOT_MEMBERS = {"staff": _l("Other authors, such as staff or a body")}

KINDS: Mapping[Kind, KindOf] = {
    Kind.MEETING: _kind(
        _l("Meeting on site"), _HELD,
        {
            "standing_committee": Choice(
                _l("Standing-committee meeting"), ("常委会议", "常委会", "常务委员会会议"),
            ),
            "chairpersons": Choice(_l("Chairpersons’ meeting"), ("主席会议", "主席会")),
            "plenary": Choice(_l("Plenary session"), ("全会", "全体会议", "大会")),
            "party_group": Choice(_l("Party-group meeting"), ("党组会议", "党组会")),
            "committee": Choice(_l("Special-committee meeting"), ("专委会会议", "专委会", "专门委员会会议")),
            **_OTHER,
        },
    ),
    Kind.CONSULTATION: _kind(
        _l("Consultation on site"), _HELD,
        {
            "standing_committee": Choice(
                _l("Standing-committee thematic consultation"), ("常委会专题协商", "专题协商", "常委会专题")
            ),
            "counterpart": Choice(_l("Counterpart consultation"), ("专委会对口协商", "对口协商")),
            "proposal_handling": Choice(_l("Proposal-handling consultation"), ("提案办理协商",)),
            "sector": Choice(_l("Sector consultation"), ("界别协商",)),
            **_OTHER,
        },
    ),
    Kind.TRAINING: _kind(
        _l("Training batch"), _HELD,
        {
            "online": Choice(_l("Online training"), ("线上培训", "线上履职培训", "网络培训", "线上")),
            "capacity": Choice(
                _l("Capacity training"), ("履职能力提升培训", "能力提升培训", "集中培训", "履职能力培训"),
            ),
            "platform": Choice(
                _l("Training on the platform"), ("平台培训", "平台专题培训", "智能协商平台专题培训"),
            ),
            **_OTHER,
        },
    ),
    Kind.ACTIVITY_DAY: _kind(_l("Members’ activity day"), (*_HELD, "public")),
    Kind.OUTREACH: _kind(_l("Outreach"), (*_HELD, "series", "public", "treated", "brochures")),
    Kind.STUDY: _kind(
        _l("Study session"), _HELD,
        {
            "staff": Choice(_l("Staff study"), ("机关学习", "机关干部", "机关干部集体学习", "干部学习")),
            "members": Choice(_l("Members’ study"), ("委员学习", "委员", "委员集体学习")),
        },
        labels={"variety": _l("For whom")},
    ),
    Kind.SURVEY: _kind(
        _l("Survey"), (*_HELD, "visited"),
        {
            "problem": Choice(_l("In-depth survey of a problem"), ("解剖式调研", "解剖麻雀式调研", "解剖式")),
            "topical": Choice(_l("Survey of a topic"), ("专题调研", "调研")),
            "inspection": Choice(_l("Inspection"), ("视察", "专题视察")),
            **_OTHER,
        },
    ),
    Kind.VISIT: _kind(_l("Visit"), (*_HELD, "visited")),
    Kind.SEMINAR: _kind(_l("Discussion meeting"), (*_HELD, "public")),
    Kind.PROPOSAL: _kind(
        _l("Proposal"),
        (*_GIVEN, "number", "filed", "departments", "met_on", "replied_on", "rating"),
        contribution=True,
        labels={"authors": _l("First author"), "day": _l("Submitted on"), **_NOT_MEMBERS},
        headings={"title": ("案由", "提案标题", "提案题目", "提案案由"), "day": ("提交日期", "提交时间")},
    ),
    Kind.BRIEF: _kind(
        _l("Public-opinion brief"),
        (*_GIVEN, "number", "departments", "adopted", "instruction"),
        contribution=True,
        labels={"day": _l("Received on"), "departments": _l("Forwarded to"), **_NOT_MEMBERS},
        headings={"day": ("收到日期", "收稿日期", "报送日期", "提交日期"), "title": ("信息标题",)},
    ),
    Kind.SPEECH: _kind(
        _l("Speech"), (*_GIVEN, "occasion"),
        {
            "oral": Choice(_l("Oral"), ("口头", "口头发言")),
            "written": Choice(_l("Written"), ("书面", "书面发言")),
            "impromptu": Choice(_l("Impromptu"), ("即席", "即席发言")),
        },
        contribution=True,
        labels={"authors": _l("Speaker"), "joint": _l("Joint authors"), **_NOT_MEMBERS},
        headings={"title": ("发言题目", "发言标题"), "variety": ("发言方式", "方式", "形式")},
    ),
    Kind.PAPER: _kind(
        _l("Study paper"), _GIVEN,
        {
            "reflection": Choice(_l("Reflections on study"), ("学习体会", "心得体会", "心得")),
            "article": Choice(_l("Article"), ("理论文章", "文章", "理论研究文章")),
            "survey_report": Choice(_l("Survey report"), ("调研报告",)),
            **_OTHER,
        },
        contribution=True,
        labels=_NOT_MEMBERS,
    ),
}  # fmt: skip
