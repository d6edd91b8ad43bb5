"""The pages of invitations over HTTP: answered, asked for leave, decided, named; each for whose it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from consult.core import clock
from consult.invitations import asking, delegations
from consult.invitations.delegations import Venue
from consult.invitations.standing import Stand
from consult.meetings import scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Attending, Meeting, Mode
from consult.meetings.plan import plan_of
from consult.members import charges
from consult.topics.forms_of_consultation import Form
from tests.invitations.people import Circle
from tests.notices.people import turn
from tests.support.visitor import Enter, Visitor

OPENS = clock.now().replace(microsecond=0) + timedelta(days=20)


@pytest.fixture
def circle(sqlite_circle: Circle) -> Circle:
    return sqlite_circle


def planned(circle: Circle, **given: Any) -> Meeting:
    """A meeting in three weeks, hybrid, of the county's."""
    defaults = {
        "opens_at": OPENS,
        "closes_at": OPENS + timedelta(hours=1),
        "mode": Mode.HYBRID,
        "place": "三楼",
    }
    plan = circle.people.plan(**{**defaults, **given})
    return circle.store.write(scheduling.schedule, circle.people.office, circle.cast.county, plan)


def of_province(circle: Circle) -> Meeting:
    cast = circle.cast
    audience = Audience(naming=(cast.county, cast.other_county), places=2)
    plan = circle.people.plan(opens_at=OPENS, closes_at=OPENS + timedelta(hours=1), audience=audience)
    return circle.store.write(scheduling.schedule, circle.actor("province_office"), cast.province, plan)


def stand(circle: Circle, role: str, meeting: Meeting) -> Stand:
    return circle.stands(role, meeting, clock.now()).stand


# A member


def test_a_member_answers_from_his_first_page_and_may_change_it(circle: Circle, enter: Enter) -> None:
    meeting, wang = planned(circle), enter(circle.cast.wang)
    assert "Waiting for your answer" in wang.get("/").text
    path = f"/meetings/{meeting.id}/answer"
    assert wang.post(path, {"do": "come", "back": "home"}).location == "/"
    home = wang.get("/").text
    assert "Waiting for your answer" not in home
    assert "Noted: will attend." in home
    assert "You have answered: I attend." in wang.get(path).text
    assert wang.post(path, {"do": "remote"}).location == path
    assert stand(circle, "wang", meeting) is Stand.REMOTE


@pytest.mark.parametrize("sent", ["", "leave", "nonsense", "decline"])
def test_what_is_no_answer_is_refused(circle: Circle, enter: Enter, sent: str) -> None:
    meeting = planned(circle)
    answer = enter(circle.cast.wang).post(f"/meetings/{meeting.id}/answer", {"do": sent})
    assert answer.status_code == 400
    assert stand(circle, "wang", meeting) is Stand.NONE


def test_after_the_deadline_the_page_says_whom_to_call(circle: Circle, enter: Enter) -> None:
    meeting = planned(circle, answer_by=clock.now() - timedelta(hours=1))
    wang, path = enter(circle.cast.wang), f"/meetings/{meeting.id}/answer"
    page = wang.get(path)
    assert page.status_code == 200
    assert "Please call the office of 清河县政协" in page.text
    assert 'name="do"' not in page.text
    assert wang.post(path, {"do": "come"}).status_code == 409
    assert wang.post(f"/meetings/{meeting.id}/leave", {"reason_type": "illness"}).status_code == 409


def test_who_waits_is_told_his_turn(circle: Circle, enter: Enter) -> None:
    meeting = planned(circle, attending=Attending.SIGN_UP, capacity=1)
    path = f"/meetings/{meeting.id}/answer"
    enter(circle.cast.li).post(path, {"do": "come"})
    wang = enter(circle.cast.wang)
    wang.post(path, {"do": "come"})
    assert "You are number 1 on the waiting list." in wang.get(path).text


def test_leave_is_asked_for_withdrawn_and_granted(circle: Circle, enter: Enter) -> None:
    meeting, li = planned(circle, form=Form.SECTOR), enter(circle.cast.li)
    path = f"/meetings/{meeting.id}/leave"
    assert "Would it help to attend remotely?" in li.get(path).text
    assert li.post(path, {}).status_code == 400
    assert li.post(path, {"reason_type": "other"}).status_code == 400
    assert li.post(path, {"reason_type": "away", "reason": "到省里开会"}).status_code == 302
    assert "the convener of the sector 农业界" in li.get(f"/meetings/{meeting.id}/answer").text
    first = circle.requests(meeting)[0].id
    assert li.post(f"/leave/{first}/withdraw").status_code == 302
    assert li.post(path, {"reason_type": "away", "reason": "到省里开会"}).status_code == 302
    second = circle.requests(meeting)[1].id
    convener = enter(circle.convener)
    assert 'href="/leave"' in convener.get("/").text
    assert "到省里开会" in convener.get("/leave").text
    assert convener.post(f"/leave/{second}", {"do": "refused", "word": ""}).status_code == 400
    assert convener.post(f"/leave/{second}", {"do": "granted"}).status_code == 302
    assert convener.post(f"/leave/{second}", {"do": "refused", "word": "晚了"}).status_code == 409
    answered = li.get(f"/meetings/{meeting.id}/answer").text
    assert "You are on leave for this meeting." in answered
    assert "Away on business（到省里开会）" in answered


