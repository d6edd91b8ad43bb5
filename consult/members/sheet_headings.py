"""Which column is which: finding the line (or two) of headings in a sheet and understanding it."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from consult.core.errors import Invalid
from consult.members.sheet_cells import words
from consult.members.sheet_xlsx import COLUMNS, Grid

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "number": (
        "委员证号", "委员证编号", "委员编号", "委员号", "委员证号码", "证号", "编号",
        "member number", "member no", "member id", "number",
    ),
    "name": ("姓名", "委员姓名", "姓名全称", "名字", "name", "full name", "member name"),
    "sex": ("性别", "sex", "gender"),
    "ethnic_group": ("民族", "族别", "所属民族", "ethnic group", "ethnicity"),
    "party": (
        "党派", "政治面貌", "所属党派", "党派/政治面貌", "政治面貌/党派", "党派及政治面貌", "党派团体",
        "party", "political affiliation", "political status",
    ),
    "sector": ("界别", "所属界别", "委员界别", "所在界别", "界别名称", "sector"),
    "committees": (
        "专委会", "所属专委会", "所在专委会", "专门委员会", "所属专门委员会", "所在专门委员会",
        "专委会名称", "参加专委会", "committees", "committee", "special committees", "special committee",
    ),
    "post": (
        "单位及职务", "工作单位及职务", "单位和职务", "工作单位和职务", "单位职务", "工作单位职务",
        "所在单位及职务", "现工作单位及职务", "工作单位及职务职称", "单位及职务职称",
        "职务", "现任职务", "职务职称", "行政职务",
        "post", "position", "title", "job title",
    ),
    "workplace": ("工作单位", "单位", "单位名称", "所在单位", "workplace", "employer", "organization"),
    "phone": (
        "手机", "手机号", "手机号码", "移动电话", "联系手机", "联系电话", "电话", "电话号码", "联系方式",
        "mobile", "mobile phone", "mobile number", "phone", "phone number", "telephone", "tel",
    ),
    "email": ("邮箱", "电子邮箱", "电子邮件", "邮箱地址", "邮件", "email", "email address"),
    "running": ("序号", "序", "顺序号", "行号", "no", "no."),
    "other": ("政协职务", "办公电话", "单位电话", "家庭电话", "座机", "电话(办公)", "传真"),
}  # fmt: skip
"""The headings understood for each field, the most telling first. Three are no field of a member:
`workplace` goes before a bare `post`, `running` only counts the lines, `other` looks like ours but isn't."""

REQUIRED = ("number", "name")
_BARE_POSTS = frozenset({"职务", "现任职务", "职务职称", "行政职务", "post", "position", "title", "jobtitle"})
_SEARCHED = 60
_LONGEST = 60
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_BESIDES = re.compile(r"[\W_]+")
_NOT_HAN = re.compile(r"[^\u3400-\u9fff]+")


def _key(heading: str) -> str:
    """A heading without case, spaces, line breaks and punctuation, so that `姓 名：` is `姓名`."""
    return _BESIDES.sub("", unicodedata.normalize("NFKC", heading).casefold())


Vocabulary = Mapping[str, tuple[str, int]]
"""What headings mean: by heading the field, and the heading's rank among those of the field."""


def vocabulary(synonyms: Mapping[str, Sequence[str]]) -> Vocabulary:
    """The vocabulary of these headings by field, the most telling first."""
    return {
        _key(heading): (field, rank)
        for field, headings in synonyms.items()
        for rank, heading in enumerate(headings)
    }


ROSTER = vocabulary(SYNONYMS)


