"""The difficulties of real roster sheets, one by one; test_roster_sample.py has them all at once."""

from __future__ import annotations

import pytest

from consult.members.roster import FIELDS, RosterRow
from consult.members.sheet import read_sheet
from tests.members.sheets import HEADINGS, LI, ZHANG, parts, read, text_table, workbook, xlsx

ZHANG_READ = RosterRow(
    number="001", name="张三", sex="男", ethnic_group="汉族", party="群众", sector="农业界",
    committees=("提案委员会",), post="县农业局局长", phone="19900000001", email="z@example.com",
)  # fmt: skip
LI_READ = RosterRow(
    number="002", name="李四", sex="女", ethnic_group="回族", party="民盟", sector="教育界",
    post="县一中教师", phone="19900000002",
)  # fmt: skip
BOTH = (ZHANG_READ, LI_READ)
SHORT = ("编号", "姓名")


def passed(sheet):
    return [(over.line, over.code, over.text) for over in sheet.passed_over]


def codes(sheet):
    return [(problem.line, problem.field, problem.code) for problem in sheet.problems]


def test_plain_sheet_is_read_whole():
    sheet = read(HEADINGS, ZHANG, LI)
    assert sheet.rows == BOTH
    assert [row.line for row in sheet.rows] == [2, 3]
    assert (sheet.problems, sheet.passed_over, sheet.sheet_name) == ((), (), "名单")
    assert sheet.columns == dict(zip(FIELDS, ("委员证号", *HEADINGS[2:]), strict=True))


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ","), ("gbk", ","), ("gb18030", ";"), ("utf-16", "\t")],
)
def test_text_file_is_read_in_each_encoding(encoding, delimiter):
    data = text_table(("政协委员名单",), HEADINGS, ZHANG, (), LI, encoding=encoding, delimiter=delimiter)
    sheet = read_sheet(data, "名单.csv")
    assert sheet.rows == BOTH
    assert [row.line for row in sheet.rows] == [3, 5]
    assert sheet.sheet_name == "名单.csv"


def test_name_of_the_file_does_not_decide_how_it_is_read():
    assert read_sheet(xlsx(HEADINGS, ZHANG, LI), "../../名单.csv").rows == BOTH
    assert read_sheet(text_table(HEADINGS, ZHANG, LI), "名单.xlsx").rows == BOTH


@pytest.mark.parametrize(
    "headings",
    [
        ("序 号", "委员\n编号", "姓　名", "性 别", "民 族", "政治面貌", "所属界别", "所属专委会",
         "工作单位及职务", "联系电话（手机）", "电子邮箱："),
        ("No.", "Member number", "Name", "Sex", "Ethnic group", "Party", "Sector", "Committees", "Post",
         "Mobile", "E-mail"),
        ("序号", "委员证号 Member ID", "姓名/Name", "*性别", "民族(必填)", "党派/政治面貌", "【界别】",
         "专门委员会", "单位职务", "手机号码", "邮箱地址"),
    ],
)  # fmt: skip
def test_headings_are_understood_in_many_words_and_any_order(headings):
    assert read(headings, ZHANG, LI).rows == BOTH
    assert read(headings[::-1], ZHANG[::-1], LI[::-1]).rows == BOTH


def test_better_of_two_like_headings_is_taken_and_the_other_passed_over():
    sheet = read(
        (*SHORT, "联系电话", "手机", "办公电话"), ("1", "张三", "0911-7612345", "19900000001", "7612345")
    )
    assert sheet.rows[0].phone == "19900000001"
    assert passed(sheet) == [(0, "column", "联系电话"), (0, "column", "办公电话")]


def test_title_date_totals_and_notes_are_passed_over():
    sheet = read(
        ("政协某县第十届委员会委员名册",),
        ("填报单位：县政协", "", "2024年3月1日"),
        HEADINGS,
        ZHANG,
        LI,
        ("合　计", "2人", "", "女1人"),
        ("", "第1页"),
        ("备注：以上名单按界别排列。",),
        ("注1：略",),
        ("填表人：王五", "", "", "审核人：赵六"),
        ("", "", "此表一式两份，县政协办公室存一份。"),
    )
    assert sheet.rows == BOTH
    assert [row.line for row in sheet.rows] == [4, 5]
    assert [over[:2] for over in passed(sheet)] == [
        (1, "above"), (2, "above"), (6, "note"), (7, "note"), (8, "note"), (9, "note"), (10, "note"),
        (11, "note"),
    ]  # fmt: skip
    assert sheet.problems == ()


