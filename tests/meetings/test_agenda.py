"""The agenda: items in their order, speakers, running times; who may change it, and who comes second."""

from __future__ import annotations

import threading

import pytest

from consult.core.errors import Invalid, Missing, NotAllowed, NotNow, Refusal, Stale
from consult.meetings import agenda, scheduling
from consult.meetings.agenda import Item, Slot
from consult.meetings.models import Meeting
from tests.meetings.people import People
from tests.support.cast import NINE, at
from tests.support.visitor import Enter

OPENING = Item("主持人开场", "刘主席", 5)
SPEECH = Item("供水一体化的几点建议", "王秀兰", 8)
ANSWER = Item("部门回应", "县水务局", 40)


def add(people: People, meeting: Meeting, *items: Item, role: str = "office") -> None:
    for item in items:
        version = read(people, meeting)[1]
        people.store.write_at(at(-60), agenda.add, people.actor(role), meeting.id, version, item)


def read(people: People, meeting: Meeting) -> tuple[list[Slot], int]:
    with people.store.read(at(-30)) as work:
        found = work.db.get_one(Meeting, meeting.id)
        return agenda.of_meeting(work, found), found.version


def titles(people: People, meeting: Meeting) -> list[str]:
    return [slot.item.title for slot in read(people, meeting)[0]]


def test_items_run_one_after_the_other(people: People) -> None:
    meeting = people.meeting()
    add(people, meeting, OPENING, SPEECH, ANSWER)
    slots, version = read(people, meeting)
    assert [(slot.begins_at, slot.speaker) for slot in slots] == [
        (NINE, "刘主席"), (at(5), "王秀兰"), (at(13), "县水务局"),
    ]  # fmt: skip
    assert slots[1].item.speaker_id == people.cast.seats[people.cast.wang]
    assert slots[1].number
    assert version == 4
    assert agenda.over_by(meeting, slots) == 0
    add(people, meeting, Item("自由发言", "", 10))
    assert agenda.over_by(meeting, read(people, meeting)[0]) == 3


def test_items_are_moved_changed_and_taken_off(people: People) -> None:
    meeting = people.meeting()
    add(people, meeting, OPENING, SPEECH, ANSWER)
    last = read(people, meeting)[0][2].item
    for by, order in ((-1, [0, 2, 1]), (-1, [2, 0, 1]), (-1, [2, 0, 1]), (1, [0, 2, 1])):
        version = read(people, meeting)[1]
        people.store.write_at(at(-60), agenda.move, people.office, meeting.id, version, last.id, by)
        names = [OPENING.title, SPEECH.title, ANSWER.title]
        assert titles(people, meeting) == [names[one] for one in order]
    version = read(people, meeting)[1]
    people.store.write_at(
        at(-60), agenda.change, people.office, meeting.id, version, last.id, Item("答复", "C7", 3)
    )
    assert read(people, meeting)[0][1].speaker == "买买提·艾力"
    people.store.write_at(at(-60), agenda.remove, people.office, meeting.id, version + 1, last.id)
    assert titles(people, meeting) == [OPENING.title, SPEECH.title]
    assert [slot.item.position for slot in read(people, meeting)[0]] == [1, 2]


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        ("office", None),
        ("administrator", None),
        ("province_office", None),
        ("reader", NotAllowed),
        ("wang", NotAllowed),
        ("other_office", Missing),
        ("outsider", Missing),
    ],
)
def test_who_may_change_the_agenda(sqlite_people: People, role: str, refused: type[Refusal] | None) -> None:
    people, meeting = sqlite_people, sqlite_people.meeting()
    add(people, meeting, OPENING)
    item = read(people, meeting)[0][0].item
    actor = people.actor(role)
    verbs = (
        lambda version: people.store.write_at(at(-9), agenda.add, actor, meeting.id, version, SPEECH),
        lambda version: people.store.write_at(
            at(-9), agenda.change, actor, meeting.id, version, item.id, ANSWER
        ),
        lambda version: people.store.write_at(at(-9), agenda.move, actor, meeting.id, version, item.id, 1),
        lambda version: people.store.write_at(at(-9), agenda.remove, actor, meeting.id, version, item.id),
    )
    for verb in verbs:
        version = read(people, meeting)[1]
        if refused is None:
            verb(version)
            continue
        with pytest.raises(refused):
            verb(version)
        assert read(people, meeting)[1] == version


