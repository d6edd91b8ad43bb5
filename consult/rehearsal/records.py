"""What the made-up county did without a live room and what its members gave, this year and the last, imported
as an office imports its sheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from random import Random

from consult.core.store import Store
from consult.members.access import Actor
from consult.members.parties import Standing, standing
from consult.records import imports
from consult.records.kinds import Kind
from consult.records.sheets import Sheet, SheetRow
from consult.rehearsal import county
from consult.rehearsal.county import County
from consult.rehearsal.history import MATTERS, ZONE

Texts = dict[str, str]
FIRST_DAY = timedelta(days=20)  # of a year, from which on things are recorded

EVENTS: tuple[tuple[Kind, int, str, Mapping[str, str]], ...] = (
    (Kind.STUDY, 9, "机关干部集体学习", {"variety": "staff"}),
    (Kind.MEETING, 5, "常委会会议", {"variety": "standing_committee"}),
    (Kind.MEETING, 8, "主席会议", {"variety": "chairpersons"}),
    (Kind.TRAINING, 3, "省政协委员线上履职培训",
     {"variety": "online", "host": "province", "more_members": "40"}),
    (Kind.TRAINING, 2, "委员履职能力提升培训",
     {"variety": "capacity", "more_members": "30", "more_staff": "3"}),
    (Kind.TRAINING, 2, "智能协商平台使用培训", {"variety": "platform", "more_members": "52"}),
    (Kind.ACTIVITY_DAY, 3, "委员活动日", {"more_members": "45", "public": "70"}),
    (Kind.OUTREACH, 12, "走进社区联系群众", {"series": "三走进一联系"}),
    (Kind.OUTREACH, 2, "送医下乡义诊", {"series": "送医送科技", "treated": "106", "brochures": "760"}),
    (Kind.SURVEY, 6, "解剖式调研", {"variety": "problem", "visited": "18"}),
    (Kind.VISIT, 4, "走访结对村群众", {"visited": "30+"}),
    (Kind.SEMINAR, 5, "企业与群众座谈", {}),
)  # fmt: skip
"""The kind, how many in a year, the title, and what each of them says."""

GIVEN: tuple[tuple[Kind, int, Mapping[str, str]], ...] = (
    (Kind.PROPOSAL, 46, {"filed": "yes"}),
    (Kind.BRIEF, 60, {}),
    (Kind.SPEECH, 8, {"variety": "oral", "occasion": "plenary"}),
    (Kind.SPEECH, 9, {"variety": "oral", "occasion": "study_class"}),
    (Kind.PAPER, 38, {"variety": "reflection"}),
)
MATTERS_RAISED = (
    "农村饮水", "县城停车", "老年食堂", "校园安全", "苹果冷链", "古村落保护", "基层医疗", "供暖管网",
    "电动车充电", "普惠托育", "公交班次", "垃圾分类",
)  # fmt: skip


def build(store: Store, made: County, now: datetime, seed: int) -> None:
    """Writes the records of the last year and of what has passed of this one."""
    dice = Random(seed)  # noqa: S311
    today = now.astimezone(ZONE).date()
    with store.read(now) as work:
        organizer = made.organizer(work)
        members = [(seat.number, standing(seat.party)) for seat, _person in county.seats(work, made)]
    for year in (today.year - 1, today.year):
        last = min(date(year, 12, 20), today - timedelta(days=1))
        if last < date(year, 1, 1) + FIRST_DAY:
            continue
        for kind in Kind:
            rows = [*_events(kind, year, last, dice), *_given(kind, year, last, members, dice)]
            if rows:
                _import(store, organizer, made.county_id, kind, rows, now)


def _events(kind: Kind, year: int, last: date, dice: Random) -> Iterator[Texts]:
    for one, number, title, texts in EVENTS:
        for place in range(number if one == kind else 0):
            day = _day(year, place, number)
            if day <= last:
                matter = dice.choice(MATTERS)[0]
                yield {"title": f"{title}（{place + 1}）：{matter}", "day": day.isoformat(), **texts}


def _given(
    kind: Kind, year: int, last: date, members: list[tuple[str, Standing]], dice: Random
) -> Iterator[Texts]:
    """Contributions, three of five by members who are not in the CPC."""
    outside = [number for number, of in members if of == Standing.NON_PARTY]
    inside = [number for number, of in members if of != Standing.NON_PARTY]
    for one, number, texts in GIVEN:
        for place in range(number if one == kind else 0):
            day = _day(year, place, number)
            if day > last:
                continue
            author = dice.choice(outside if place % 5 < 3 and outside else inside or outside)
            about = MATTERS_RAISED[place % len(MATTERS_RAISED)]
            yield {
                "title": f"{about}：现状与建议（{place + 1}）", "day": day.isoformat(), "authors": author,
                **texts, **_handled(kind, place, day, last),
            }  # fmt: skip


def _handled(kind: Kind, place: int, day: date, last: date) -> Texts:
    """What became of it since: most proposals are met on and replied to after some months."""
    if kind == Kind.PROPOSAL:
        met, replied = day + timedelta(days=60), day + timedelta(days=95)
        told = {"number": str(place + 1), "departments": "、".join(MATTERS[place % len(MATTERS)][2])}
        told |= {"met_on": met.isoformat()} if met <= last else {}
        return told | ({"replied_on": replied.isoformat(), "rating": "satisfied"} if replied <= last else {})
    if kind == Kind.BRIEF:
        return {"departments": "县委办公室", "adopted": ("", "", "city", "province")[place % 4]}
    return {}


def _day(year: int, place: int, number: int) -> date:
    """So many days spread over a year."""
    return date(year, 1, 1) + FIRST_DAY + timedelta(days=330 * place // max(number, 1))


def _import(
    store: Store, organizer: Actor, unit_id: int, kind: Kind, rows: list[Texts], now: datetime
) -> None:
    sheet = Sheet("", tuple(SheetRow(line, texts) for line, texts in enumerate(rows, start=2)), {}, ())
    kept = store.write_at(now, imports.preview, organizer, unit_id, kind, "登记表.xlsx", sheet)
    with store.read(now) as work:
        mark = imports.look(work, organizer, kept.id).mark
    store.write_at(now, imports.apply, organizer, kept.id, mark, {})