def test_headings_in_two_lines_with_merged_cells_are_read_together():
    def merge(sheet):
        for cells in ("A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:G2"):
            sheet.merge_cells(cells)

    rows = (
        ("委员名册",),
        ("序号", "委员编号", "姓名", "基本情况", "", "联系方式", ""),
        ("", "", "", "性别", "民族", "手机", "邮箱"),
        (1, "001", "张三", "男", "汉族", "19900000001", "z@example.com"),
    )
    sheet = read_sheet(xlsx(*rows, change=merge), "x.xlsx")
    expected = RosterRow("001", "张三", "男", "汉族", phone="19900000001", email="z@example.com")
    assert sheet.rows == (expected,)
    assert sheet.rows[0].line == 4
    assert read_sheet(text_table(*rows), "x.csv").rows == (expected,)


def test_merged_upper_heading_belongs_to_every_column_below_it():
    rows = (
        ("编号", "姓名", "办公", "", "手机"),
        ("", "", "地址", "电话", ""),
        (1, "张三", "县政府", "7612345", "19900000001"),
    )
    sheet = read_sheet(xlsx(*rows, change=lambda sheet: sheet.merge_cells("C1:D1")), "x.xlsx")
    assert sheet.rows == (RosterRow("1", "张三", phone="19900000001"),)
    assert passed(sheet) == [(0, "column", "办公地址"), (0, "column", "办公电话")]


def test_heading_merged_over_blank_columns_stands_there_once():
    def merge(sheet):
        for cells in ("A1:A2", "B1:C2", "D1:E1"):
            sheet.merge_cells(cells)

    rows = (
        ("编号", "姓名", "", "联系方式"),
        ("", "", "", "手机", "邮箱"),
        (1, "张三", "", "19900000001", "z@example.com"),
    )
    sheet = read_sheet(xlsx(*rows, change=merge), "x.xlsx")
    assert sheet.rows == (RosterRow("1", "张三", phone="19900000001", email="z@example.com"),)


def test_heading_broken_over_two_lines_is_put_together():
    sheet = read(
        ("委员", "姓", "所属", "单位及"), ("编号", "名", "专委会", "职务"), ("001", "张三", "提案委", "教师")
    )
    assert sheet.rows == (RosterRow("001", "张三", committees=("提案委",), post="教师"),)


def test_first_member_is_not_taken_for_a_second_line_of_headings():
    assert [
        row.name for row in read(("编号", "姓名", ""), ("1", "张三", "男"), ("2", "李四", "男")).rows
    ] == ["张三", "李四"]


def test_headings_repeated_on_each_page_are_passed_over():
    sheet = read(HEADINGS, ZHANG, ("",), HEADINGS, LI)
    assert sheet.rows == BOTH
    assert passed(sheet) == [(4, "heading", " ".join(HEADINGS))]


def test_phone_stored_as_a_number_is_read():
    sheet = read((*SHORT, "手机"), (1, "张三", 19900000001), (2, "李四", 19900000002.0), (3, "王五", 1.99e10))
    assert [row.phone for row in sheet.rows] == ["19900000001", "19900000002", "19900000000"]
    assert [row.number for row in sheet.rows] == ["1", "2", "3"]


def test_number_shown_with_leading_zeros_is_read_as_shown():
    def zeros(sheet):
        sheet["A2"].number_format = "0000"

    assert read_sheet(xlsx(SHORT, (7, "张三"), change=zeros), "x.xlsx").rows[0].number == "0007"


def test_number_turned_into_a_date_is_a_problem():
    def date(sheet):
        sheet["A2"].number_format = "yyyy/m/d"

    sheet = read_sheet(xlsx(SHORT, (45293, "张三"), change=date), "x.xlsx")
    assert codes(sheet) == [(2, "number", "a_date")]
    assert "2024/1/2" in sheet.problems[0].message()


def test_merged_sector_holds_for_every_row_it_covers():
    def merge(sheet):
        sheet.merge_cells("C2:C4")

    rows = ((*SHORT, "界别"), (1, "张三", "农业界"), (2, "李四"), (3, "王五"), (4, "赵六"))
    sheet = read_sheet(xlsx(*rows, change=merge), "x.xlsx")
    assert [row.sector for row in sheet.rows] == ["农业界", "农业界", "农业界", ""]


@pytest.mark.parametrize("merged", [False, True])
def test_group_rows_give_the_sector_where_there_is_no_column_for_it(merged):
    def merge(sheet):
        if merged:
            sheet.merge_cells("A2:C2")

    rows = (
        ("序号", *SHORT),
        ("一、农业界（2人）",),
        (1, "001", "张三"),
        (2, "002", "李四"),
        ("特邀人士", "1人"),
        (3, "003", "王五"),
    )
    sheet = read_sheet(xlsx(*rows, change=merge), "x.xlsx")
    assert [row.sector for row in sheet.rows] == ["农业界", "农业界", "特邀人士"]
    assert passed(sheet) == [(2, "group", "一、农业界（2人）"), (5, "group", "特邀人士 1人")]


