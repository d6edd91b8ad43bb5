"""Issuing a meeting's report: numbered, frozen, compared after a correction, withdrawn; for whose it is."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import update

from consult.attendance import ledger, settle
from consult.attendance.intervals import Channel
from consult.core.errors import Invalid, Missing, NotAllowed, NotNow
from consult.core.store import Store, Work
from consult.issued import bundle, issuing
from consult.issued.freezing import Change
from consult.issued.issuing import Issued
from consult.issued.models import IssuedReport
from consult.issued.subjects import Subject
from consult.meetings import moves
from consult.meetings.models import Meeting
from consult.register import marking
from tests.meetings.people import People, gather
from tests.support.cast import at
from tests.support.visitor import app, one_app

__all__ = ["app", "one_app"]

ZONE = "Asia/Shanghai"


@pytest.fixture
def people(store: Store) -> People:
    return gather(store)


@pytest.fixture
def settled(people: People) -> Subject:
    """A meeting at which one of four was there, settled."""
    meeting = people.meeting().id
    people.store.write_at(at(0), ledger.join, people.actor("wang"), meeting, Channel.BROWSER, "w", None)
    people.store.write_at(at(60), moves.advance_due)
    people.store.write_at(at(70), settle.settle_due)
    return Subject(meeting_id=meeting)


def issue(
    people: People, subject: Subject, role: str = "office", key: str | None = None, when: float = 90
) -> IssuedReport:
    return people.store.write_at(at(when), issuing.issue, people.actor(role), subject, ZONE, key)


def look(people: People, report: IssuedReport, role: str = "office") -> Issued:
    with people.store.read(at(100)) as work:
        return issuing.look(work, people.actor(role), report.id)


def correct(people: People, subject: Subject) -> None:
    """Li was there, too: written down afterwards, and counted again."""
    seats = [people.cast.seats[people.cast.li]]
    people.store.write_at(at(95), marking.arrive, people.office, subject.meeting_id, seats)

    def again(work: Work) -> None:
        settle.settle(work, work.db.get_one(Meeting, subject.meeting_id), reason="签到表")

    people.store.write_at(at(96), again)


def since(people: People, found: Issued) -> list[Change]:
    with people.store.read(at(100)) as work:
        return issuing.since(work, people.office, found, ZONE)


def test_an_issued_report_has_number_author_rule_and_digest(people: People, settled: Subject) -> None:
    found = look(people, issue(people, settled))
    assert (found.content.number, found.content.by) == ("2026-001", "清河县政协办公室")
    assert found.intact
    assert hashlib.sha256(found.report.content).hexdigest() == found.report.digest
    assert found.content.rule == "2026-2"
    figures = {one.key: one.values["value"] for one in found.content.figures}
    assert (figures["expected"], figures["present"], figures["absent"]) == (4, 1, 3)
    assert len(issuing.rows_of(found)["absent"]) == 3


def test_numbers_go_on_within_a_unit_and_year_and_a_form_sent_twice_issues_once(
    people: People, settled: Subject
) -> None:
    first = issue(people, settled, key="k" * 20)
    assert issue(people, settled, key="k" * 20).id == first.id
    assert issue(people, settled).number == 2
    assert issue(people, settled, when=60 * 24 * 365).number == 1


def test_a_later_correction_shows_as_a_difference_and_the_report_stays(
    people: People, settled: Subject
) -> None:
    report = issue(people, settled)
    assert since(people, look(people, report)) == []
    correct(people, settled)
    found = look(people, report)
    changes = {one.key: one for one in since(people, found)}
    assert changes["present"].values == {"value": (1, 2)}
    assert [row.text.split(" · ")[0] for row in changes["present"].came] == ["李建国"]
    assert {one.key: one.values["value"] for one in found.content.figures}["present"] == 1
    assert look(people, issue(people, settled)).content.figures[1].values == {"value": 2}


def test_a_meeting_that_is_not_settled_is_not_issued(people: People) -> None:
    with pytest.raises(NotNow):
        issue(people, Subject(meeting_id=people.meeting().id))


def test_a_changed_database_is_noticed(people: People, settled: Subject) -> None:
    report = issue(people, settled)
    forged = report.content.replace("王秀兰".encode(), b"") + b" "
    people.store.write(lambda work: work.db.execute(update(IssuedReport).values(content=forged)))
    assert not look(people, report).intact


def test_a_report_is_withdrawn_once_with_a_reason(people: People, settled: Subject) -> None:
    report = issue(people, settled)
    with pytest.raises(Invalid) as refused:
        people.store.write(issuing.withdraw, people.office, report.id, " ")
    assert refused.value.field == "reason"
    people.store.write(issuing.withdraw, people.office, report.id, "漏了一个分会场")
    with pytest.raises(NotNow):
        people.store.write(issuing.withdraw, people.office, report.id, "再来")
    found = look(people, report)
    assert (found.report.withdrawn_reason, found.withdrawn_by) == ("漏了一个分会场", "清河县政协办公室")
    assert found.intact


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("office", None, None), ("administrator", None, None), ("province_office", None, None),
     ("reader", None, NotAllowed), ("other_office", Missing, Missing), ("wang", Missing, Missing)],
)  # fmt: skip
def test_who_reads_and_who_issues(
    people: People, settled: Subject, role: str, reads: type[Exception] | None,
    writes: type[Exception] | None,
) -> None:  # fmt: skip
    report = issue(people, settled)
    if reads is None:
        assert look(people, report, role).content.number == "2026-001"
    else:
        with pytest.raises(reads):
            look(people, report, role)
    if writes is None:
        assert issue(people, settled, role).number == 2
        people.store.write(issuing.withdraw, people.actor(role), report.id, "原因")
        return
    with pytest.raises(writes):
        issue(people, settled, role)
    with pytest.raises(writes):
        people.store.write(issuing.withdraw, people.actor(role), report.id, "原因")


def test_the_list_has_what_one_reads(people: People, settled: Subject) -> None:
    issue(people, settled)
    with people.store.read(at(100)) as work:
        assert len(issuing.listed(work, people.actor("reader"))) == 1
        assert issuing.listed(work, people.actor("other_office")) == []
        assert len(issuing.listed(work, people.office, settled)) == 1
        assert issuing.listed(work, people.office, Subject(unit_id=2, year=2026)) == []
        with pytest.raises(NotAllowed):
            issuing.listed(work, people.actor("wang"))


@pytest.mark.parametrize(
    "subject",
    [Subject(meeting_id=7), Subject(unit_id=2, year=2026), Subject(unit_id=2, year=2026, below=True)],
)
def test_a_subject_reads_back(subject: Subject) -> None:
    assert Subject.of(str(subject)) == subject


@pytest.mark.parametrize(
    "text", ["", "meeting:", "meeting:0x7", "annual:2", "annual:2:26", "meeting:7:below"]
)
def test_what_is_no_subject_is_missing(text: str) -> None:
    with pytest.raises(Missing):
        Subject.of(text)


@pytest.fixture
def in_chinese(app: Flask) -> Iterator[None]:
    with app.test_request_context("/?lang=zh_CN", headers={"Accept-Language": "zh-CN"}):
        yield


@pytest.mark.usefixtures("in_chinese")
def test_the_auditors_bundle_can_be_checked_without_consult(sqlite_store: Store) -> None:
    people = gather(sqlite_store)
    meeting = people.meeting().id
    people.store.write_at(at(60), moves.advance_due)
    people.store.write_at(at(70), settle.settle_due)
    subject = Subject(meeting_id=meeting)
    report = issue(people, subject)
    correct(people, subject)
    found = look(people, report)
    data = bundle.bundle(found, since(people, found), ZoneInfo(ZONE))
    assert data == bundle.bundle(found, since(people, found), ZoneInfo(ZONE))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(files["report.json"])
    assert hashlib.sha256(files["report.json"]).hexdigest() == report.digest
    assert hashlib.sha256(files["rows.json"]).hexdigest() == said["rows_digest"]
    assert report.digest in files["README.txt"].decode("utf-8-sig")
    tables = {
        name: list(csv.reader(io.StringIO(files[name].decode("utf-8-sig"))))
        for name in ("figures.csv", "rows.csv", "since.csv")
    }
    assert len(tables["figures.csv"]) == 1 + len(said["figures"])
    rows = json.loads(files["rows.json"])
    assert len(tables["rows.csv"]) == 1 + sum(map(len, rows.values()))
    assert any("李建国" in " ".join(line) for line in tables["since.csv"])
