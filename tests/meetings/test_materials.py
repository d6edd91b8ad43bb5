"""Materials are for who is expected, minutes for all who were invited; others learn whom they are for."""

from __future__ import annotations

import io

import pytest

from consult.core.errors import Missing
from consult.core.store import Store, Work
from consult.files import files
from consult.files.files import brought
from consult.files.models import Purpose, StoredFile
from consult.invitations.answering import Wish
from consult.meetings import materials
from consult.meetings.lifecycle import State
from consult.meetings.models import Answer, Meeting
from tests.files.samples import PDF
from tests.invitations.people import SOON, Circle, assemble
from tests.meetings.people import gather
from tests.support.cast import at
from tests.support.visitor import Enter, app, enter, one_app

__all__ = ["app", "enter", "one_app"]

AFTER = at(90)


@pytest.fixture
def circle(store: Store) -> Circle:
    return assemble(gather(store))


@pytest.fixture
def sqlite_circle(sqlite_store: Store) -> Circle:
    return assemble(gather(sqlite_store))


def bring(circle: Circle, meeting: Meeting, purpose: Purpose = Purpose.MATERIAL) -> StoredFile:
    now = SOON if purpose is Purpose.MATERIAL else AFTER
    sent = brought("供水方案.pdf", PDF + purpose.encode(), 20)
    return circle.store.write_at(
        now, files.add, circle.actor("office"), materials.KIND, meeting.id, purpose, sent, 20
    )


def opens(circle: Circle, role: str, file: StoredFile) -> bool:
    """Whether that person may open it."""
    with circle.store.read(AFTER) as work:
        try:
            files.seen_by(work, circle.actor(role), file.id)
        except Missing:
            return False
    return True


def filled(circle: Circle) -> Meeting:
    """Of one place: 王秀兰 has it, 李建国 waits, 赵敏 does not come, 陈召集 has said nothing."""
    meeting = circle.sign_up(capacity=1)
    assert circle.answer("wang", meeting, Wish.COME) is Answer.ACCEPTED
    assert circle.answer("li", meeting, Wish.COME) is Answer.WAITING
    assert circle.answer("zhao", meeting, Wish.DECLINE) is Answer.DECLINED
    return meeting


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("office", True), ("administrator", True), ("reader", True), ("province_office", True),
        ("wang", True), ("li", False), ("zhao", False), ("convener", False),
        ("outsider", False), ("other_office", False),
    ],
)  # fmt: skip
def test_materials_of_a_sign_up_open_to_who_has_a_place_and_to_the_office(
    circle: Circle, role: str, may: bool
) -> None:
    assert opens(circle, role, bring(circle, filled(circle))) is may


def test_materials_open_to_who_gets_a_place(circle: Circle) -> None:
    meeting = filled(circle)
    file = bring(circle, meeting)
    circle.answer("wang", meeting, Wish.DECLINE)
    assert (opens(circle, "wang", file), opens(circle, "li", file)) == (False, True)


@pytest.mark.parametrize("answered", [False, True])
def test_who_must_come_reads_before_he_has_answered(circle: Circle, answered: bool) -> None:
    meeting = circle.meeting()
    file = bring(circle, meeting)
    if answered:
        circle.answer("wang", meeting, Wish.COME)
    assert opens(circle, "wang", file)
    assert not opens(circle, "outsider", file)


def test_minutes_open_to_all_who_were_invited(circle: Circle) -> None:
    meeting = filled(circle)

    def close(work: Work) -> None:
        row = work.db.get_one(Meeting, meeting.id)
        row.state, row.opened_at, row.closed_at = State.CLOSED, at(0), at(60)

    circle.store.write_at(AFTER, close)
    file = bring(circle, meeting, Purpose.MINUTES)
    seen = {role: opens(circle, role, file) for role in ("wang", "li", "zhao", "office", "outsider")}
    assert seen == {"wang": True, "li": True, "zhao": True, "office": True, "outsider": False}


@pytest.mark.parametrize(
    ("role", "said"),
    [("li", "You are on the waiting list"), ("zhao", "You have answered that you don"),
     ("convener", "Once you have signed up")],
)  # fmt: skip
def test_who_has_no_place_reads_that_there_are_materials_and_for_whom(
    sqlite_circle: Circle, enter: Enter, role: str, said: str
) -> None:
    meeting = filled(sqlite_circle)
    bring(sqlite_circle, meeting)
    page = enter(sqlite_circle.id(role)).get(f"/meetings/{meeting.id}/materials").text
    assert "They are for those who take part." in page
    assert said in page
    assert "1 file<" in page
    assert "供水方案" not in page


def test_who_is_not_invited_does_not_learn_of_materials(sqlite_circle: Circle, enter: Enter) -> None:
    meeting = sqlite_circle.people.cast.meeting([sqlite_circle.cast.wang])
    office = enter(sqlite_circle.cast.office)
    office.post(f"/files/to/meeting/{meeting}/material", {"file": [(io.BytesIO(PDF), "供水方案.pdf")]})
    page = enter(sqlite_circle.cast.li).get(f"/meetings/{meeting}/materials").text
    assert "for those who are expected at this meeting" in page
    assert "1 file<" not in page