def test_group_rows_do_not_overrule_a_column_of_sectors():
    sheet = read((*SHORT, "界别"), ("农业界（2人）",), (1, "张三", "教育界"), (2, "李四"))
    assert [row.sector for row in sheet.rows] == ["教育界", ""]


def test_blank_rows_and_rows_with_only_a_running_number_are_ignored():
    sheet = read(HEADINGS, ("",), ZHANG, (2,), LI, (3,), (4, " "))
    assert sheet.rows == BOTH
    assert sheet.passed_over == ()


def test_hidden_rows_are_passed_over_and_named():
    def hide(sheet):
        sheet.row_dimensions[2].hidden = True

    sheet = read_sheet(xlsx(HEADINGS, ZHANG, LI, change=hide), "x.xlsx")
    assert sheet.rows == (LI_READ,)
    assert [over[:2] for over in passed(sheet)] == [(2, "hidden")]
    assert "张三" in sheet.passed_over[0].message()


def test_sheet_with_the_headings_is_chosen_wherever_it_stands():
    sheet = read_sheet(
        workbook({"说明": [("请先看这里",)], "委员": [HEADINGS, ZHANG, LI], "空": []}), "x.xlsx"
    )
    assert (sheet.sheet_name, sheet.rows) == ("委员", BOTH)
    assert [(over.code, over.text, over.rows) for over in sheet.passed_over] == [("sheet", "说明", 1)]


def test_text_marks_of_exporting_programs_are_taken_off():
    data = '编号,姓名,手机\r\n="001",张三,\'19900000001\r\n="002",李四,\t19900000002\r\n'.encode()
    rows = read_sheet(data, "x.csv").rows
    assert [(row.number, row.phone) for row in rows] == [("001", "19900000001"), ("002", "19900000002")]


def test_member_is_not_taken_for_a_note_by_what_stands_in_the_first_column():
    rows = (("邮箱", *SHORT), ("note@example.com", 1, "张三"), ("", 2, "李四"))
    assert [row.name for row in read(*rows).rows] == ["张三", "李四"]


def test_first_of_two_roster_sheets_is_read_and_the_other_named():
    sheet = read_sheet(workbook({"本届": [HEADINGS, ZHANG], "上届": [HEADINGS, LI]}), "x.xlsx")
    assert (sheet.sheet_name, sheet.rows) == ("本届", (ZHANG_READ,))
    assert sheet.passed_over[0].message() == "The sheet “上届” (rows: 2)"


def test_hidden_sheet_is_passed_over():
    def hide(book):
        book["旧"].sheet_state = "hidden"

    sheet = read_sheet(workbook({"旧": [HEADINGS, LI], "新": [HEADINGS, ZHANG]}, hide), "x.xlsx")
    assert (sheet.sheet_name, sheet.rows) == ("新", (ZHANG_READ,))
    assert sheet.passed_over[0].code == "hidden_sheet"


def test_workplace_and_bare_post_make_one_post():
    rows = (
        (*SHORT, "工作单位", "职务"),
        (1, "张三", "县农业局", "局长"),
        (2, "李四", "县一中", ""),
        (3, "王五", "", "村医"),
    )
    assert [row.post for row in read(*rows).rows] == ["县农业局局长", "县一中", "村医"]
    assert read(*rows).columns["post"] == "工作单位 + 职务"
    full = read((*SHORT, "工作单位", "单位及职务"), (1, "张三", "县农业局", "县农业局局长"))
    assert full.rows[0].post == "县农业局局长"
    assert read((*SHORT, "工作单位"), (1, "张三", "县农业局")).rows[0].post == "县农业局"


def test_remark_behind_a_name_fills_what_is_blank():
    sheet = read((*SHORT, "性别"), (1, "马兰（女，回族）"), (2, "李四（女）", "男"))
    assert [(row.name, row.sex, row.ethnic_group) for row in sheet.rows] == [
        ("马兰", "女", "回族"),
        ("李四", "男", ""),
    ]


def test_further_phone_numbers_are_passed_over_and_named():
    sheet = read((*SHORT, "电话"), (1, "张三", "0911-7612345/19900000001"))
    assert sheet.rows[0].phone == "19900000001"
    assert passed(sheet) == [(2, "other_phone", "0911-7612345/19900000001")]


def test_invisible_characters_are_removed():
    sheet = read((*SHORT, "单位及职务"), ("0\u200b01", "张\u202e三\u2060", "县\u200e医院\ufeff"))
    assert sheet.rows == (RosterRow("001", "张三", post="县医院"),)


