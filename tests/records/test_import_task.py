"""Importing many records: in the background, all or nothing, once, whatever changes or dies meanwhile."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update

from consult.background import runner
from consult.background.models import Status, Task
from consult.config import load
from consult.core import clock
from consult.core.errors import Missing, Stale
from consult.core.store import Store, Work
from consult.kinds import KINDS
from consult.records import import_task, imports
from consult.records.kinds import Kind
from consult.records.models import Record, RecordPerson
from consult.records.sheets import read_sheet
from tests.members.sheets import text_table
from tests.records.office import Office, furnish
from tests.support.server import Server
from tests.support.visitor import Enter
from tests.support.wait import until

SETTINGS = load({})
ROWS = 400
HEADINGS = ("提案号", "案由", "提交日期", "第一提案人")


def sheet(rows: int, title: str = "案由") -> bytes:
    day = (clock.now() - timedelta(days=9)).date().isoformat()
    return text_table(HEADINGS, *[(str(n), f"{title}{n}", day, "王秀兰") for n in range(1, rows + 1)])


def uploaded(office: Office, rows: int = ROWS, title: str = "案由") -> tuple[int, str]:
    """The number of an import, and the mark of its preview."""
    today = clock.now().date()
    read = read_sheet(sheet(rows, title), "表.csv", Kind.PROPOSAL, today)
    kept = office.store.write(imports.preview, office.actor(), office.county, Kind.PROPOSAL, "表.csv", read)
    with office.store.read() as work:
        return kept.id, imports.look(work, office.actor(), kept.id).mark


def asked(office: Office, upload: tuple[int, str], role: str = "office") -> Task:
    return office.store.write(import_task.ask, office.actor(role), *upload, {}, "en", None)


def run(office: Office) -> int:
    return runner.run(KINDS, office.store, SETTINGS, "test", lambda: False)


def row(store: Store, task: Task) -> Task:
    with store.read() as work:
        return work.db.get_one(Task, task.id)


def numbers(store: Store) -> Counter[str]:
    with store.read() as work:
        return Counter(work.db.scalars(select(Record.number)))


def test_many_records_are_imported_once_in_the_background(office: Office) -> None:
    upload = uploaded(office)
    tasks = [asked(office, upload), asked(office, upload)]
    run(office)
    for task in tasks:
        found = row(office.store, task)
        assert (found.status, found.error, found.done) == (Status.DONE, "", ROWS)
    assert numbers(office.store) == {str(n): 1 for n in range(1, ROWS + 1)}
    task = asked(office, uploaded(office, title="改了的案由"))
    run(office)
    with office.store.read() as work:
        assert imports.found(work, office.actor(), row(office.store, task).result["import"])[0].result == {
            "new": 0, "changed": ROWS, "unchanged": 0,
        }  # fmt: skip
        assert set(work.db.scalars(select(Record.version))) == {2}
        assert work.db.scalar(select(func.count()).select_from(RecordPerson)) == ROWS


def test_what_has_changed_since_the_preview_is_told_and_nothing_imported(office: Office) -> None:
    task = asked(office, uploaded(office))
    office.write(Kind.PROPOSAL, number="1", title="案由1", day="2026-01-15")
    run(office)
    found = row(office.store, task)
    assert (found.status, found.error[:30]) == (Status.FAILED, "Records or members have been c")
    assert len(numbers(office.store)) == 1


def test_what_changes_between_comparing_and_writing_is_seen(office: Office) -> None:
    import_id, mark = uploaded(office)
    with office.store.read() as work:
        before = imports.ready(work, office.actor(), import_id, mark, {})
    office.write(Kind.PROPOSAL, number="1", title="案由1", day="2026-01-15")
    with pytest.raises(Stale):
        office.store.write(imports.apply, office.actor(), import_id, mark, {}, before)


def test_what_was_compared_beforehand_is_only_written(sqlite_office: Office) -> None:
    office, statements = sqlite_office, []

    def hear(*args: object) -> None:
        statements.append(str(args[2]))

    for title, compared in (("案由", True), ("改了的案由", True), ("又改了的", False)):
        import_id, mark = uploaded(office, 200, title)
        with office.store.read() as work:
            before = imports.ready(work, office.actor(), import_id, mark, {})
        statements.clear()
        event.listen(office.store.engine, "before_cursor_execute", hear)
        office.store.write(imports.apply, office.actor(), import_id, mark, {}, before if compared else None)
        event.remove(office.store.engine, "before_cursor_execute", hear)
        again = any(one.startswith("SELECT") and "FROM record_person" in one for one in statements)
        assert again is not compared


def test_only_the_office_asks_and_looks(office: Office) -> None:
    upload = uploaded(office)
    for role in ("reader", "wang", "other_office"):
        with pytest.raises(Missing):
            asked(office, upload, role)
    task = asked(office, upload)
    with office.store.read() as work:
        for role in ("reader", "province_office"):
            with pytest.raises(Missing):
                runner.seen_by(KINDS, work, office.actor(role), task.id)


def test_a_large_sheet_goes_on_to_its_progress(sqlite_office: Office, enter: Enter) -> None:
    visitor = enter(sqlite_office.people.cast.office)
    location = visitor.post(
        "/records/import/proposal", {"file": (io.BytesIO(sheet(ROWS)), "表.csv")}
    ).location
    page = visitor.get(location).text
    sent = {
        name: found[1]
        for name in ("mark", "form_key")
        if (found := re.search(f'name="{name}" value="([^"]+)"', page))
    }
    first, again = (visitor.post(f"{location}/apply", sent).location for _time in range(2))
    assert first == again
    assert "0 of 400" in visitor.get(first).text
    run(sqlite_office)
    assert f'href="{location}"' in visitor.get(first).text
    assert "The sheet is imported" in visitor.get(location).text


@pytest.mark.slow
def test_a_server_killed_in_the_middle_of_an_import_imports_it_once(
    store: Store, database_url: str, start_server: Callable[..., Server]
) -> None:
    office = furnish(store)
    upload = uploaded(office, 3000)
    server = start_server(DATABASE_URL=database_url, SECRET_KEY="s" * 40)
    task = asked(office, upload)
    until(lambda: row(store, task).held_by is not None, 60, "the import is begun")
    server.kill9()
    found = row(store, task)
    assert (found.status, found.held_by is not None) == (Status.WAITING, True), "the kill came too late"
    assert not numbers(store)

    def forget_lease(work: Work) -> None:  # which would run for a minute yet
        work.db.execute(update(Task).values(held_until=work.now))

    store.write(forget_lease)
    server.start()
    until(lambda: row(store, task).status != Status.WAITING, 120, "the end")
    assert (row(store, task).status, row(store, task).error) == (Status.DONE, "")
    assert numbers(store) == {str(n): 1 for n in range(1, 3001)}