# An office


def test_an_office_sees_who_has_not_answered_and_asks_them(circle: Circle, enter: Enter) -> None:
    meeting, office = planned(circle), enter(circle.cast.office)
    path = f"/meetings/{meeting.id}"
    page = office.get(f"{path}/answers").text
    assert "No answer yet from: 王秀兰、李建国" in page
    assert office.post(f"{path}/nudge").status_code == 302
    assert "Asked 1 times" in office.get(f"{path}/answers").text
    assert office.post(f"{path}/nudge").status_code == 429
    seat = circle.cast.seats[circle.cast.wang]
    assert office.post(f"{path}/answers/{seat}", {"do": "come"}).status_code == 302
    assert stand(circle, "wang", meeting) is Stand.ACCEPTED
    assert "The office wrote the answer down:" in office.get(f"{path}/answers/{seat}").text


def test_who_must_come_places_and_deadline_are_set_in_the_editor(circle: Circle, enter: Enter) -> None:
    province = enter(circle.people.province_office)
    sent = {
        **province.form("/meetings/new"), "title": "协商会", "day": f"{OPENS:%Y-%m-%d}", "opens_at": "15:00",
        "closes_at": "16:00", "attending": "sign_up", "capacity": "40", "answer_by": "5",
        "naming": [str(circle.cast.county)], "places": "3", "do": "schedule",
    }  # fmt: skip
    made = province.post("/meetings/new", sent)
    assert made.status_code == 302
    with circle.store.read() as work:
        plan = plan_of(work.db.get_one(Meeting, int(made.location.rsplit("/", 1)[1])))
    assert (plan.attending, plan.capacity, plan.audience.naming, plan.audience.places) == (
        Attending.SIGN_UP, 40, (circle.cast.county,), 3
    )  # fmt: skip
    assert plan.answer_by == plan.opens_at - timedelta(days=4, hours=21)
    form = province.form(f"{made.location}/edit")
    assert (form["answer_by"], form["capacity"], form["places"]) == (["5"], ["40"], ["3"])
    for wrong in ({"capacity": "many"}, {"places": "0"}, {"attending": "x"}, {"answer_by": "99"}):
        assert province.post("/meetings/new", {**sent, **wrong}).status_code == 400


def test_a_county_names_its_people_on_its_page(circle: Circle, enter: Enter) -> None:
    meeting, office = of_province(circle), enter(circle.cast.office)
    assert "Name participants" in office.get("/").text
    path = f"/meetings/{meeting.id}/delegations/{circle.cast.county}"
    form = office.form(path)
    assert office.post(path, {**form, "names": "没有这个人"}).status_code == 400
    sent = {**form, "names": "王秀兰、李建国", "venue": "县政协三楼"}
    assert office.post(path, sent).status_code == 302
    assert office.post(path, sent).status_code == 409
    wang, other = enter(circle.cast.wang), enter(circle.cast.outsider)
    for page in (f"/meetings/{meeting.id}", f"/meetings/{meeting.id}/answer"):
        assert "县政协三楼" in wang.get(page).text
        assert "县政协三楼" not in other.get(page).text
    host = enter(circle.people.province_office)
    assert "县政协三楼" in host.get(f"/meetings/{meeting.id}/delegations").text
    places = {"version": str(circle.delegation(meeting, circle.cast.county).version), "places": "9"}
    assert host.post(f"{path}/places", places).status_code == 302
    assert circle.delegation(meeting, circle.cast.county).places == 9


def test_who_is_elsewhere_is_shown_and_named_only_when_that_is_ticked(circle: Circle, enter: Enter) -> None:
    meeting, office = of_province(circle), enter(circle.cast.office)
    planned(circle, title="县里的会", audience=Audience(also=(circle.cast.seats[circle.cast.wang],)))
    path = f"/meetings/{meeting.id}/delegations/{circle.cast.county}"
    assert office.get(path).text.count("县里的会") == 1  # among the members one can name
    sent = {**office.form(path), "names": "王秀兰"}
    assert "despite" not in sent
    refused = office.post(path, sent)
    assert (refused.status_code, "县里的会" in refused.text) == (409, True)
    assert "Name them all the same" in refused.text
    assert office.post(path, {**sent, "despite": "y"}).status_code == 302
    assert circle.invited(meeting) == [circle.cast.wang]


