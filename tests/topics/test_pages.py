"""The pages of calls and proposals, from the office's call to what became of a member's topic."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from consult.core import clock
from consult.core.store import Work
from consult.members.models import Role, RoleGrant
from consult.topics import calls, decisions, proposals
from consult.topics.calls import Within
from consult.topics.life import State
from consult.topics.models import Call, Topic
from tests.meetings.people import People
from tests.support.visitor import Enter, Visitor
from tests.topics.calling import kept, matter, terms

DAY = timedelta(days=1)
MINE = {"title": "农村饮水", "background": "管网老化", "form": "remote", "departments": "县水利局"}


@pytest.fixture
def office(sqlite_people: People, enter: Enter) -> Visitor:
    return enter(sqlite_people.cast.office)


@pytest.fixture
def wang(sqlite_people: People, enter: Enter) -> Visitor:
    return enter(sqlite_people.cast.wang)


@pytest.fixture
def li(sqlite_people: People, enter: Enter) -> Visitor:
    return enter(sqlite_people.cast.li)


def open_call(people: People, **given: object) -> Call:
    """A call that is open now, as the pages are."""
    now = clock.now()
    said = terms(**{"opens_at": now - DAY, "closes_at": now + DAY, **given})
    return people.store.write_at(now - 2 * DAY, calls.create, people.office, people.cast.county, said)


def proposed(people: People, call: Call, who: str = "wang", title: str = "农村饮水") -> Topic:
    return people.store.write(proposals.propose, people.actor(who), call.id, matter(title))


def test_from_the_call_to_what_became_of_a_proposal(
    sqlite_people: People, office: Visitor, wang: Visitor, li: Visitor
) -> None:
    made = office.post("/topics/calls/new", {**office.form("/topics/calls/new"), "title": "征集议题"})
    assert made.status_code == 302
    assert "征集议题" in office.get("/topics/calls").text
    assert "征集议题" in wang.get("/topics").text
    propose = f"{made.location}/propose"
    sent = {**wang.form(propose), **MINE}
    assert [wang.post(propose, sent).status_code for _ in range(2)] == [302, 302]
    with sqlite_people.store.read() as work:
        [topic] = work.db.scalars(select(Topic))
    assert "农村饮水" in li.get(made.location).text
    assert li.post(f"/topics/{topic.id}/second", {"from": "call"}).status_code == 302
    assert "You second it" in li.get(made.location).text
    assert "1 person seconds it" in wang.get(f"/topics/{topic.id}").text
    page = office.get(made.location).text
    assert f'value="{topic.id}:1"' in page
    reject = f"/topics/{topic.id}/reject"
    refused = office.post(reject, {**office.form(reject), "reason": " "})
    assert refused.status_code == 400
    assert 'aria-describedby="reason-error' in refused.text
    assert office.post(reject, {**office.form(reject), "reason": "已在办理"}).status_code == 302
    assert "已在办理" in wang.get("/topics").text
    assert "已在办理" in wang.get(f"/topics/{topic.id}").text
    assert "已在办理" not in li.get(f"/topics/{topic.id}").text


def test_ticked_rows_are_planned_together_and_shown_again_when_one_is_stale(
    sqlite_people: People, office: Visitor
) -> None:
    call = open_call(sqlite_people)
    one, two = proposed(sqlite_people, call), proposed(sqlite_people, call, "li")
    path = f"/topics/calls/{call.id}/decide"
    ticked = [f"{one.id}:1", f"{two.id}:1"]
    sqlite_people.store.write(decisions.shortlist, sqlite_people.office, two.id, 1)
    stale = office.post(path, {"do": "plan", "ticked": ticked})
    assert stale.status_code == 409
    assert f'value="{two.id}:2" aria-label="Tick “农村饮水”" checked' in " ".join(stale.text.split())
    assert kept(sqlite_people, one.id).state == State.PROPOSED
    assert office.post(path, {"do": "plan", "ticked": [f"{one.id}:1", f"{two.id}:2"]}).status_code == 302
    assert kept(sqlite_people, one.id).state == kept(sqlite_people, two.id).state == State.PLANNED
    assert office.post(path, {"do": "plan"}).status_code == 400
    assert office.post(path, {"do": "everything", "ticked": ticked}).status_code == 400


@pytest.mark.parametrize(("name", "asks"), [("shortlist", {}), ("plan", {"year": "2027", "month": "6"})])
def test_a_decision_on_what_somebody_changed_shows_who_did(
    sqlite_people: People, office: Visitor, enter: Enter, name: str, asks: dict[str, str]
) -> None:
    topic = proposed(sqlite_people, open_call(sqlite_people))
    path = f"/topics/{topic.id}/{name}"
    sent = {**office.form(path), **asks}
    sqlite_people.store.write(proposals.revise, sqlite_people.actor("wang"), topic.id, 1, matter("改过的"))
    answer = office.post(path, sent)
    assert answer.status_code == 409
    assert "王秀兰" in answer.text
    assert office.post(path, {**sent, "version": "2"}).status_code == 302
    assert office.get(path).status_code == (200 if name == "plan" else 409)


def test_a_call_is_edited_extended_and_closed(sqlite_people: People, office: Visitor) -> None:
    call = open_call(sqlite_people)
    page = f"/topics/calls/{call.id}"
    sent = office.form(f"{page}/edit")
    assert office.post(f"{page}/edit", {**sent, "title": "改名"}).status_code == 302
    assert office.post(f"{page}/edit", {**sent, "title": "又改"}).status_code == 409
    with sqlite_people.store.read() as work:
        row = work.db.get_one(Call, call.id)
    assert (row.title, row.opens_at, row.closes_at) == ("改名", call.opens_at, call.closes_at)
    assert (
        office.post(f"{page}/edit", {**sent, "version": "2", "closes_day": "2026-02-30"}).status_code == 400
    )
    assert office.post(f"{page}/close", {"version": "2"}).status_code == 302
    assert "Closed since" in office.get(page).text
    later = f"{clock.now() + 3 * DAY:%Y-%m-%d}"
    extended = office.post(f"{page}/extend", {**office.form(f"{page}/extend"), "closes_day": later})
    assert extended.status_code == 302
    assert "Open until" in office.get(page).text


def test_what_comes_too_late_is_said_and_nothing_typed_is_lost(sqlite_people: People, wang: Visitor) -> None:
    call = open_call(sqlite_people)
    path = f"/topics/calls/{call.id}/propose"
    sent = {**wang.form(path), **MINE}
    topic = proposed(sqlite_people, call, "li", "别人的")
    sqlite_people.store.write(calls.close, sqlite_people.office, call.id, 1)
    answer = wang.post(path, sent)
    assert answer.status_code == 409
    assert "The call for topics has closed" in answer.text
    assert "管网老化" in answer.text
    late = wang.post(f"/topics/{topic.id}/second", {"from": "call"}, follow_redirects=True)
    assert "The call for topics has closed" in late.text


def test_a_member_changes_and_withdraws_his_own(sqlite_people: People, wang: Visitor, li: Visitor) -> None:
    topic = proposed(sqlite_people, open_call(sqlite_people))
    path = f"/topics/{topic.id}/revise"
    sent = wang.form(path)
    assert li.get(path).status_code == 403
    assert wang.post(path, {**sent, "title": "改过的"}).status_code == 302
    assert wang.post(path, {**sent, "title": "又改"}).status_code == 409
    assert "改过的" in wang.get(f"/topics/{topic.id}").text
    assert li.post(f"/topics/{topic.id}/withdraw", {"version": "2"}).status_code == 403
    assert wang.post(f"/topics/{topic.id}/withdraw", {"version": "2"}).status_code == 302
    assert "Withdrawn" in wang.get("/topics").text
    assert li.get(f"/topics/{topic.id}").status_code == 404


@pytest.mark.parametrize("who", ["outsider", "other_office"])
def test_a_stranger_finds_no_page_of_the_call(sqlite_people: People, enter: Enter, who: str) -> None:
    call = open_call(sqlite_people, within=Within.TREE)
    topic = proposed(sqlite_people, call)
    stranger = enter(sqlite_people.actor(who).person_id)
    page = f"/topics/calls/{call.id}"
    for path in (page, f"{page}/propose", f"/topics/{topic.id}", f"/topics/{topic.id}/revise"):
        assert stranger.get(path).status_code == 404, path
    for path in (f"/topics/{topic.id}/second", f"/topics/{topic.id}/unsecond"):
        assert stranger.post(path).status_code == 404, path
    for path in (f"{page}/close", f"/topics/{topic.id}/withdraw"):
        assert stranger.post(path, {"version": "1"}).status_code == 404, path
    for path in (
        f"{page}/edit",
        f"{page}/extend",
        f"/topics/{topic.id}/shortlist",
        f"/topics/{topic.id}/merge",
    ):
        assert stranger.get(path).status_code == 404, path
    assert stranger.post(f"{page}/decide", {"do": "plan", "ticked": f"{topic.id}:1"}).status_code == 404


def test_staff_who_are_members_propose_on_the_member_s_page(sqlite_people: People, enter: Enter) -> None:
    people = sqlite_people
    people.store.write(_make_organizer, people.cast.wang, people.cast.county)
    wang, call = enter(people.cast.wang), open_call(people)
    page = f"/topics/calls/{call.id}"
    assert "Nothing has been proposed yet" in wang.get(page).text
    assert "See it as a member" in wang.get(page).text
    assert "Propose a topic" in wang.get(f"{page}?view=member").text
    made = wang.post(f"{page}/propose", {**wang.form(f"{page}/propose"), **MINE})
    assert "Withdraw it" in wang.get(made.location).text
    assert "Propose a topic" in wang.get("/topics/mine").text


def _make_organizer(work: Work, person_id: int, unit_id: int) -> None:
    work.db.add(RoleGrant(person_id=person_id, unit_id=unit_id, role=Role.ORGANIZER, granted_at=work.now))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"year": "二〇二七"},
        {"year": "9" * 4000},
        {"opens_day": "yesterday"},
        {"closes_at": "25:00"},
        {"closes_day": "2020-01-01"},
        {"within": "everybody"},
        {"title": "x" * 100_000},
    ],
)
def test_a_call_s_bad_input_is_refused_with_a_page(
    office: Visitor, sqlite_people: People, data: dict[str, object]
) -> None:
    right = {**office.form("/topics/calls/new"), "title": "征集"}
    answer = office.post("/topics/calls/new", {**right, **data} if data else {})
    assert answer.status_code == 400
    with sqlite_people.store.read() as work:
        assert list(work.db.scalars(select(Call))) == []
