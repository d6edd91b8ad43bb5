"""The register over HTTP: ticked, timed, taken back, and a sheet brought; each for whose it is."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from consult.attendance.models import Presence, VideoSheet
from consult.core import clock
from consult.meetings import moves, scheduling
from consult.meetings.models import Meeting
from consult.register.models import VenueCount
from tests.meetings.people import People
from tests.support.visitor import Enter

BEGAN = clock.now().replace(microsecond=0) - timedelta(minutes=30)


@pytest.fixture
def people(sqlite_people: People) -> People:
    return sqlite_people


@pytest.fixture
def meeting(people: People) -> Meeting:
    """One that has been open for half an hour."""
    plan = people.plan(opens_at=BEGAN, closes_at=BEGAN + timedelta(hours=2))
    early = BEGAN - timedelta(days=1)
    made = people.store.write_at(early, scheduling.schedule, people.office, people.cast.county, plan)
    people.store.write(moves.advance_due)
    return made


def presences(people: People) -> list[Presence]:
    with people.store.read() as work:
        return list(work.db.scalars(select(Presence).order_by(Presence.id)))


def test_the_office_ticks_who_came_and_who_left(people: People, meeting: Meeting, enter: Enter) -> None:
    office, cast = enter(people.cast.office), people.cast
    path = f"/meetings/{meeting.id}/register"
    assert "王秀兰" in office.get(path).text
    ticked = [str(cast.seats[cast.wang]), str(cast.seats[cast.li])]
    assert office.post(f"{path}?being=away", {"who": ticked, "do": "arrive"}).location == f"{path}?being=away"
    assert "王秀兰" in office.get(f"{path}?being=here").text
    assert "王秀兰" not in office.get(f"{path}?being=away").text
    office.post(path, {"who": ticked[:1], "do": "depart"})
    assert "王秀兰" in office.get(f"{path}?being=gone").text


def test_nobody_ticked_and_a_time_that_is_none_are_said(
    people: People, meeting: Meeting, enter: Enter
) -> None:
    office, path = enter(people.cast.office), f"/meetings/{meeting.id}/register"
    assert "Please tick somebody first." in office.post(path, {"do": "arrive"}).text
    seat = str(people.cast.seats[people.cast.wang])
    answer = office.post(path, {"do": "arrive", "who": seat, "at": "morning"})
    assert (answer.status_code, presences(people)) == (400, [])
    assert f'value="{seat}" aria-label="王秀兰" checked' in answer.text


def test_a_time_of_day_is_the_meetings(people: People, meeting: Meeting, enter: Enter) -> None:
    office, path = enter(people.cast.office), f"/meetings/{meeting.id}/register"
    since = (BEGAN + timedelta(minutes=3)).astimezone(clock.zone(meeting.zone))
    sent: dict[str, object] = {
        "do": "arrive",
        "who": str(people.cast.seats[people.cast.wang]),
        "at": f"{since:%H:%M}",
    }
    assert office.post(path, sent).status_code == 302
    assert presences(people)[0].joined_at == since.replace(second=0)


def test_what_was_noted_by_mistake_is_taken_back(people: People, meeting: Meeting, enter: Enter) -> None:
    office, path = enter(people.cast.office), f"/meetings/{meeting.id}/register"
    office.post(path + "/other", {"name": "王秀兰"})
    (row,) = presences(people)
    back = f"{path}/{row.id}/take-back"
    assert "王秀兰" in office.get(back).text
    assert office.post(back, {"reason": ""}).status_code == 400
    assert office.post(back, {"reason": "认错人"}).status_code == 302
    assert presences(people)[0].voided_at is not None
    assert office.get(back).status_code == 404


def test_guests_are_noted(people: People, meeting: Meeting, enter: Enter) -> None:
    office, path = enter(people.cast.office), f"/meetings/{meeting.id}/register/heads"
    assert office.post(path, {"guests": "6", "public": "many", "version": "0"}).status_code == 400
    assert office.post(path, {"guests": "6", "public": "40", "version": "0"}).status_code == 302
    with people.store.read() as work:
        assert work.db.scalars(select(VenueCount.public)).one() == 40


def test_a_sheet_is_brought_and_imported(people: People, meeting: Meeting, enter: Enter) -> None:
    office, where = enter(people.cast.office), clock.zone(meeting.zone)
    joined, left = (one.astimezone(where) for one in (BEGAN, BEGAN + timedelta(minutes=20)))
    text = f"昵称,入会时间,退会时间\n王秀兰,{joined:%F %T},{left:%F %T}\n投影,{joined:%F %T},{left:%F %T}\n"
    upload = f"/meetings/{meeting.id}/video-sheet"
    assert office.get(upload).status_code == 200
    bad: dict[str, object] = {
        "file": (io.BytesIO("昵称,入会时间,退会时间\n王秀兰,早上,晚上\n".encode()), "a.csv")
    }
    assert "Row 2" in office.post(upload, bad, content_type="multipart/form-data").text
    sent: dict[str, object] = {"file": (io.BytesIO(text.encode()), "a.csv")}
    page = office.post(upload, sent, content_type="multipart/form-data").location
    shown = office.get(page)
    assert "投影" in shown.text
    form = office.form(page)
    assert office.post(page + "/apply", form).location == page
    assert "The sheet is imported" in office.get(page).text
    assert [row.left_at for row in presences(people)] == [left]
    assert office.post(page + "/take-back", {"reason": "错了"}).status_code == 302
    with people.store.read() as work:
        assert work.db.scalars(select(VideoSheet.taken_back_at)).one() is not None


@pytest.mark.parametrize(("role", "status"), [("reader", 200), ("wang", 403), ("outsider", 404)])
def test_who_else_opens_it(people: People, meeting: Meeting, enter: Enter, role: str, status: int) -> None:
    person = getattr(people.cast, role, None) or people.reader
    page = enter(person).get(f"/meetings/{meeting.id}/register")
    assert page.status_code == status
    assert 'name="who"' not in page.text
