"""Issued reports over HTTP: from the report to its number, what changed since, the bundle, withdrawn."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest

from consult.attendance import ledger, settle
from consult.attendance.intervals import Channel
from consult.core import clock
from consult.core.store import Store, Work
from consult.issued import issuing
from consult.issued.subjects import Subject
from consult.meetings import moves, scheduling
from consult.meetings.models import Meeting
from consult.register import marking
from tests.meetings.people import People, gather
from tests.support.visitor import Enter, app, enter, one_app

__all__ = ["app", "enter", "one_app"]

BEGAN = clock.now().replace(microsecond=0) - timedelta(days=1)
ENDED = BEGAN + timedelta(hours=1)
COUNTED = ENDED + timedelta(minutes=10)


@pytest.fixture
def people(sqlite_store: Store) -> People:
    return gather(sqlite_store)


@pytest.fixture
def meeting(people: People) -> int:
    """One of yesterday at which Wang was."""
    plan = people.plan(opens_at=BEGAN, closes_at=ENDED)
    early = BEGAN - timedelta(days=1)
    county, store = people.cast.county, people.store
    made = store.write_at(early, scheduling.schedule, people.office, county, plan).id
    store.write_at(BEGAN, ledger.join, people.actor("wang"), made, Channel.BROWSER, "w", None)
    store.write_at(ENDED, moves.advance_due)
    store.write_at(COUNTED, settle.settle_due)
    return made


def test_a_meetings_report_is_issued_compared_and_withdrawn(
    people: People, meeting: int, enter: Enter
) -> None:
    office = enter(people.cast.office)
    ask = f"/issued/new?subject=meeting:{meeting}"
    assert ask in office.get(f"/meetings/{meeting}/report").text
    assert office.get(ask).status_code == 200
    sent: dict[str, object] = {"subject": f"meeting:{meeting}", "form_key": "k" * 24}
    address = office.post("/issued/new", sent).location
    assert office.post("/issued/new", sent).location == address
    page = office.get(address).text
    assert "counted today, it would say the same" in page
    assert "王秀兰" in office.get(f"{address}/figures/present").text
    assert office.get(f"{address}/figures/nothing").status_code == 404

    def count_again(work: Work) -> None:
        marking.arrive(work, people.office, meeting, [people.cast.seats[people.cast.li]])
        settle.settle(work, work.db.get_one(Meeting, meeting), reason="签到表")

    people.store.write(count_again)
    page = office.get(address).text
    assert "counted today, it would say the same" not in page
    assert "李建国" in page
    bundle = office.get(f"{address}/bundle.zip")
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
        assert {"report.json", "rows.json", "README.txt"} <= set(archive.namelist())
    assert office.post(f"{address}/withdraw", {"reason": ""}).status_code == 400
    assert office.post(f"{address}/withdraw", {"reason": "漏了一个分会场"}).status_code == 302
    assert "漏了一个分会场" in office.get(address).text
    assert address in office.get("/issued").text


def test_a_year_is_issued_and_what_it_says_is_frozen(people: People, meeting: int, enter: Enter) -> None:
    office, year = enter(people.cast.office), BEGAN.year
    subject = Subject(unit_id=people.cast.county, year=year)
    assert f"subject={subject}" in office.get(f"/annual/{people.cast.county}/{year}").text
    address = office.post("/issued/new", {"subject": str(subject), "form_key": "k" * 24}).location
    assert f"{year}" in office.get(address).text
    with people.store.read() as work:
        found = issuing.look(work, people.office, int(address.rsplit("/", 1)[1]))
        assert issuing.since(work, people.office, found, "Asia/Shanghai") == []
    rows = issuing.rows_of(found)
    assert any(row.id == f"meeting:{meeting}" for behind in rows.values() for row in behind)
    for figure in found.content.figures:
        added = sum(row.adds.get("value", 0) for row in rows[figure.key])
        assert added == figure.values["value"], figure.key


def test_what_is_not_settled_yet_says_so(people: People, enter: Enter) -> None:
    coming = clock.now() + timedelta(days=3)
    plan = people.plan(opens_at=coming, closes_at=coming + timedelta(hours=1))
    made = people.store.write(scheduling.schedule, people.office, people.cast.county, plan).id
    assert enter(people.cast.office).get(f"/issued/new?subject=meeting:{made}").status_code == 409
    assert enter(people.cast.office).get("/issued/new?subject=x").status_code == 404
