"""The room before it opens: who is invited finds all that he was told and is asked there, and answers."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest

from consult.core import clock
from consult.core.store import Store, Work
from consult.invitations import delegations
from consult.invitations.delegations import Venue
from consult.invitations.standing import Stand
from consult.meetings import agenda, scheduling
from consult.meetings.audience import Audience
from consult.meetings.models import Attending, Meeting, Mode
from tests.files.samples import PDF
from tests.invitations.people import Circle, assemble
from tests.meetings.people import gather
from tests.support.visitor import Enter, app, enter, one_app

__all__ = ["app", "enter", "one_app"]

OPENS = clock.now().replace(microsecond=0) + timedelta(days=20)


@pytest.fixture
def circle(sqlite_store: Store) -> Circle:
    return assemble(gather(sqlite_store))


def planned(circle: Circle, host: str = "office", **given: Any) -> Meeting:
    """A hybrid meeting in three weeks."""
    usual = {
        "opens_at": OPENS,
        "closes_at": OPENS + timedelta(hours=1),
        "mode": Mode.HYBRID,
        "place": "三楼会议室",
    }
    unit = circle.cast.county if host == "office" else circle.cast.province
    plan = circle.people.plan(**{**usual, **given})
    return circle.store.write(scheduling.schedule, circle.actor(host), unit, plan)


def room(meeting: Meeting) -> str:
    return f"/meetings/{meeting.id}/room"


def stand(circle: Circle, role: str, meeting: Meeting) -> Stand:
    return circle.stands(role, meeting, clock.now()).stand


def test_a_member_answers_in_the_room_and_stays_there(circle: Circle, enter: Enter) -> None:
    meeting, wang = planned(circle), enter(circle.cast.wang)
    page = wang.get(room(meeting)).text
    for said in ("清河县政协 invites you to:", "三楼会议室", "Please answer before", "I attend remotely"):
        assert said in page
    answer = f"/meetings/{meeting.id}/answer"
    assert wang.post(answer, {"do": "remote", "back": "room"}).location == room(meeting)
    page = wang.get(room(meeting)).text
    assert "You have answered: I attend remotely." in page
    assert "You can change your answer until" in page
    assert wang.post(answer, {"do": "come", "back": "room"}).location == room(meeting)
    assert stand(circle, "wang", meeting) is Stand.ACCEPTED
    assert "Noted" not in wang.get("/").text  # the room has said so already


def test_leave_is_asked_for_from_the_room_and_withdrawn_there(circle: Circle, enter: Enter) -> None:
    meeting, wang = planned(circle), enter(circle.cast.wang)
    ask = f"/meetings/{meeting.id}/leave?back=room"
    assert ask in wang.get(room(meeting)).text
    form = wang.get(ask).text
    assert f'href="{room(meeting)}"' in form
    assert wang.post(ask, {"reason_type": "illness"}).location == room(meeting)
    page = wang.get(room(meeting)).text
    assert "You have asked for leave." in page
    (request,) = circle.requests(meeting)
    assert f'action="/leave/{request.id}/withdraw"' in page
    assert wang.post(f"/leave/{request.id}/withdraw", {"back": "room"}).location == room(meeting)
    assert stand(circle, "wang", meeting) is Stand.NONE


def test_after_the_last_day_the_room_says_whom_to_call(circle: Circle, enter: Enter) -> None:
    meeting = planned(circle)

    def pass_the_last_day(work: Work) -> None:
        work.db.get_one(Meeting, meeting.id).answer_by = work.now

    circle.store.write(pass_the_last_day)
    page = enter(circle.cast.wang).get(room(meeting)).text
    assert "Please call the office" in page
    assert 'value="come"' not in page


def test_the_room_names_the_sub_venue_and_leads_to_agenda_and_materials(circle: Circle, enter: Enter) -> None:
    cast = circle.cast
    meeting = planned(circle, "province_office", audience=Audience(naming=(cast.county,), places=3))
    circle.store.write(
        delegations.name, circle.actor("office"), meeting.id, cast.county,
        circle.delegation(meeting, cast.county).version, ["王秀兰"], Venue("县图书馆", "人民路 1 号"),
    )  # fmt: skip
    office = enter(circle.people.province_office)
    office.post(f"/files/to/meeting/{meeting.id}/material", {"file": [(io.BytesIO(PDF), "方案.pdf")]})
    circle.store.write(
        agenda.add, circle.actor("province_office"), meeting.id, circle.version(meeting),
        agenda.Item("情况通报", "", 10),
    )  # fmt: skip
    page = enter(cast.wang).get(room(meeting)).text
    aside, _, hall = page.partition("When and where")[2].partition("</aside>")
    for part in (aside, hall):
        assert "Your unit's sub-venue: 县图书馆" in part
        assert "人民路 1 号" in part
    assert f'href="/meetings/{meeting.id}/agenda"' in page
    assert f'href="/meetings/{meeting.id}/materials"' in page
    assert "Materials: 1 file" in page


def test_a_sign_up_is_answered_in_the_room_too(circle: Circle, enter: Enter) -> None:
    meeting = planned(circle, attending=Attending.SIGN_UP, capacity=1)
    li = enter(circle.cast.li)
    assert "1 place is left." in li.get(room(meeting)).text
    li.post(f"/meetings/{meeting.id}/answer", {"do": "come", "back": "room"})
    assert "You have signed up." in li.get(room(meeting)).text


def test_colleagues_who_are_not_invited_and_offices_have_nothing_to_answer(
    circle: Circle, enter: Enter
) -> None:
    cast = circle.cast
    meeting = planned(circle, audience=Audience(also=(cast.seats[cast.wang],)))
    for role in ("li", "office"):
        page = enter(circle.id(role)).get(room(meeting))
        assert page.status_code == 200
        assert "/answer" not in page.text
    assert enter(cast.outsider).get(room(meeting)).status_code == 404