def test_who_comes_second_is_stale(people: People) -> None:
    meeting = people.meeting()
    barrier, ends = threading.Barrier(2), list[str]()

    def race(item: Item) -> None:
        barrier.wait()
        try:
            people.store.write_at(at(-60), agenda.add, people.office, meeting.id, 1, item)
            ends.append("kept")
        except Stale:
            ends.append("stale")

    racers = [threading.Thread(target=race, args=(item,)) for item in (OPENING, SPEECH)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(ends) == ["kept", "stale"]
    assert len(titles(people, meeting)) == 1


def test_an_item_of_another_meeting_is_not_touched(sqlite_people: People) -> None:
    people = sqlite_people
    mine, other = people.meeting(), people.meeting()
    add(people, other, OPENING)
    item = read(people, other)[0][0].item
    with pytest.raises(Missing):
        people.store.write_at(at(-60), agenda.remove, people.office, mine.id, 1, item.id)
    assert titles(people, other) == [OPENING.title]


def test_the_agenda_stands_once_the_meeting_is_over(sqlite_people: People) -> None:
    meeting = sqlite_people.meeting()
    with pytest.raises(NotNow):
        sqlite_people.store.write_at(at(61), agenda.add, sqlite_people.office, meeting.id, 1, OPENING)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (("", "", 5), "title"),
        (("题" * 121, "", 5), "title"),
        (("题", "人" * 81, 5), "speaker"),
        (("题", "", 601), "minutes"),
        (("题", "", -1), "minutes"),
    ],
)
def test_what_can_not_be_an_item(typed: tuple[str, str, int], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Item(*typed)
    assert refusal.value.field == field


def test_an_agenda_has_an_end(sqlite_people: People) -> None:
    meeting = sqlite_people.meeting()
    add(sqlite_people, meeting, *[OPENING] * agenda.MOST_ITEMS)
    with pytest.raises(Invalid):
        add(sqlite_people, meeting, OPENING)


def test_the_office_keeps_the_agenda_on_its_page(sqlite_people: People, enter: Enter) -> None:
    people, meeting = sqlite_people, sqlite_people.meeting(draft=True)
    office, path = enter(people.cast.office), f"/meetings/{meeting.id}/agenda"
    sent = {"version": "1", "title": "主持人开场", "speaker": "刘主席", "minutes": "5"}
    assert office.post(path, sent).status_code == 302
    assert office.post(path, sent).status_code == 409
    wrong = office.post(path, {**sent, "version": "2", "minutes": "五"})
    assert (wrong.status_code, "Please give whole minutes." in wrong.text) == (400, True)
    assert (
        office.post(path, {**sent, "version": "2", "title": "部门回应", "minutes": "90"}).status_code == 302
    )
    page = office.get(path).text
    assert "The agenda is 35 minutes longer than the meeting." in page
    item = read(people, meeting)[0][1].item
    assert office.post(f"{path}/{item.id}/up", {"version": "3"}).status_code == 302
    assert titles(people, meeting) == ["部门回应", "主持人开场"]
    form = office.form(f"{path}/{item.id}")
    assert office.post(f"{path}/{item.id}", {**form, "minutes": "20"}).status_code == 302
    assert "20 minutes" in office.get(f"/meetings/{meeting.id}").text
    assert office.post(f"{path}/{item.id}/remove", {"version": "5"}).status_code == 302
    assert titles(people, meeting) == ["主持人开场"]


def test_members_read_the_agenda_and_change_nothing(sqlite_people: People, enter: Enter) -> None:
    people, meeting = sqlite_people, sqlite_people.meeting()
    add(people, meeting, SPEECH)
    wang, path = enter(people.cast.wang), f"/meetings/{meeting.id}/agenda"
    page = wang.get(path)
    assert SPEECH.title in page.text
    assert "Add an item" not in page.text
    sent = {"version": "2", "title": "题", "minutes": "5"}
    assert wang.post(path, sent).status_code == 403
    assert enter(people.cast.outsider).get(path).status_code == 404
    people.store.write_at(at(-60), scheduling.cancel, people.office, meeting.id, 2, "不开了")
    assert SPEECH.title in wang.get(path).text