@dataclass(frozen=True, slots=True)
class Headings:
    """Where the headings stand (the rows `first` to `last`) and what they mean.

    `columns` by field; `texts` by column, as they stand; `unknown` the columns left over; `twice` the two
    headings that claim one field; `score` how many headings were understood.
    """

    first: int
    last: int
    columns: Mapping[str, int]
    texts: Mapping[int, str]
    unknown: tuple[int, ...]
    twice: Mapping[str, tuple[str, str]]
    score: int

    @property
    def complete(self) -> bool:
        """Whether a roster can be read below: name and member number stand there, each once."""
        return not self.twice and all(field in self.columns for field in REQUIRED)

    def require_complete(self) -> None:
        """Refuses: Invalid, naming the heading that is missing or stands there twice."""
        self.require_once()
        missing = [field for field in REQUIRED if field not in self.columns]
        if missing == ["name"]:
            raise Invalid(_("The sheet has no column of names, headed 姓名 (or Name)."), field="file")
        if missing:
            raise Invalid(
                _(
                    "The sheet has no column of member numbers, headed 委员证号, 委员编号 or 编号 (or Member "
                    "number). A column that only counts the lines (序号) is not enough."
                ),
                field="file",
            )

    def require_once(self) -> None:
        """Refuses: Invalid, naming the headings that claim one field."""
        for one, other in self.twice.values():
            if one == other:
                raise Invalid(_("The heading “%(heading)s” stands there twice.", heading=one), field="file")
            raise Invalid(
                _(
                    "The headings “%(one)s” and “%(other)s” mean the same. Leave one of them.",
                    one=one,
                    other=other,
                ),
                field="file",
            )

    @property
    def bare_post(self) -> bool:
        """Whether the column of posts names only the post, so that the workplace belongs before it."""
        return "post" in self.columns and _key(self.texts[self.columns["post"]]) in _BARE_POSTS

    def named(self, field: str) -> str:
        """The heading (or headings) under which the field stands in the sheet; "" if it doesn't."""
        sources = [field]
        if field == "post" and ("post" not in self.columns or self.bare_post):
            sources = ["workplace", "post"]
        return " + ".join(self.texts[self.columns[source]] for source in sources if source in self.columns)

    def repeated(self, cells: Mapping[int, str]) -> bool:
        """Whether a row below only says the headings again, as sheets made for printing do on each page."""
        said = 0
        for column, text in cells.items():
            heading = self.texts.get(column, "")
            said += len(text) <= _LONGEST and _key(text) != "" and _key(text) in _key(heading)
        return said > 0 and (said > 1 or len(cells) == 1)


def no_headings() -> Invalid:
    """The refusal of a file in which no line of headings was found."""
    return Invalid(
        _(
            "No line of headings was found. A roster needs at least 姓名 (Name) and 委员证号 (Member number)."
            " Also understood, in any order: 性别, 民族, 党派, 界别, 专委会, 单位及职务, 手机, 邮箱."
        ),
        field="file",
    )


def find_headings(grid: Grid, meanings: Vocabulary = ROSTER) -> Headings | None:
    """The line, or the two lines, in which most headings are understood; None if there are not even two."""
    best: Headings | None = None
    for upper in sorted(grid.rows)[:_SEARCHED]:
        found = one = _single(grid, upper, meanings)
        if upper + 1 in grid.rows:
            two = _understood(upper, upper + 1, _stacked(grid, upper), meanings)
            if two.score > max(one.score, _single(grid, upper + 1, meanings).score):
                found = two
        if found.score >= 2 and (best is None or found.score > best.score):
            best = found
    return best


def _single(grid: Grid, line: int, meanings: Vocabulary) -> Headings:
    return _understood(line, line, {column: (text,) for column, text in grid.rows[line].items()}, meanings)


def _stacked(grid: Grid, upper: int) -> dict[int, tuple[str, ...]]:
    """For each column what two lines of headings may say together, the likeliest reading first."""
    above, below = dict(grid.rows[upper]), grid.rows[upper + 1]
    for first_row, first_column, _last_row, last_column in grid.merges:
        if first_row == upper and first_column in above:
            for column in below.keys() & set(range(first_column, min(last_column, COLUMNS) + 1)):
                above.setdefault(column, above[first_column])
    readings = {}
    for column in sorted(above.keys() | below.keys()):
        high, low = above.get(column, ""), below.get(column, "")
        readings[column] = (f"{high} {low}".strip(), *([low] if low else []), high)
    return readings


def _understood(
    first: int, last: int, readings: Mapping[int, Sequence[str]], meanings: Vocabulary
) -> Headings:
    candidates: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    texts, unknown, others = {}, [], 0
    for column, options in readings.items():
        field, precision, rank, text = _meaning(options, meanings)
        texts[column] = words(text)
        if field in {"", "other"}:
            unknown.append(column)
            others += field == "other"
        else:
            candidates[field].append((precision, rank, column))
    columns, twice = {}, {}
    for field, found in candidates.items():
        found.sort()
        columns[field] = found[0][2]
        if field != "running" and len(found) > 1 and found[0][:2] == found[1][:2]:
            twice[field] = (texts[found[0][2]], texts[found[1][2]])
        unknown += [column for _precision, _rank, column in found[1:]]
    return Headings(first, last, columns, texts, tuple(sorted(unknown)), twice, len(columns) + others)


def _meaning(options: Sequence[str], meanings: Vocabulary) -> tuple[str, int, int, str]:
    """(field, how far the reading was stretched, rank of the synonym, the text read); field "" if unknown."""
    for option in options:
        for precision, reading in enumerate((option, _BRACKETS.sub("", option), _NOT_HAN.sub("", option))):
            if meaning := meanings.get(_key(reading)):
                return meaning[0], precision, meaning[1], option
    return "", 0, 0, options[0]
