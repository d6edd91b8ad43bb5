"""A video platform's sheet into the ledger: looked through, imported once, taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from consult.attendance import ledger, settle
from consult.attendance.intervals import Channel
from consult.attendance.models import Outcome, Presence, Settlement, VideoSheet
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Stale
from consult.core.store import Work
from consult.meetings import moves
from consult.members.access import Actor
from consult.members.models import Person
from consult.register import video_import
from consult.register.video_import import NOBODY, Choices, spans_of
from consult.register.video_sheet import Line, Said
from tests.meetings.people import People
from tests.support.cast import at

SHEET = Said(
    (
        Line(2, "清河-王秀兰", "", at(-20), at(30)),
        Line(3, "王秀兰 手机", "", at(25), at(70)),
        Line(4, "李建国", "", at(10), at(40), away=600),
        Line(5, "投影电脑", "", at(-30), at(80)),
    ),
    (),
)


def keep(people: People, meeting: int, said: Said = SHEET, when: float = 61) -> int:
    return people.store.write_at(at(when), video_import.preview, people.office, meeting, "参会.xlsx", said).id


def apply(people: People, sheet: int, chosen: Choices | None = None, when: float = 61) -> VideoSheet:
    with people.store.read(at(when)) as work:
        mark = video_import.look(work, people.office, sheet).mark
    return people.store.write_at(at(when), video_import.apply, people.office, sheet, mark, chosen or {})


def closed(people: People) -> int:
    meeting = people.meeting().id
    people.store.write_at(at(60), moves.advance_due)
    return meeting


def seconds(people: People, meeting: int) -> dict[int, int]:
    people.store.write_at(at(70), settle.settle_due)
    with people.store.read() as work:
        rows = work.db.execute(
            select(Outcome.person_id, Outcome.seconds)
            .join(Settlement, Settlement.id == Outcome.settlement_id)
            .where(Settlement.meeting_id == meeting, Settlement.superseded_at.is_(None))
        )
        return {row.person_id: row.seconds for row in rows}


def test_the_preview_tells_whom_the_names_mean(people: People) -> None:
    sheet = keep(people, closed(people))
    with people.store.read(at(61)) as work:
        shown = video_import.look(work, people.office, sheet)
    assert [one.name for one in shown.clear] == ["清河-王秀兰", "王秀兰 手机", "李建国"]
    assert [one.name for one in shown.unknown] == ["投影电脑"]
    assert shown.spans(shown.clear[0]) == [(at(-15), at(30))]


def test_times_are_those_within_the_meeting_and_no_minute_more_than_the_platform_counted() -> None:
    window = (at(0), at(60))
    lines = [Line(2, "王", "", at(-5), at(30)), Line(3, "王", "", at(20), at(50), away=300)]
    assert spans_of(lines, window) == [(at(0), at(45))]
    assert spans_of([Line(2, "王", "", at(61), at(90))], window) == []


def test_the_sheets_times_count_together_with_all_else_once(people: People) -> None:
    meeting = people.meeting().id
    people.store.write_at(at(0), ledger.join, people.actor("wang"), meeting, Channel.BROWSER, "w", None)
    people.store.write_at(at(60), moves.advance_due)
    kept = apply(people, keep(people, meeting))
    assert kept.result == {"people": 2, "rows": 2, "nobody": 1}
    found = seconds(people, meeting)
    assert found[people.cast.wang] == 3600
    assert found[people.cast.li] == 20 * 60


def test_a_sheet_is_imported_once_and_the_same_times_not_again(people: People) -> None:
    meeting = closed(people)
    sheet = keep(people, meeting)
    first = apply(people, sheet)
    assert people.store.write_at(at(62), video_import.apply, people.office, sheet, "", {}).id == first.id
    again = apply(people, keep(people, meeting))
    assert again.result is not None
    assert again.result["rows"] == 0
    with people.store.read() as work:
        assert len(work.db.scalars(select(Presence)).all()) == 2


def test_what_a_sheet_brought_is_taken_back_and_may_come_again(people: People) -> None:
    meeting = closed(people)
    sheet = keep(people, meeting)
    apply(people, sheet)
    with pytest.raises(Invalid):
        people.store.write_at(at(62), video_import.take_back, people.office, sheet, "")
    people.store.write_at(at(62), video_import.take_back, people.office, sheet, "另一场会的表")
    with pytest.raises(NotNow):
        people.store.write_at(at(62), video_import.take_back, people.office, sheet, "再来")
    assert set(seconds(people, meeting).values()) == {0}


def test_a_name_that_means_nobody_may_be_given_to_somebody(people: People) -> None:
    meeting = closed(people)
    sheet = keep(people, meeting)
    with pytest.raises(Invalid) as refused:
        apply(people, sheet, {"投影电脑": "无此人"})
    assert refused.value.field == "choice"
    apply(people, sheet, {"投影电脑": "赵敏", "李建国": NOBODY})
    found = seconds(people, meeting)
    assert (found[people.cast.zhao], found[people.cast.li]) == (3600, 0)


def test_which_of_two_is_meant_has_to_be_said(people: People) -> None:
    meeting = closed(people)

    def rename(work: Work) -> None:
        work.db.get_one(Person, people.cast.zhao).name = "王秀兰"

    people.store.write_at(at(60), rename)
    sheet = keep(people, meeting, Said((Line(2, "王秀兰", "", at(0), at(60)),), ()))
    with pytest.raises(Invalid):
        apply(people, sheet)
    assert apply(people, sheet, {"王秀兰": NOBODY}).result == {"people": 0, "rows": 0, "nobody": 1}


def test_a_preview_that_means_others_by_now_is_stale(people: People) -> None:
    sheet = keep(people, closed(people))
    with people.store.read(at(61)) as work:
        mark = video_import.look(work, people.office, sheet).mark

    def rename(work: Work) -> None:
        work.db.get_one(Person, people.cast.zhao).name = "李建国"

    people.store.write_at(at(61), rename)
    with pytest.raises(Stale):
        people.store.write_at(at(62), video_import.apply, people.office, sheet, mark, {})


def test_before_the_opening_there_is_nothing_to_import(people: People) -> None:
    with pytest.raises(NotNow):
        keep(people, people.meeting().id, when=-1)


@pytest.mark.parametrize(
    ("role", "refused"),
    [("office", None), ("administrator", None), ("reader", NotAllowed), ("wang", NotAllowed),
     ("other_office", Missing), ("outsider", Missing)],
)  # fmt: skip
def test_only_the_hosts_office_imports(people: People, role: str, refused: type[Exception] | None) -> None:
    meeting = closed(people)
    sheet, actor = keep(people, meeting), people.actor(role)

    def acts(actor: Actor) -> None:
        people.store.write_at(at(61), video_import.preview, actor, meeting, "x.csv", SHEET)

    if refused is None:
        acts(actor)
        return
    with pytest.raises(refused):
        acts(actor)
    for verb, given in ((video_import.apply, ("", {})), (video_import.take_back, ("错",))):
        with pytest.raises(refused):
            people.store.write_at(at(61), verb, actor, sheet, *given)
    with people.store.read(at(61)) as work, pytest.raises(refused):
        video_import.look(work, actor, sheet)
