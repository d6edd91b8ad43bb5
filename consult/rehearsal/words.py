"""What made-up members say: sentences on rural water supply, put together at random."""

from __future__ import annotations

from random import Random

_WHERE = (
    "北片三个乡镇",
    "我们村",
    "城南新区",
    "山上散居户",
    "老旧小区",
    "几所乡村学校",
    "下游两个村",
    "集镇周边",
)
_WHAT = (
    "管网老化，爆管多",
    "夏天高峰期水压不够",
    "末梢水质检测不经常",
    "水费收缴和管护经费脱节",
    "停水通知不及时",
    "应急水源不足",
    "入户接管成本高",
    "维修人员太少",
)
_THEN = (
    "建议把主管网改造排进明年的项目计划",
    "建议每季度在村务公开栏公布检测结果",
    "可以考虑集中供水点加净水设备",
    "请水利局说明改造的时间表",
    "希望建立县乡村三级管护队伍",
    "建议由专业公司统一运营",
    "建议设立24小时报修电话",
    "应当把管护经费列入预算",
)


def remark(dice: Random) -> str:
    """One comment, as a member would make it."""
    return f"{dice.choice(_WHERE)}{dice.choice(_WHAT)}，{dice.choice(_THEN)}。"