def test_formula_like_text_stays_text():
    assert read((*SHORT, "单位及职务"), (1, "张三", "\t=1+1")).rows[0].post == "=1+1"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("", "张三", "男", "", "", ""), ("number", "missing")),
        (("\u200b", "张三", "男", "", "", ""), ("number", "missing")),
        (("1", "", "男", "", "", ""), ("name", "missing")),
        (("1", "\u200b\u200e", "男", "", "", ""), ("name", "missing")),
        (("1", "123", "男", "", "", ""), ("name", "not_a_name")),
        (("2/3:4", "张三", "男", "", "", ""), ("number", "not_a_number")),
        (("1", "张三", "南", "", "", ""), ("sex", "not_a_sex")),
        (("1", "张三", "男", "1.38E+10", "", ""), ("phone", "digits_lost")),
        (("1", "张三", "男", "1381234567", "", ""), ("phone", "not_a_phone")),
        (("1", "张三", "男", "", "a@b@c", ""), ("email", "not_an_email")),
        (("1", "张三", "男", "", "", "长" * 121), ("post", "too_long")),
        (("1", "张三", "男", "", "", "#VALUE!"), ("post", "formula_error")),
    ],
)
def test_wrong_cell_is_a_problem_naming_row_and_column(row, problem):
    headings = ("编 号", "姓名", "性别", "手机", "邮箱", "单位及职务")
    for data in (xlsx(headings, row, LI[1:7]), text_table(headings, row, ("2", "李四", "女", "", "", ""))):
        sheet = read_sheet(data, "x")
        assert [(found.line, found.field, found.code) for found in sheet.problems][:1] == [(2, *problem)]
        assert len(sheet.rows) == 2
        heading = {"number": "编号", "name": "姓名", "sex": "性别", "phone": "手机", "email": "邮箱"}.get(
            problem[0]
        )
        assert sheet.problems[0].message().startswith(f"Row 2, {heading or '单位及职务'}: ")


def test_every_problem_of_a_row_is_told():
    sheet = read((*SHORT, "性别", "手机"), ("", "1", "x", "y"), (2, "李四"))
    assert codes(sheet) == [
        (2, "number", "missing"),
        (2, "name", "not_a_name"),
        (2, "sex", "not_a_sex"),
        (2, "phone", "not_a_phone"),
    ]


def test_same_member_number_twice_is_a_problem():
    sheet = read(SHORT, ("001", "张三"), ("002", "李四"), ("００１", "王五"))
    assert codes(sheet) == [(4, "number", "twice")]
    assert sheet.problems[0].message() == "Row 4, 编号: 001 stands in row 2 already."


@pytest.mark.parametrize(
    "row", [("", "", "王五"), ("", "005", ""), (3, "", "王五"), ("", "", "", "男", "汉族")]
)
def test_incomplete_member_is_a_problem_and_not_passed_over(row):
    sheet = read(HEADINGS, ZHANG, row, LI)
    assert len(sheet.rows) == 3
    assert {problem.code for problem in sheet.problems} == {"missing"}


def test_far_corner_costs_nothing():
    def corner(sheet):
        sheet.cell(1_048_576, 16_384, "x")
        sheet.cell(1_048_576, 1, "y")

    sheet = read_sheet(xlsx(HEADINGS, ZHANG, LI, change=corner), "x.xlsx")
    assert sheet.rows == BOTH
    assert passed(sheet) == [(1_048_576, "note", "y")]


def test_shared_rich_and_escaped_strings_are_read():
    strings = (
        "<si><t>编号</t></si><si><r><t>姓</t></r><r><t xml:space='preserve'> 名</t></r></si>"
        "<si><t>张三</t><rPh sb='0' eb='1'><t>zhang</t></rPh></si>"
        "<si><t>提案委_x000D_\n经济委</t></si><si><t>专委会</t></si>"
    )
    cells = "<row>{}</row><row>{}</row>".format(
        "".join(f'<c t="s"><v>{index}</v></c>' for index in (0, 1, 4)),
        '<c><v>1</v></c><c t="s"><v>2</v></c><c t="s"><v>3</v></c>',
    )
    sheet = read_sheet(parts(f"<sheetData>{cells}</sheetData>", strings=strings), "x.xlsx")
    assert sheet.rows == (RosterRow("1", "张三", committees=("提案委", "经济委")),)


def test_messages_of_what_was_passed_over_name_the_row():
    sheet = read(("名册",), HEADINGS, ZHANG, HEADINGS, LI, ("合计",))
    assert [over.message() for over in sheet.passed_over] == [
        "Row 1, above the headings: “名册”", "Row 4: the headings again", "Row 6: “合计”",
    ]  # fmt: skip