def test_a_member_s_first_page_and_notices_name_his_sub_venue(circle: Circle, enter: Enter) -> None:
    meeting, cast = of_province(circle), circle.cast
    hall, there = Venue("县会堂", "人民路 1 号"), "s sub-venue: 县会堂"
    named = (meeting.id, cast.county, 1, ["王秀兰", "李建国"], hall)
    circle.store.write(delegations.name, circle.actor("office"), *named)
    turn(circle.store, clock.now() + timedelta(minutes=3))
    wang, li = enter(cast.wang), enter(cast.li)
    assert "sub-venue: 县会堂 人民路 1 号" in wang.get("/notices").text
    assert wang.get("/").text.count(there) == 2  # his next meeting, and it waits for his answer
    wang.post(f"/meetings/{meeting.id}/answer", {"do": "come"})
    assert wang.get("/").text.count(there) == 1
    sooner = OPENS - timedelta(days=1)
    only_li = Audience(also=(cast.seats[cast.li],))
    planned(circle, opens_at=sooner, closes_at=sooner + timedelta(hours=1), audience=only_li)
    li.post(f"/meetings/{meeting.id}/answer", {"do": "come"})
    assert li.get("/").text.count(there) == 1  # among the later ones


# Whose pages they are

ROLES = ("wang", "office", "reader", "province_office", "other_office", "outsider")
SEEN: dict[str, tuple[int, ...]] = {
    "/answer": (200, 404, 404, 404, 404, 404),
    "/leave": (200, 404, 404, 404, 404, 404),
    "/answers": (404, 200, 200, 200, 404, 404),
    "/answers/2": (404, 200, 200, 200, 404, 404),
    "/leave/2": (403, 200, 403, 200, 404, 404),
    "/delegations": (404, 200, 200, 200, 404, 404),
}


@pytest.mark.parametrize("page", SEEN)
def test_each_page_is_for_those_whose_it_is(circle: Circle, enter: Enter, page: str) -> None:
    meeting = planned(circle)
    codes = tuple(enter(circle.id(role)).get(f"/meetings/{meeting.id}{page}").status_code for role in ROLES)
    assert codes == SEEN[page]


def test_a_county_s_naming_is_its_own(circle: Circle, enter: Enter) -> None:
    path = f"/meetings/{of_province(circle).id}/delegations/{circle.cast.county}"
    codes = {role: enter(circle.id(role)).get(path).status_code for role in ROLES}
    assert codes == {
        "wang": 404, "office": 200, "reader": 403, "province_office": 200, "other_office": 404,
        "outsider": 404,
    }  # fmt: skip


def test_leave_to_decide_is_for_offices_and_those_in_charge(circle: Circle, enter: Enter) -> None:
    meeting = planned(circle, form=Form.SECTOR)
    circle.store.write(asking.ask, circle.actor("li"), meeting.id, "illness", "")
    seen = {role: enter(circle.id(role)).get("/leave") for role in (*ROLES, "convener", "head")}
    assert {role: page.status_code for role, page in seen.items()} == {
        "wang": 404, "office": 200, "reader": 200, "province_office": 200, "other_office": 200,
        "outsider": 404, "convener": 200, "head": 200,
    }  # fmt: skip
    assert {role for role, page in seen.items() if "李建国" in page.text} == {
        "office", "province_office", "convener"
    }  # fmt: skip


# Who is in charge


def test_an_organizer_puts_members_in_charge(circle: Circle, enter: Enter) -> None:
    office, path = enter(circle.cast.office), f"/units/{circle.cast.county}/charges"
    assert path in office.get(f"/units/{circle.cast.county}").text
    sent = {"circle": "sector:医药卫生界", "member": "王秀兰"}
    for wrong in ({"circle": "sector:没有"}, {"circle": "nonsense"}, {"member": "没有"}, {"member": ""}):
        assert office.post(path, {**sent, **wrong}).status_code == 400
    for _ in range(2):
        assert office.post(path, sent).status_code == 302
    with circle.store.read() as work:
        [held] = next(
            one.held for one in charges.circles(work, circle.cast.county) if one.name == "医药卫生界"
        )
    assert held.name == "王秀兰"
    assert office.post(f"/charges/{held.charge.id}/take").status_code == 302
    assert office.post(f"/charges/{held.charge.id}/take").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [("reader", 403), ("wang", 404), ("other_office", 404), ("province_office", 200)]
)
def test_charges_are_kept_by_the_unit_s_organizers(
    circle: Circle, enter: Enter, role: str, status: int
) -> None:
    visitor: Visitor = enter(circle.id(role))
    path = f"/units/{circle.cast.county}/charges"
    assert visitor.get(path).status_code == status
    sent = {"circle": "sector:医药卫生界", "member": "王秀兰"}
    assert visitor.post(path, sent).status_code == (302 if status == 200 else status)
