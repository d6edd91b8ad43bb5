"""Made-up rosters for rehearsals and the demonstration: invented people in a sheet as county offices keep it.

Nobody here exists: names are drawn from lists of surnames and given names, every phone number begins with
1990000, every address ends with example.com.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import groupby
from random import Random

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from consult.members.roster import RosterRow

COUNTY = "禾川县"

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛"
    "叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔"
)
_SHORT = {"男": "强磊军洋勇涛明超平刚鹏斌辉凯杰浩博睿宁毅", "女": "敏静丽艳玲燕莉娜倩楠琳颖悦欣岚蓉洁慧萍芳"}
_FIRST = "建国志文晓海春玉秀永德立学兴成俊雅思嘉宏振亚新东雨继红慧景绍世"
_SECOND = {
    "男": "军华平林伟峰斌强民生荣祥武龙东明辉良宁勇义山",
    "女": "芳英兰梅霞萍琴娟珍红燕玲凤云洁莹琳蓉慧静妍娥",
}
_DOTTED = ("阿依努尔·图兰", "帕提曼·卡木", "热合曼·伊力", "古扎丽·沙依", "库尔班·塔西", "玛依拉·努孜")
_PEOPLES = ("回族", "满族", "蒙古族", "藏族", "土家族", "苗族")
_TOWNS = ("城关镇", "柳河镇", "石桥镇", "青山镇", "东岭乡", "白杨镇", "清水镇", "南塬乡")
_VILLAGES = ("石桥村", "杏树湾村", "上河村", "槐树坪村", "龙王沟村", "北坡村", "桃园村", "双泉村")
_FIRMS = ("禾丰粮油", "安和建筑", "新元化工", "远大商贸", "鸿运物流", "和兴电子", "绿源农业", "金谷面业")
_SECTORS = {
    "中共": (
        "县委办公室副主任",
        "县委组织部副部长",
        "县委统战部副部长",
        "{town}党委书记",
        "{town}党委副书记",
    ),
    "民盟": ("县第一中学高级教师", "县职业教育中心副校长", "{town}中心小学教师"),
    "民建": ("{firm}有限公司总经理", "{firm}有限公司董事长"),
    "农工党": ("县人民医院内科主任", "县中医医院副院长", "{town}卫生院医师"),
    "九三学社": ("县农业技术推广中心高级农艺师", "县水利局总工程师", "县林业局高级工程师"),
    "无党派人士": ("县统计局副局长", "县审计局总审计师", "县图书馆馆长"),
    "共青团": ("团县委副书记", "{town}团委书记"),
    "工会": ("县总工会副主席", "{firm}有限公司工会主席"),
    "妇联": ("县妇联副主席", "{town}妇联主席", "{village}妇联主席"),
    "工商联": ("县工商联副主席", "{firm}有限公司总经理", "{firm}有限公司经理"),
    "科协": ("县科协副主席", "县气象局高级工程师"),
    "文化艺术界": ("县文化馆副馆长", "县书法家协会理事", "县剧团副团长", "县融媒体中心编辑"),
    "经济界": ("县财政局副局长", "县农村商业银行副行长", "{firm}有限公司财务总监", "县发展和改革局副局长"),
    "农业界": (
        "县农业农村局副局长",
        "{village}苹果专业合作社理事长",
        "{village}党支部书记",
        "{town}畜牧站站长",
    ),
    "教育界": ("县教育局副局长", "县第二中学副校长", "{town}中心小学校长", "{town}初级中学教师"),
    "医药卫生界": ("县卫生健康局副局长", "县妇幼保健院副院长", "{town}卫生院院长", "县人民医院主任医师"),
    "社会福利和社会保障界": ("县民政局副局长", "县残联副理事长", "{town}敬老院院长"),
    "少数民族界": ("县民族宗教事务局副局长", "{town}干部", "{village}村民委员会主任"),
    "宗教界": ("县佛教协会副会长", "县道教协会副会长"),
    "特邀人士": ("县人民法院退休干部", "县政协退休干部", "县人民检察院退休干部"),
}
_PARTIES = {
    "中共": "中共党员", "民盟": "民盟盟员", "民建": "民建会员", "农工党": "农工党党员",
    "九三学社": "九三学社社员", "无党派人士": "无党派人士",
}  # fmt: skip
_COMMITTEES = (
    "提案委员会", "经济和农业农村委员会", "教科卫体委员会", "文化文史和学习委员会", "人口资源环境委员会",
    "社会法制和民族宗教委员会", "港澳台侨和外事委员会",
)  # fmt: skip

_UPPER = (
    "序号",
    "委员\n证号",
    "姓 名",
    "性别",
    "民族",
    "党 派",
    "界别",
    "所属\n专委会",
    "单位及职务",
    "联系方式",
    "",
    "备注",
)
_LOWER = ("",) * 9 + ("手机（本人）", "电子邮箱", "")
_WIDTHS = (6, 9, 12, 6, 9, 12, 14, 22, 34, 16, 26, 8)
_FULL_WIDTH = {ord("0") + digit: ord("０") + digit for digit in range(10)}


def made_up_roster(members: int, seed: int) -> list[RosterRow]:
    """So many invented members of a county, by sector; the same ones for the same seed."""
    random = Random(seed)  # noqa: S311 - nothing secret hangs on it
    sectors = sorted(random.choices(list(_SECTORS), k=members), key=list(_SECTORS).index)
    taken: set[str] = set()
    return [_made_up(random, order, sector, taken) for order, sector in enumerate(sectors, 1)]


def make_sheet(members: int, seed: int, county: str = COUNTY) -> bytes:
    """The workbook in which a county office would keep `made_up_roster(members, seed)`.

    It has what makes such sheets hard to read: title and date above, headings in two lines, merged cells, a
    running number, padded names, full-width digits, numbers stored as text and text as numbers, several
    committees in a cell, the headings again half-way, totals and notes below, a second sheet.
    """
    random = Random(seed)  # noqa: S311 - nothing secret hangs on it
    roster = made_up_roster(members, seed)
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "委员名单"
    sheet.append([f"政协{county}委员会委员名册"])
    sheet.append(["填报单位：县政协办公室", *[""] * 8, "截至２０２４年３月"])
    sheet.merge_cells("A1:L1")
    _write_headings(sheet)
    half = members // 2
    for order, row in enumerate(roster, 1):
        if order == half and members > 40:
            sheet.append([""])
            _write_headings(sheet)
        _write_member(sheet, order, row, random)
    _merge_sectors(sheet)
    women = sum(row.sex == "女" for row in roster)
    sheet.append(["合计", f"{members}人", "", f"其中女委员{women}人"])
    sheet.append(["备注：1.本名册按界别排列；2.如有变动，请及时告知县政协办公室。"])
    sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=12)
    sheet.append(["填表人：" + _name(random, "女"), "", "", "审核人：" + _name(random, "男")])
    _write_summary(book.create_sheet("界别统计"), roster)
    for column, width in zip("ABCDEFGHIJKL", _WIDTHS, strict=True):
        sheet.column_dimensions[column].width = width
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def make_csv(rows: Iterable[RosterRow], encoding: str) -> bytes:
    """The same members as a plain .csv in that encoding (a Python name such as `utf-8-sig` or `gb18030`)."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(
        ["委员证号", "姓名", "性别", "民族", "党派", "界别", "专委会", "单位及职务", "手机", "邮箱"]
    )
    for row in rows:
        before = (row.number, row.name, row.sex, row.ethnic_group, row.party, row.sector)
        writer.writerow([*before, "、".join(row.committees), row.post, row.phone, row.email])
    return file.getvalue().encode(encoding)


