"""What a member downloads of himself: all of it, in his language, and nothing of anybody else."""

from __future__ import annotations

import io
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import select

from consult.core.store import Work
from consult.members.models import AuditEntry, Person
from consult.retention.own_data import FREE
from tests.permissions.scene import Scene
from tests.retention import traced
from tests.retention.traced import WORD
from tests.support.visitor import Enter

Book = dict[str, list[tuple[Any, ...]]]


def download(enter: Enter, person_id: int, language: str = "en") -> Book:
    """The workbook, sheet by sheet."""
    answer = enter(person_id).post("/account/data", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    book = load_workbook(io.BytesIO(answer.data))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def texts(book: Book) -> list[str]:
    return [str(cell) for rows in book.values() for row in rows for cell in row if cell is not None]


def test_all_that_is_kept_of_a_member_is_in_it(sqlite_scene: Scene, enter: Enter) -> None:
    book = download(enter, sqlite_scene.member)
    assert {title: len(rows) > 1 for title, rows in book.items() if len(rows) < 2} == {
        "Roles": False, "Objections": False, "Files opened": False, "Asked whether still there": False,
    }  # fmt: skip
    said = texts(book)
    for word in ("member@example.org", "农业界", "水费太高", "不当言论", "与议题无关", "住院", "Illness",
                 "改造管网", "丁", "QR check-in", "Invitation: 推进城乡供水一体化"):  # fmt: skip
        assert any(word == one or word in one for one in said), word
    assert [row[0] for row in book["Sign-ins"][1:3]] == ["Phone", "Computer"]


def test_it_is_in_the_reader_s_language(sqlite_scene: Scene, enter: Enter) -> None:
    book = download(enter, sqlite_scene.member, "zh-CN")
    assert not any(title.isascii() for title in book), list(book)
    assert not [cell for rows in book.values() for cell in rows[0] if str(cell).isascii()]


def test_nothing_of_another_is_in_it(sqlite_scene: Scene, enter: Enter) -> None:
    """Each row of the member's carries the word; nobody else's file has it anywhere."""
    sqlite_scene.store.write(traced.mark, sqlite_scene)
    for who in ("fellow", "convener", "outsider", "office", "above", "administrator"):
        said = texts(download(enter, sqlite_scene.ids[who]))
        assert f"{who}@example.org" in said
        assert not [one for one in said if WORD in one or "水费太高" in one or "member@" in one]


def test_text_stays_text(sqlite_scene: Scene, enter: Enter) -> None:
    def rename(work: Work) -> None:
        work.db.get_one(Person, sqlite_scene.member).name = '=HYPERLINK("http://x")'

    sqlite_scene.store.write(rename)
    assert '\'=HYPERLINK("http://x")' in texts(download(enter, sqlite_scene.member))


def test_after_some_one_waits_and_each_is_on_the_trail(sqlite_scene: Scene, enter: Enter) -> None:
    visitor = enter(sqlite_scene.member)
    codes = [visitor.post("/account/data").status_code for _ in range(FREE + 2)]
    assert codes[:FREE] == [200] * FREE
    assert 429 in codes
    taken = select(AuditEntry.subject).where(AuditEntry.action == "own_data.taken")
    with sqlite_scene.store.read() as work:
        assert work.db.scalars(taken).all() == [f"person:{sqlite_scene.member}"] * codes.count(200)


def test_the_account_s_page_leads_to_it(sqlite_scene: Scene, enter: Enter) -> None:
    assert 'action="/account/data"' in enter(sqlite_scene.member).get("/account").text
