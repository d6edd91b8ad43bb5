"""Records are kept as written, by their office only, corrected by one at a time, voided and never deleted."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select, update

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal, Stale
from consult.members.models import Membership
from consult.records import recording, rows
from consult.records.entries import Count, entry_of, texts_of
from consult.records.kinds import KINDS, Kind, Role
from consult.records.models import Record, RecordPerson
from tests.records.office import DAY, Office, entry
from tests.support.cast import NINE


def count(office: Office, of: type = Record) -> int:
    with office.store.read() as work:
        return work.db.scalar(select(func.count()).select_from(of)) or 0


def test_an_event_is_kept_with_its_people_and_headcounts(office: Office) -> None:
    made = office.write(
        Kind.ACTIVITY_DAY, title="委员活动日", led_by="王秀兰", members="李建国、王伟（1002）",
        staff="办公室小周", more_members="20", public="200余人", place="城关镇",
    )  # fmt: skip
    row = office.row(made.id)
    assert [(one.role, one.name, one.sector, one.party) for one in row.people] == [
        (Role.LED, "王秀兰", "医药卫生界", "中共党员"),
        (Role.TOOK_PART, "李建国", "农业界", "民盟盟员"),
        (Role.TOOK_PART, "王伟", "教育界", ""),
        (Role.STAFF, "办公室小周", "", ""),
    ]
    assert row.counts == {"more_members": Count(20), "public": Count(200, at_least=True)}
    assert (row.record.day, row.record.year, row.record.place) == (DAY, 2026, "城关镇")


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_kept_says_what_was_written(kind: Kind, sqlite_office: Office) -> None:
    texts = {
        "title": "一件事", "day": "2026-01-20", "year": "2025", "host": "province", "place": "会议室",
        "series": "三送", "occasion": "plenary", "number": "12", "filed": "no",
        "departments": "县水利局、县住建局",
        "met_on": "2026-02-01", "replied_on": "2026-02-03", "rating": "basically", "adopted": "city",
        "instruction": "请阅", "authors": "李建国", "joint": "赵敏", "led_by": "王秀兰",
        "members": "赵敏、1001", "staff": "小周", "more_members": "3", "more_staff": "4", "public": "5",
        "visited": "6+", "treated": "7", "brochures": "8", "note": "备注",
    }  # fmt: skip
    if KINDS[kind].varieties:
        texts["variety"] = list(KINDS[kind].varieties)[-1]
    row = sqlite_office.row(sqlite_office.write(kind, **texts).id)
    kept = texts_of(rows.entry_of_row(row))
    assert list(kept) == [*kept]
    assert set(kept) == set(KINDS[kind].fields)
    for field, text in kept.items():
        if field in ("authors", "joint", "led_by", "members"):
            assert [name.partition("（")[0] for name in text.split("、")] == [
                "王伟" if name == "1001" else name for name in texts[field].split("、")
            ]
        else:
            assert text == texts[field]
    assert entry_of(kind, kept, recording.latest(NINE)).values == rows.entry_of_row(row).values


def test_only_the_office_writes_and_only_readers_read(office: Office) -> None:
    made = office.write(Kind.VISIT)
    for role, refusal in (
        ("reader", NotAllowed), ("wang", Missing), ("outsider", Missing), ("other_office", Missing),
    ):  # fmt: skip
        for verb in (
            lambda actor: office.store.write(recording.create, actor, office.county, entry(Kind.VISIT)),
            lambda actor: office.store.write(recording.edit, actor, made.id, 1, entry(Kind.VISIT)),
            lambda actor: office.store.write(recording.void, actor, made.id, 1, "错"),
            lambda actor: office.store.write(recording.restore, actor, made.id, 1),
        ):
            with pytest.raises(refusal):
                verb(office.actor(role))
    assert count(office) == 1
    assert [row.record.id for row in office.year(by="reader")] == [made.id]
    assert [row.record.id for row in office.year(by="province_office")] == [made.id]
    for role in ("wang", "other_office"):
        with pytest.raises(Missing):
            office.year(by=role)
    office.write(Kind.VISIT, by="province_office", title="走访")


def test_a_member_sees_what_he_is_in_while_it_stands(office: Office) -> None:
    made = office.write(Kind.PROPOSAL, authors="李建国", joint="王秀兰")
    li, zhao = office.actor("li"), office.actor("zhao")
    with office.store.read() as work:
        assert rows.seen_by(work, li, made.id).record.id == made.id
        assert [row.record.id for row in rows.own(work, office.people.cast.wang)] == [made.id]
        assert rows.own(work, office.people.cast.zhao) == []
        with pytest.raises(Missing):
            rows.seen_by(work, zhao, made.id)
    office.store.write(recording.void, office.actor(), made.id, 1, "重复")
    with office.store.read() as work:
        assert rows.own(work, office.people.cast.wang) == []
        with pytest.raises(Missing):
            rows.seen_by(work, li, made.id)


def test_a_form_sent_twice_makes_one_record(office: Office) -> None:
    send = (recording.create, office.actor(), office.county, entry(Kind.VISIT), "k" * 20)
    assert office.store.write(*send).id == office.store.write(*send).id
    with pytest.raises(Stale):
        office.store.write(
            recording.create, office.actor(), office.county, entry(Kind.VISIT, title="别的"), "k" * 20
        )
    assert count(office) == 1


@pytest.mark.parametrize(
    ("kind", "first", "second", "again"),
    [
        (Kind.VISIT, {}, {"title": " 学 习会 "}, True),
        (Kind.VISIT, {}, {"day": "2026-03-06"}, False),
        (Kind.STUDY, {}, {"variety": "members"}, False),
        (Kind.PAPER, {}, {"authors": "李建国"}, False),
        (Kind.PAPER, {}, {}, True),
        (Kind.PROPOSAL, {"number": "7"}, {"number": "7", "title": "别的", "day": "2026-01-02"}, True),
        (Kind.PROPOSAL, {"number": "7"}, {"number": "8"}, False),
        (Kind.PROPOSAL, {"number": "7"}, {}, True),
        (Kind.PROPOSAL, {"number": "7"}, {"number": "7", "title": "去年的", "day": "2025-01-02"}, False),
    ],
)
def test_the_same_is_not_recorded_twice(
    kind: Kind, first: dict[str, str], second: dict[str, str], again: bool, sqlite_office: Office
) -> None:
    made = sqlite_office.write(kind, **first)
    if again:
        with pytest.raises(Invalid) as refusal:
            sqlite_office.write(kind, **second)
        assert refusal.value.field == "title"
        sqlite_office.store.write(recording.void, sqlite_office.actor(), made.id, 1, "重写")
    sqlite_office.write(kind, **second)
    if again:
        with pytest.raises(Invalid):
            sqlite_office.store.write(recording.restore, sqlite_office.actor(), made.id, 2)


def test_a_meeting_held_in_consult_is_not_recorded_again(sqlite_office: Office) -> None:
    sqlite_office.people.meeting(title="供水 协商")
    day = NINE.date().isoformat()
    with pytest.raises(Invalid):
        sqlite_office.write(Kind.CONSULTATION, title="供水协商", day=day)
    sqlite_office.write(Kind.PROPOSAL, title="供水协商", day=day)


def test_names_are_found_or_refused_at_their_field(sqlite_office: Office) -> None:
    for field, names in (
        ("members", "王伟"),
        ("members", "钱进"),
        ("led_by", "无此人"),
        ("members", "王伟（农工）"),
    ):
        with pytest.raises(Invalid) as refusal:
            sqlite_office.write(Kind.VISIT, **{field: names})
        assert refusal.value.field == field
    made = sqlite_office.write(Kind.VISIT, members="王伟(教育界) 1001，王　伟（1001）\n李 建国、买买提·艾力")
    assert [one.number for one in sqlite_office.row(made.id).people] == [
        "1002",
        "1001",
        sqlite_office.numbers["李建国"],
        "C7",
    ]


def test_a_member_stands_in_a_record_as_on_its_day(office: Office) -> None:
    made = office.write(Kind.BRIEF, authors="李建国")
    with office.store.read() as work:
        kept = texts_of(rows.entry_of_row(rows.seen_by(work, office.actor(), made.id)))
    li = office.people.cast.seats[office.people.cast.li]
    office.store.write(
        lambda work: work.db.execute(
            update(Membership)
            .where(Membership.id == li)
            .values(party="中共党员", sector="教育界", number="X9", to_day=NINE.date())
        )
    )
    changed = entry_of(Kind.BRIEF, {**kept, "instruction": "请阅"}, recording.latest(NINE))
    office.store.write(recording.edit, office.actor(), made.id, 1, changed)
    [author] = office.row(made.id).people
    assert (author.party, author.sector, author.number) == ("民盟盟员", "农业界", office.numbers["李建国"])
    with pytest.raises(Invalid):
        office.write(Kind.BRIEF, authors="李建国", day=NINE.date().isoformat())


def test_edits_carry_a_version_and_leave_a_trail(office: Office) -> None:
    made = office.write(Kind.VISIT, visited="200+", members="赵敏")
    edit = (recording.edit, office.actor(), made.id, 1, entry(Kind.VISIT, visited="226", members="李建国"))
    assert office.store.write(*edit).version == 2
    with pytest.raises(Stale):
        office.store.write(*edit)
    office.store.write(recording.void, office.actor(), made.id, 2, "写错")
    with pytest.raises(NotNow):
        office.store.write(recording.edit, office.actor(), made.id, 3, entry(Kind.VISIT))
    with pytest.raises(NotNow):
        office.store.write(recording.void, office.actor(), made.id, 3, "再来")
    office.store.write(recording.restore, office.actor(), made.id, 3)
    with pytest.raises(NotNow):
        office.store.write(recording.restore, office.actor(), made.id, 4)
    with office.store.read() as work:
        trail = rows.history(work, rows.seen_by(work, office.actor(), made.id))
    assert [(one.version, one.action, one.reason) for one in trail] == [
        (4, "record.restored", ""),
        (3, "record.voided", "写错"),
        (2, "record.edited", ""),
        (1, "record.created", ""),
    ]
    assert trail[2].changed["visited"] == ("200+", "226")
    assert trail[2].changed["members"][1].startswith("李建国")
    assert count(office, RecordPerson) == 1


def test_voiding_needs_a_reason(sqlite_office: Office) -> None:
    made = sqlite_office.write(Kind.VISIT)
    for reason in (" \u200b", "长" * 201):
        with pytest.raises(Invalid) as refusal:
            sqlite_office.store.write(recording.void, sqlite_office.actor(), made.id, 1, reason)
        assert refusal.value.field == "reason"


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        (Kind.VISIT, {"title": " \u200b"}, "title"),
        (Kind.VISIT, {"title": "长" * 201}, "title"),
        (Kind.VISIT, {"day": ""}, "day"),
        (Kind.VISIT, {"day": "去年"}, "day"),
        (Kind.VISIT, {"day": "2026-02-30"}, "day"),
        (Kind.VISIT, {"day": "1999-12-31"}, "day"),
        (Kind.VISIT, {"day": "2026-03-20"}, "day"),
        (Kind.VISIT, {"year": "2024"}, "year"),
        (Kind.VISIT, {"year": "20260"}, "year"),
        (Kind.VISIT, {"visited": "许多"}, "visited"),
        (Kind.VISIT, {"visited": "-3"}, "visited"),
        (Kind.VISIT, {"visited": "99999999"}, "visited"),
        (Kind.VISIT, {"host": "moon"}, "host"),
        (Kind.VISIT, {"members": "、".join(map(str, range(1001)))}, "members"),
        (Kind.MEETING, {"variety": ""}, "variety"),
        (Kind.MEETING, {"variety": "secret"}, "variety"),
        (Kind.PROPOSAL, {"filed": "也许"}, "filed"),
        (Kind.PROPOSAL, {"replied_on": "2026-03-04"}, "replied_on"),
        (Kind.PROPOSAL, {"met_on": "2026-12-31"}, "met_on"),
        (Kind.PROPOSAL, {"rating": "great"}, "rating"),
        (Kind.PROPOSAL, {"departments": "局" * 61}, "departments"),
        (Kind.PROPOSAL, {"authors": ""}, "authors"),
        (Kind.BRIEF, {"adopted": "moon"}, "adopted"),
    ],
)
def test_a_wrong_entry_is_refused_at_its_field(kind: Kind, given: dict[str, str], field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        entry(kind, **given)
    assert getattr(refusal.value, "field", None) == field


def test_days_and_numbers_are_read_as_people_write_them() -> None:
    for text in ("2026年3月5日", "2026/3/5", "2026.03.05", "２０２６-03-05", "2026/3/5 0:00"):
        assert entry(Kind.VISIT, day=text).day == date(2026, 3, 5)
    for text in ("220余", "220多人次", "超过220", "220+", "more than 220", ">220人"):
        assert entry(Kind.VISIT, visited=text).counts["visited"] == Count(220, at_least=True), text
    for text in ("226", "２２６人", "226 人次"):
        assert entry(Kind.VISIT, visited=text).counts["visited"] == Count(226)
