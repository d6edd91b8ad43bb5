from __future__ import annotations

import pytest

from consult.members.roster import FIELDS, LONGEST
from consult.members.sheet_cells import Wrong, cell_value, exact, phones, remarks


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("number", "０１２３", "0123"),
        ("number", "政协 012", "政协012"),
        ("number", "1001.0", "1001"),
        ("number", "XW-2022-001", "XW-2022-001"),
        ("name", "张　三", "张三"),
        ("name", "张 三", "张三"),
        ("name", "　欧阳 　娜娜 ", "欧阳娜娜"),
        ("name", "𠮷　〇", "𠮷〇"),
        ("name", "买买提 • 艾力", "买买提·艾力"),
        ("name", "阿依古丽・图兰", "阿依古丽·图兰"),
        ("name", "Anna  Maria O’Neill", "Anna Maria O’Neill"),
        ("name", "马兰（女，回族）", "马兰"),
        ("sex", "男 ", "男"),
        ("sex", "Female", "女"),
        ("sex", "Ｍ", "男"),
        ("ethnic_group", "汉 族", "汉族"),
        ("party", "中共党员", "中共党员"),
        ("party", "无", ""),
        ("sector", "农 业\n界", "农业界"),
        ("committees", "提案委、 经济委，文史委,社法委；教科卫体委;民宗委／港澳委/联络委\n学习委", (
            "提案委", "经济委", "文史委", "社法委", "教科卫体委", "民宗委", "港澳委", "联络委", "学习委")),
        ("committees", "提案委、提案委", ("提案委",)),
        ("committees", "/", ()),
        ("post", "县农业局\n副局长", "县农业局副局长"),
        ("post", "县农业局　局长  县科协主席", "县农业局 局长 县科协主席"),
        ("post", "第２小学（东区）校长", "第2小学（东区）校长"),
        ("phone", "１９９００００１２３４", "19900001234"),
        ("phone", "19900001234.0", "19900001234"),
        ("phone", "1.9900001234E+10", "19900001234"),
        ("phone", "199-0000-1234", "19900001234"),
        ("phone", "+86 199 0000 1234", "19900001234"),
        ("phone", "0911-7612345", "09117612345"),
        ("phone", "（0911）7612345", "09117612345"),
        ("phone", "+852 9000 1234", "+85290001234"),
        ("phone", "0911-7612345、19900001234", "19900001234"),
        ("email", "a.b@example.com", "a.b@example.com"),
        ("email", "ａ＠example．com", "a@example.com"),
    ],
)  # fmt: skip
def test_cell_is_read_as_meant(field, text, value):
    assert cell_value(field, text) == value


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("number", "1.2E+17", "digits_lost"),
        ("number", "2024/1/2", "a_date"),
        ("number", "1月2日", "a_date"),
        ("number", "2-Jan", "a_date"),
        ("number", "张三", "not_a_number"),
        ("number", "=1+1", "not_a_number"),
        ("number", "#REF!", "formula_error"),
        ("number", "1" * 41, "too_long"),
        ("name", "12345", "not_a_name"),
        ("name", '=HYPERLINK("http://example.com","张三")', "not_a_name"),
        ("name", "\u200d", "not_a_name"),
        ("name", "张三（待定）", "not_a_name"),
        ("name", "张" * 61, "too_long"),
        ("name", "#N/A", "formula_error"),
        ("sex", "男女", "not_a_sex"),
        ("sex", "1", "not_a_sex"),
        ("ethnic_group", "族" * 31, "too_long"),
        ("party", "党" * 41, "too_long"),
        ("sector", "界" * 41, "too_long"),
        ("committees", "提案委、" + "委" * 41, "too_long"),
        ("committees", "委、" * 1000, "too_long"),
        ("post", "长" * 121, "too_long"),
        ("phone", "1.38E+10", "digits_lost"),
        ("phone", "１.99E＋10", "digits_lost"),
        ("phone", "1990000123", "not_a_phone"),
        ("phone", "199000012345", "not_a_phone"),
        ("phone", "同上", "not_a_phone"),
        ("email", "a@b", "not_an_email"),
        ("email", "张三@example.com", "not_an_email"),
        ("email", "a@example.com, b@example.com", "not_an_email"),
        ("email", "a" * 64 + "@" + "b" * 60 + ".com", "too_long"),
    ],
)
def test_cell_that_cannot_be_meant_is_refused(field, text, code):
    with pytest.raises(Wrong) as refusal:
        cell_value(field, text)
    assert refusal.value.code == code


@pytest.mark.parametrize("blank", ["", "无", "—", "-", "/", "N/A", "暂无"])
@pytest.mark.parametrize("field", FIELDS)
def test_cell_that_says_nothing_is_blank(field, blank):
    assert cell_value(field, blank) in ("", ())


@pytest.mark.parametrize("field", LONGEST.keys() - {"sex", "phone", "email", "committees"})
def test_cell_may_be_as_long_as_its_limit(field):
    assert cell_value(field, "A" * LONGEST[field]) == "A" * LONGEST[field]


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", "7"), ("7.00", "7"), ("7.5", "7.5"), ("1.5E1", "15"), ("1.55E1", "1.55E1"), ("1.5E3", "1.5E3")],
)
def test_number_is_exact_or_stays_as_it_is(text, number):
    assert exact(text) == number


def test_remarks_behind_a_name_tell_sex_and_ethnic_group():
    assert remarks("马兰（女、回族）") == {"sex": "女", "ethnic_group": "回族"}
    assert remarks("马兰") == {}


def test_mobile_numbers_come_first():
    assert phones("0911-7612345/19900000002；19900000001") == ["19900000002", "19900000001", "09117612345"]
