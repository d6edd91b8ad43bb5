"""One cell at a time: from what people type to what is meant, or a reason why it can't be meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal

from consult.members.roster import LONGEST, Value

_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_GAP_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_WRAP_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])[ \t]*\n\s*(?=[{_HAN}])")
_SPACE = re.compile(r"\s+")
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?[eE]\+?(\d{1,2})")
_WHOLE = re.compile(r"(\d+)\.0+")
_FORMULA_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)")
_DATE = re.compile(  # as Excel shows what it has taken for a date
    r"\d{4}/\d{1,2}(/\d{1,2})?( .*)?|\d{4}年\d{1,2}月(\d{1,2}日)?|\d{1,2}月\d{1,2}日"
    r"|\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{2}"
)
_BLANK = {"", "无", "暂无", "-", "--", "—", "——", "/", "none", "n/a"}

_DOTS = re.compile(r"\s*[·•‧∙⋅・･]\s*")
_REMARK = re.compile(r"\s*[(（]([^()（）]*)[)）]$")
_NUMBER = re.compile(r"[\w\-./()〔〕\[\]#]*\d[\w\-./()〔〕\[\]#]*|[A-Za-z][\w\-]*")
_LISTED = re.compile(r"[、，,;；/／|\n]+")
_PHONE_NOISE = re.compile(r"[\s\-()‐-―]+")
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}|[2-9]\d{6,7}|\+\d{7,15}")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_EMAIL = re.compile(r"[\w.%+'-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_SEXES = {
    "男": "男",
    "女": "女",
    "男性": "男",
    "女性": "女",
    "male": "男",
    "female": "女",
    "m": "男",
    "f": "女",
}

# Full-width letters and digits become plain ones. Full-width punctuation stays: in a post it is right.
_PLAIN = {0xFEE0 + code: code for code in range(0x21, 0x7F) if chr(code).isalnum()} | {0x3000: 0x20}


class Wrong(Exception):
    """A cell that can't be read: `code` and `params` as in `Problem`."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def cell_value(field: str, text: str) -> Value:
    """The value of a (cleaned) cell in the column of that field, blank if it says nothing. Raises Wrong."""
    longest = LONGEST[field]
    if len(text) > longest * (20 if field == "committees" else 3):
        raise Wrong("too_long", longest=longest)
    if _FORMULA_ERROR.fullmatch(text):
        raise Wrong("formula_error", text=text)
    if text.casefold() in _BLANK:
        return () if field == "committees" else ""
    value = _PARSERS.get(field, words)(text)
    for part in [value] if isinstance(value, str) else value:
        if len(part) > longest:
            raise Wrong("too_long", longest=longest)
    return value


def words(text: str) -> str:
    """Plain letters and digits, no padding between Han characters, single spaces elsewhere."""
    return _SPACE.sub(" ", _GAP_BETWEEN_HAN.sub("", text.translate(_PLAIN))).strip()


def exact(text: str) -> str:
    """A number in full (`13812345678.0`, `1.3812345678E10`); what has lost digits stays as it is."""
    if whole := _WHOLE.fullmatch(text):
        return whole[1]
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific and len(scientific[2] or "") >= int(scientific[3]) and Decimal(text) % 1 == 0:
        return str(int(Decimal(text)))
    return text


def remarks(text: str) -> dict[str, str]:
    """What stands in brackets behind a name: of `马兰（女，回族）` the sex and the ethnic group."""
    found = {}
    bracket = _REMARK.search(text)
    for remark in _LISTED.split(bracket[1].replace(" ", "")) if bracket else ():
        if remark in _SEXES:
            found["sex"] = _SEXES[remark]
        elif remark.endswith("族"):
            found["ethnic_group"] = remark
        else:
            raise Wrong("not_a_name", text=excerpt(text))
    return found


def phones(text: str) -> list[str]:
    """The phone numbers in a cell: mobile, landline, or international with +; mobile ones first."""
    text = unicodedata.normalize("NFKC", text)
    whole = _one_phone(text)
    parts = [whole] if _PHONE.fullmatch(whole) else map(_one_phone, re.split(r"[、，,;；/／|\s]+", text))
    valid = dict.fromkeys(part for part in parts if _PHONE.fullmatch(part))
    return sorted(valid, key=lambda number: not _MOBILE.fullmatch(number))


def excerpt(text: str) -> str:
    """A text cut to a length that fits into a message, on one line."""
    line = _SPACE.sub(" ", text).strip()
    return line if len(line) <= 60 else line[:59] + "…"


def _is_letter(character: str) -> bool:
    # Nl holds 〇; Co (private use) is how some rare characters in names are still typed.
    return unicodedata.category(character) in {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nl", "Co"}


def _name(text: str) -> str:
    remarks(text)
    name = _DOTS.sub("·", words(_REMARK.sub("", text)))
    if not any(map(_is_letter, name)) or not all(_is_letter(c) or c in "·.'’- \u200d" for c in name):
        raise Wrong("not_a_name", text=excerpt(text))
    return name


def _number(text: str) -> str:
    number = exact(_SPACE.sub("", unicodedata.normalize("NFKC", text)))
    if _SCIENTIFIC.fullmatch(number):
        raise Wrong("digits_lost", text=number)
    if _DATE.fullmatch(text):
        raise Wrong("a_date", text=text)
    if not _NUMBER.fullmatch(number):
        raise Wrong("not_a_number", text=excerpt(text))
    return number


def _sex(text: str) -> str:
    sex = _SEXES.get(_SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold())
    if sex is None:
        raise Wrong("not_a_sex", text=excerpt(text))
    return sex


def _sector(text: str) -> str:
    return words(text).replace(" ", "")


def _committees(text: str) -> tuple[str, ...]:
    parts = (words(part) for part in _LISTED.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))


def _post(text: str) -> str:
    # A line break inside the cell only wraps it; a space separates two posts.
    return _SPACE.sub(" ", _WRAP_BETWEEN_HAN.sub("", text.translate(_PLAIN))).strip()


def _phone(text: str) -> str:
    found = phones(text)
    if not found:
        lost = _SCIENTIFIC.fullmatch(_SPACE.sub("", unicodedata.normalize("NFKC", text)))
        raise Wrong("digits_lost" if lost else "not_a_phone", text=excerpt(text))
    return found[0]


def _one_phone(text: str) -> str:
    digits = _PHONE_NOISE.sub("", exact(text.strip()))
    return re.sub(r"^(\+|00)?86(?=1[3-9]\d{9}$)", "", digits)


def _email(text: str) -> str:
    email = _SPACE.sub("", unicodedata.normalize("NFKC", text))
    if not _EMAIL.fullmatch(email):
        raise Wrong("not_an_email", text=excerpt(text))
    return email


_PARSERS: Mapping[str, Callable[[str], Value]] = {
    "number": _number,
    "name": _name,
    "sex": _sex,
    "sector": _sector,
    "committees": _committees,
    "post": _post,
    "phone": _phone,
    "email": _email,
}
