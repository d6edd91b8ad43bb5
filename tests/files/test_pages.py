"""The pages of files: forms with one or many, what is refused by itself, how a file is served and to whom."""

from __future__ import annotations

import io
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from consult.core.store import Store
from consult.files.models import FileReading, StoredFile
from tests.files.samples import DOCX, PDF, PNG, WRONG
from tests.meetings.people import People, gather
from tests.support.visitor import Enter, Visitor, app, enter, one_app

__all__ = ["app", "enter", "one_app"]

JSON = {"Accept": "application/json"}


@pytest.fixture
def people(sqlite_store: Store) -> People:
    return gather(sqlite_store)


@pytest.fixture
def meeting(people: People) -> int:
    return people.cast.meeting([people.cast.wang])


def send(
    visitor: Visitor, meeting: int, *sent: tuple[str, bytes], purpose: str = "material", **more: object
) -> TestResponse:
    files = [(io.BytesIO(data), name) for name, data in sent]
    return visitor.post(f"/files/to/meeting/{meeting}/{purpose}", {"file": files}, **more)


def kept(people: People) -> list[str]:
    with people.store.read() as work:
        return list(work.db.scalars(select(StoredFile.name).order_by(StoredFile.id)))


def test_several_are_kept_at_once_and_stand_on_the_page(people: People, meeting: int, enter: Enter) -> None:
    office, wang = enter(people.cast.office), enter(people.cast.wang)
    sent = send(office, meeting, ("议程.docx", DOCX), ("图.png", PNG), follow_redirects=True)
    assert "2 files are kept." in sent.text
    page = wang.get(f"/meetings/{meeting}/materials").text
    assert "议程.docx" in page
    assert page.count("New to you") == 2
    assert 'name="file"' not in page
    assert "0 of 1 have read it" in office.get(f"/meetings/{meeting}/materials").text


def test_one_that_is_refused_holds_up_no_other(people: People, meeting: int, enter: Enter) -> None:
    office = enter(people.cast.office)
    sent = send(office, meeting, ("好.pdf", PDF), ("坏.pdf", b"MZ"), ("坏.html", b"<html>"))
    assert (sent.status_code, kept(people)) == (200, ["好.pdf"])
    assert sent.text.count("Not kept") == 2
    told = send(office, meeting, ("坏.svg", b"<svg/>"), headers=JSON)
    assert (told.status_code, told.json["ok"]) == (400, False)
    assert told.json["files"][0]["error"]["code"] == "invalid"


@pytest.mark.parametrize("which", WRONG)
def test_nothing_is_kept_of_a_bad_file(people: People, meeting: int, enter: Enter, which: str) -> None:
    sent = send(enter(people.cast.office), meeting, WRONG[which], headers=JSON)
    assert (sent.status_code, kept(people)) == (400, [])


def test_a_thousand_files_none_and_a_form_too_large_are_refused(
    people: People, meeting: int, enter: Enter
) -> None:
    office = enter(people.cast.office)
    many = send(office, meeting, *((f"{number}.pdf", PDF) for number in range(1000)))
    assert many.status_code == 400
    assert "At most 20 files at a time." in many.text
    assert send(office, meeting).status_code == 400
    assert send(office, meeting, ("大.pdf", PDF + b"\0" * (21 << 20)), headers=JSON).status_code == 400
    assert send(office, meeting, ("巨.pdf", PDF + b"\0" * (61 << 20))).status_code == 413
    assert kept(people) == []


def test_names_are_made_harmless_and_go_out_encoded(people: People, meeting: int, enter: Enter) -> None:
    office = enter(people.cast.office)
    send(office, meeting, ("../../议 程%0D%0AX-Evil: 1.docx", DOCX))
    assert kept(people) == ["议 程_0D_0AX-Evil_ 1.docx"]
    answer = office.get("/files/1")
    assert "X-Evil" not in answer.headers
    encoded = quote("议 程_0D_0AX-Evil_ 1.docx", safe="")
    said = f"attachment; filename=\"file-1.docx\"; filename*=UTF-8''{encoded}"
    assert answer.headers["Content-Disposition"] == said


