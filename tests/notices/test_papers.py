"""New materials and minutes: told once a burst, to whoever may open them, of meetings that people know of."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from consult.attendance import settle
from consult.attendance.models import Presence
from consult.core.errors import Missing
from consult.core.store import Store, Work
from consult.files import files
from consult.files.files import brought
from consult.files.models import Purpose, StoredFile
from consult.invitations.answering import Wish
from consult.meetings import materials, moves, scheduling
from consult.meetings.audience import Audience
from consult.meetings.lifecycle import State
from consult.meetings.models import Meeting
from consult.notices.kinds import Kind, path, worded
from consult.notices.models import Delivery, Notice
from tests.files.samples import PDF
from tests.invitations.people import Circle, assemble
from tests.meetings.people import BEFORE, gather
from tests.notices.people import POLICY, last_data, told, turn
from tests.support.cast import at

LATER = BEFORE + timedelta(minutes=10)
SECOND = timedelta(seconds=1)
QUIET = POLICY.change_quiet


@pytest.fixture
def circle(store: Store) -> Circle:
    """The first turn has been made."""
    made = assemble(gather(store))
    turn(store, BEFORE)
    return made


def announced(circle: Circle, meeting: Meeting) -> Meeting:
    turn(circle.store, LATER - SECOND)
    return meeting


def bring(
    circle: Circle, meeting: Meeting, name: str, now: datetime, purpose: Purpose = Purpose.MATERIAL
) -> StoredFile:
    sent = brought(f"{name}.pdf", PDF + name.encode(), 20)
    return circle.store.write_at(
        now, files.add, circle.actor("office"), materials.KIND, meeting.id, purpose, sent, 20
    )


def hold(circle: Circle, meeting: Meeting) -> None:
    def close(work: Work) -> None:
        row = work.db.get_one(Meeting, meeting.id)
        row.state, row.opened_at, row.closed_at, row.due_at = State.CLOSED, at(0), at(60), None

    circle.store.write_at(at(60), close)


def test_several_files_are_one_notice_once_they_were_left_alone(circle: Circle) -> None:
    meeting = announced(circle, circle.meeting())
    for minute, name in enumerate(("方案", "附表", "意见")):
        bring(circle, meeting, name, LATER + timedelta(minutes=minute))
        turn(circle.store, LATER + timedelta(minutes=minute, seconds=59))
    assert told(circle.store, "materials") == {}
    for wait in range(3):
        turn(circle.store, LATER + timedelta(minutes=2) + QUIET + wait * SECOND)
    cast = circle.cast
    expected = (cast.wang, cast.li, cast.zhao, circle.people.both, circle.convener, circle.head)
    assert told(circle.store, "materials") == {person: ["materials"] for person in expected}
    assert last_data(circle.store, "materials")["files"] == ["方案.pdf", "附表.pdf", "意见.pdf"]
    bring(circle, meeting, "补充", LATER + timedelta(minutes=30))
    turn(circle.store, LATER + timedelta(minutes=30) + QUIET)
    assert told(circle.store, "materials")[cast.wang] == ["materials"] * 2
    assert last_data(circle.store, "materials")["files"] == ["补充.pdf"]


def test_a_burst_that_goes_on_is_told_all_the_same(circle: Circle) -> None:
    meeting = announced(circle, circle.meeting())
    for minute in range(21):
        bring(circle, meeting, f"材料{minute}", LATER + timedelta(minutes=minute)) if minute < 20 else None
        turn(circle.store, LATER + timedelta(minutes=minute))
    assert told(circle.store, "materials")[circle.cast.wang] == ["materials"]
    data = last_data(circle.store, "materials")
    assert (data["count"], len(data["files"])) == (20, 5)
    assert "and 15 more" in worded("materials", data).lines


def test_materials_are_told_to_who_has_a_place_only(circle: Circle) -> None:
    meeting = announced(circle, circle.sign_up(capacity=1))
    for role, wish in (("wang", Wish.COME), ("li", Wish.COME), ("zhao", Wish.DECLINE)):
        circle.answer(role, meeting, wish, LATER)
    bring(circle, meeting, "方案", LATER)
    turn(circle.store, LATER + QUIET)
    assert told(circle.store, "materials") == {circle.cast.wang: ["materials"]}


def test_materials_go_by_mail_and_not_by_text_message(circle: Circle) -> None:
    meeting = announced(circle, circle.meeting())
    bring(circle, meeting, "方案", LATER)
    turn(circle.store, LATER + QUIET)
    with circle.store.read() as work:
        channels = set(
            work.db.scalars(select(Delivery.channel).join(Notice).where(Notice.kind == "materials"))
        )
    assert channels == {"email"}


def test_what_is_there_when_people_are_invited_is_not_told_again(circle: Circle) -> None:
    meeting = circle.meeting(opens_at=at(60 * 24 * 3), closes_at=at(60 * 24 * 3 + 60))
    bring(circle, meeting, "方案", BEFORE + SECOND)
    for minute in range(1, 30, 3):
        turn(circle.store, BEFORE + timedelta(minutes=minute))
    assert set(map(tuple, told(circle.store).values())) == {("invitation",)}


def test_what_was_taken_away_meanwhile_is_not_told(circle: Circle) -> None:
    meeting = announced(circle, circle.meeting())
    file = bring(circle, meeting, "误传", LATER)
    circle.store.write_at(LATER + SECOND, files.remove, circle.actor("office"), file.id)
    turn(circle.store, LATER + QUIET)
    assert told(circle.store, "materials") == {}


def test_materials_of_a_cancelled_meeting_are_not_told(circle: Circle) -> None:
    meeting = announced(circle, circle.meeting())
    bring(circle, meeting, "方案", LATER)
    circle.store.write_at(
        LATER, scheduling.cancel, circle.actor("office"), meeting.id, meeting.version, "汛情"
    )
    turn(circle.store, LATER + QUIET)
    assert told(circle.store, "materials") == {}


def test_minutes_are_told_to_all_who_were_invited(circle: Circle) -> None:
    meeting = announced(circle, circle.sign_up(capacity=1))
    circle.answer("wang", meeting, Wish.COME, LATER)
    hold(circle, meeting)
    now = at(120)
    bring(circle, meeting, "会议纪要", now, Purpose.MINUTES)
    for wait in range(3):
        turn(circle.store, now + QUIET + wait * SECOND)
    cast = circle.cast
    invited = (cast.wang, cast.li, cast.zhao, circle.people.both, circle.convener, circle.head)
    assert told(circle.store, "minutes") == {person: ["minutes"] for person in invited}
    assert told(circle.store, "materials") == {}
    assert path(Kind.MINUTES, last_data(circle.store, "minutes")) == f"/meetings/{meeting.id}/materials"


def test_minutes_are_for_who_came_uninvited_too_once_that_is_settled(circle: Circle) -> None:
    cast = circle.cast
    meeting = announced(circle, circle.meeting(audience=Audience(also=(cast.seats[cast.wang],))))

    def attend(work: Work) -> None:
        for person in (cast.zhao, cast.outsider):
            work.db.add(
                Presence(
                    meeting_id=meeting.id, person_id=person, membership_id=cast.seats[person],
                    channel="browser", joined_at=at(0), seen_at=at(60), left_at=at(60), ended="left",
                    process="gone",
                )
            )  # fmt: skip

    circle.store.write_at(at(0), attend)
    circle.store.write_at(at(70), moves.advance_due)
    bring(circle, meeting, "初稿", at(70), Purpose.MINUTES)
    turn(circle.store, at(70) + QUIET)
    assert told(circle.store, "minutes") == {cast.wang: ["minutes"]}  # who came is not settled yet
    circle.store.write_at(at(80), settle.settle_due)
    file = bring(circle, meeting, "会议纪要", at(120), Purpose.MINUTES)
    turn(circle.store, at(120) + QUIET)
    assert told(circle.store, "minutes") == {cast.wang: ["minutes"] * 2, cast.zhao: ["minutes"]}
    with circle.store.read(at(121)) as work:
        assert files.seen_by(work, circle.actor("zhao"), file.id)[0].id == file.id
        assert {one.name: one.unit for one in files.readers(work, circle.actor("office"), file.id)} == {
            "王秀兰": "清河县政协", "赵敏": "清河县政协",
        }  # fmt: skip
        for stranger in ("li", "outsider"):
            with pytest.raises(Missing):
                files.seen_by(work, circle.actor(stranger), file.id)


def test_minutes_of_a_meeting_that_was_never_announced_are_silent(circle: Circle) -> None:
    meeting = circle.meeting()
    hold(circle, meeting)
    bring(circle, meeting, "会议纪要", at(120), Purpose.MINUTES)
    turn(circle.store, at(120) + QUIET)
    assert told(circle.store) == {}