def _made_up(random: Random, order: int, sector: str, taken: set[str]) -> RosterRow:
    sex = random.choices("男女", (65, 35))[0]
    name = next(name for name in iter(lambda: _name(random, sex), "") if name not in taken)
    ethnic_group = random.choice(_PEOPLES) if sector == "少数民族界" or random.random() < 0.04 else "汉族"
    if sector == "少数民族界" and order % 4 == 0 and (left := set(_DOTTED) - taken):
        name, ethnic_group = min(left), "维吾尔族"
    taken.add(name)
    post = random.choice(_SECTORS[sector]).format(
        town=random.choice(_TOWNS), village=random.choice(_VILLAGES), firm=random.choice(_FIRMS)
    )
    return RosterRow(
        number=f"{order:04}",
        name=name,
        sex=sex,
        ethnic_group=ethnic_group,
        party=_PARTIES.get(sector) or random.choices(("群众", "中共党员"), (6, 4))[0],
        sector=sector,
        committees=tuple(random.sample(_COMMITTEES, random.choices((0, 1, 2), (5, 80, 15))[0])),
        post=post,
        phone=str(19_900_000_000 + order),
        email=f"member{order:04}@example.com" if random.random() < 0.7 else "",
    )


def _name(random: Random, sex: str) -> str:
    surname = _SURNAMES[min(random.randrange(len(_SURNAMES)) for _try in range(2))]
    if random.random() < 0.3:
        return surname + random.choice(_SHORT[sex])
    return surname + random.choice(_FIRST) + random.choice(_SECOND[sex])


def _write_headings(sheet: Worksheet) -> None:
    sheet.append(_UPPER)
    sheet.append(_LOWER)
    lower = sheet.max_row
    for column, text in enumerate(_UPPER, 1):
        sheet.cell(lower - 1, column).alignment = Alignment("center", "center", wrap_text=True)
        if not _LOWER[column - 1] and text:
            sheet.merge_cells(start_row=lower - 1, end_row=lower, start_column=column, end_column=column)
    sheet.merge_cells(start_row=lower - 1, end_row=lower - 1, start_column=10, end_column=11)


def _write_member(sheet: Worksheet, order: int, row: RosterRow, random: Random) -> None:
    name = row.name
    if len(name) == 2:
        name = name[0] + random.choice("　 ") + name[1]
    elif random.random() < 0.1:
        name = f" {name}　"
    number: str | int = random.choice((row.number, row.number.translate(_FULL_WIDTH), int(row.number)))
    spaced = f"{row.phone[:3]} {row.phone[3:7]} {row.phone[7:]}"
    phones: Sequence[str | int] = (int(row.phone), row.phone, spaced, row.phone.translate(_FULL_WIDTH))
    phone = random.choices(phones, (6, 2, 1, 1))[0]
    committees = random.choice("、，,;；/／\n").join(row.committees)
    values = (order, number, name, row.sex, row.ethnic_group, row.party, row.sector, committees, row.post)
    sheet.append([*values, phone, row.email, ""])
    if isinstance(number, int):
        sheet.cell(sheet.max_row, 2).number_format = "0000"


def _merge_sectors(sheet: Worksheet) -> None:
    """Merge the sector of neighbours into one tall cell, as offices like to."""
    rows = range(5, sheet.max_row + 1)
    for sector, group in groupby(rows, lambda row: sheet.cell(row, 7).value):
        lines = list(group)
        if sector in _SECTORS and len(lines) > 1:
            sheet.merge_cells(start_row=lines[0], end_row=lines[-1], start_column=7, end_column=7)


def _write_summary(sheet: Worksheet, roster: Sequence[RosterRow]) -> None:
    sheet.append(["各界别委员人数"])
    sheet.append(["界别", "人数"])
    for sector, group in groupby(roster, lambda row: row.sector):
        sheet.append([sector, len(list(group))])
