"""Topics: kept by their office, edited by one at a time, and what their pages refuse."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from consult.core.errors import Invalid, Missing, NotAllowed, Refusal, Stale
from consult.members import edits
from consult.topics import topics
from consult.topics.forms_of_consultation import Form
from consult.topics.models import Topic
from tests.meetings.people import People
from tests.support.cast import at
from tests.support.visitor import Enter, Visitor

WATER = topics.matter("城乡供水一体化", "管网老化", "remote", ["县水利局", " 县住建局 ", "", "县水利局"])
TYPED = {
    "title": "城乡供水",
    "background": "管网\r\n老化",
    "form": "sector",
    "departments": "县水利局\n县住建局",
}


def count(people: People) -> int:
    with people.store.read() as work:
        return work.db.scalar(select(func.count()).select_from(Topic)) or 0


def kept(people: People, topic_id: int) -> Topic:
    with people.store.read() as work:
        return work.db.get_one(Topic, topic_id)


# Verbs


def test_a_topic_is_kept_as_it_was_written(people: People) -> None:
    made = people.store.write(topics.create, people.office, people.cast.county, WATER)
    assert topics.matter_of(kept(people, made.id)) == WATER
    assert WATER.departments == ("县水利局", "县住建局")
    with people.store.read() as work:
        [one] = topics.listed(work, people.actor("reader"), "管网")
        assert (one.topic.id, one.unit) == (made.id, "清河县政协")
        assert topics.listed(work, people.office, "%") == []
        assert topics.listed(work, people.actor("other_office")) == []
        assert [one.topic.id for one in topics.listed(work, people.actor("province_office"))] == [made.id]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": " \u200b"}, "title"),
        ({"title": "议" * 121}, "title"),
        ({"background": "背" * 20_001}, "background"),
        ({"form": "secret"}, "form"),
        ({"departments": ["局" * 61]}, "departments"),
        ({"departments": [f"第{number}局" for number in range(31)]}, "departments"),
    ],
)
def test_a_wrong_matter_is_refused_at_its_field(given: dict[str, Any], field: str) -> None:
    right = {"title": "供水", "background": "", "form": "remote", "departments": []}
    with pytest.raises(Invalid) as refusal:
        topics.matter(**{**right, **given})
    assert refusal.value.field == field


def test_a_form_sent_twice_makes_one_topic(people: People) -> None:
    made = [
        people.store.write(topics.create, people.office, people.cast.county, WATER, "k" * 20).id
        for _ in range(2)
    ]
    assert made[0] == made[1]
    other = topics.matter("别的", "", "remote", [])
    with pytest.raises(Stale):
        people.store.write(topics.create, people.office, people.cast.county, other, "k" * 20)
    assert count(people) == 1


def test_the_second_editor_is_told(people: People) -> None:
    made = people.store.write(topics.create, people.office, people.cast.county, WATER)
    better = topics.matter("城乡供水", "管网老化", "sector", WATER.departments)
    people.store.write_at(at(0), topics.edit, people.actor("administrator"), made.id, 1, better)
    with pytest.raises(Stale):
        people.store.write(topics.edit, people.office, made.id, 1, WATER)
    assert topics.matter_of(kept(people, made.id)) == better
    with people.store.read() as work:
        [edit] = edits.since(work, f"topic:{made.id}", people.cast.county, 1)
    assert (edit.by, edit.at, edit.fields) == ("县管理员", at(0), ("title", "form"))


@pytest.mark.parametrize(
    ("role", "refusal"),
    [
        ("office", None),
        ("administrator", None),
        ("province_office", None),
        ("reader", NotAllowed),
        ("wang", Missing),
        ("other_office", Missing),
    ],
)
def test_topics_are_their_office_s(sqlite_people: People, role: str, refusal: type[Refusal] | None) -> None:
    people = sqlite_people
    made = people.store.write(topics.create, people.office, people.cast.county, WATER)
    actor = people.actor(role)
    for verb, *about in (
        (topics.create, people.cast.county, WATER),
        (topics.edit, made.id, 1, topics.matter("别的", "", Form.REMOTE, [])),
    ):
        if refusal is None:
            people.store.write(verb, actor, *about)  # type: ignore[arg-type]
        else:
            with pytest.raises(refusal):
                people.store.write(verb, actor, *about)  # type: ignore[arg-type]


# Pages


@pytest.fixture
def office(sqlite_people: People, enter: Enter) -> Visitor:
    return enter(sqlite_people.cast.office)


def test_a_topic_is_written_found_and_edited(office: Visitor, sqlite_people: People) -> None:
    made = office.post("/topics/new", {**office.form("/topics/new"), **TYPED})
    assert made.status_code == 302
    page = office.get(made.location).text
    assert "城乡供水" in page
    assert "县水利局、县住建局" in page
    assert "城乡供水" in office.get("/topics?q=老化").text
    assert "No topic is found" in office.get("/topics?q=nowhere").text
    edit = f"{made.location}/edit"
    sent = office.form(edit)
    assert {name: sent[name] for name in TYPED} == {
        "title": ["城乡供水"], "background": ["管网\n老化"], "form": ["sector"],
        "departments": ["县水利局\n县住建局"],
    }  # fmt: skip
    assert office.post(edit, {**sent, "title": "供水"}).status_code == 302
    assert kept(sqlite_people, int(made.location.rsplit("/", 1)[1])).title == "供水"


def test_what_is_refused_stands_at_its_field_and_nothing_typed_is_lost(
    office: Visitor, sqlite_people: People
) -> None:
    answer = office.post("/topics/new", {**office.form("/topics/new"), **TYPED, "title": " "})
    assert answer.status_code == 400
    assert 'aria-describedby="title-error"' in answer.text
    assert "县住建局" in answer.text
    assert count(sqlite_people) == 0


def test_two_presses_make_one_topic(office: Visitor, sqlite_people: People) -> None:
    sent = {**office.form("/topics/new"), **TYPED}
    answers = [office.post("/topics/new", sent) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {302}
    assert count(sqlite_people) == 1


def test_the_second_editor_s_page_shows_who_changed_what_and_keeps_his_words(
    office: Visitor, sqlite_people: People, enter: Enter
) -> None:
    made = sqlite_people.store.write(topics.create, sqlite_people.office, sqlite_people.cast.county, WATER)
    edit = f"/topics/{made.id}/edit"
    mine, theirs = office.form(edit), enter(sqlite_people.administrator)
    assert theirs.post(edit, {**theirs.form(edit), "title": "先改的名称"}).status_code == 302
    answer = office.post(edit, {**mine, "title": "后改的名称"})
    assert answer.status_code == 409
    assert "县管理员" in answer.text
    assert "后改的名称" in answer.text
    assert "Kept now: 先改的名称" in answer.text
    assert kept(sqlite_people, made.id).title == "先改的名称"
    again = {**mine, "title": "后改的名称", "version": "2"}
    assert 'name="version" value="2"' in answer.text
    assert office.post(edit, again).status_code == 302
    assert kept(sqlite_people, made.id).title == "后改的名称"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"version": "x"},
        {"version": "-1"},
        {"version": "9" * 30},
        {"version": "1", "title": "x" * 100_000, "form": "remote"},
        {"version": "1", "title": "供水", "form": "{{7*7}}"},
        {"version": "1", "title": "供水", "form": "remote", "departments": "、".join(map(str, range(40)))},
    ],
)
def test_bad_input_is_refused_with_a_page(
    office: Visitor, sqlite_people: People, data: dict[str, object]
) -> None:
    made = sqlite_people.store.write(topics.create, sqlite_people.office, sqlite_people.cast.county, WATER)
    answer = office.post(f"/topics/{made.id}/edit", data)
    assert answer.status_code == 400
    assert kept(sqlite_people, made.id).version == 1


@pytest.mark.parametrize(
    "path", ["/topics/1", "/topics/new", "/topics/1/edit", "/topics/calls", "/topics/calls/new"]
)
def test_members_are_not_shown_the_office_s_pages(sqlite_people: People, enter: Enter, path: str) -> None:
    sqlite_people.store.write(topics.create, sqlite_people.office, sqlite_people.cast.county, WATER)
    assert enter(sqlite_people.cast.wang).get(path).status_code == 404
    reader = enter(sqlite_people.reader).get(path).status_code
    assert reader == (200 if path in ("/topics/1", "/topics/calls") else 403)