def test_a_file_is_served_as_what_it_is_and_nothing_else(people: People, meeting: int, enter: Enter) -> None:
    send(enter(people.cast.office), meeting, ("图.png", PNG), ("稿.pdf", PDF), ("议程.docx", DOCX))
    wang = enter(people.cast.wang)
    picture, pdf, text = (wang.get(f"/files/{number}") for number in (1, 2, 3))
    assert [answer.mimetype for answer in (picture, pdf)] == ["image/png", "application/pdf"]
    assert (picture.data, pdf.data, text.data) == (PNG, PDF, DOCX)
    for answer, disposition in ((picture, "inline"), (pdf, "inline"), (text, "attachment")):
        assert answer.headers["Content-Disposition"].startswith(disposition)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "sandbox" in text.headers["Content-Security-Policy"]
    assert wang.get("/files/2?keep=1").headers["Content-Disposition"].startswith("attachment")
    again = wang.get("/files/1", headers={"If-None-Match": picture.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_opening_is_written_down_but_looking_ahead_is_not(people: People, meeting: int, enter: Enter) -> None:
    send(enter(people.cast.office), meeting, ("稿.pdf", PDF))
    wang = enter(people.cast.wang)

    def readings() -> int:
        with people.store.read() as work:
            rows = select(func.count()).where(FileReading.person_id == people.cast.wang)
            return work.db.scalar(rows) or 0

    assert wang.client.head("/files/1").status_code == 200
    assert readings() == 0
    for _twice in range(2):
        wang.get("/files/1")
    assert readings() == 1


def test_strangers_and_colleagues_get_nothing(people: People, meeting: int, enter: Enter) -> None:
    send(enter(people.cast.office), meeting, ("稿.pdf", PDF))
    for who in (people.cast.li, people.cast.outsider, people.other_office):
        visitor = enter(who)
        assert visitor.get("/files/1").status_code == 404
        assert visitor.get("/files/1/readers").status_code == 404
        assert visitor.post("/files/1/remove").status_code == 404
        assert send(visitor, meeting, ("x.png", PNG)).status_code in (403, 404)
    reader = enter(people.reader)
    assert reader.get("/files/1").status_code == 200
    assert reader.get("/files/1/readers").status_code == 403
    assert reader.post("/files/1/remove").status_code == 403
    assert "for those who are expected" in enter(people.cast.li).get(f"/meetings/{meeting}/materials").text
    assert kept(people) == ["稿.pdf"]


def test_who_is_not_signed_in_is_asked_to(people: People, meeting: int, app: Flask, enter: Enter) -> None:
    send(enter(people.cast.office), meeting, ("稿.pdf", PDF))
    assert app.test_client().get("/files/1", headers=JSON).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/files/to/person/1/material",
        "/files/to/meeting/1/attachment",
        "/files/to/meeting/1/anything",
        "/files/to/meeting/999/material",
        "/files/to/topic/999/attachment",
        "/files/to/../1/material",
    ],
)
def test_owners_and_purposes_that_are_none_are_not_found(
    people: People, meeting: int, enter: Enter, path: str
) -> None:
    sent = enter(people.cast.office).post(path, {"file": [(io.BytesIO(PDF), "a.pdf")]})
    assert sent.status_code == 404


def test_a_removed_file_is_gone_from_page_and_address(people: People, meeting: int, enter: Enter) -> None:
    office = enter(people.cast.office)
    send(office, meeting, ("稿.pdf", PDF))
    assert "稿.pdf" in office.get(f"/meetings/{meeting}/materials").text
    office.post("/files/1/remove")
    assert office.get("/files/1").status_code == 404
    page = office.get(f"/meetings/{meeting}/materials", follow_redirects=True)
    assert '/files/1"' not in page.text
